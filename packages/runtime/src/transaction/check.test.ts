import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asHash,
  type Era,
  headerHash,
  type MultiSignature,
  type OpaqueExtrinsic,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { applyExtrinsic, initializeBlock, validateTransaction } from "../executive.ts";
import { RuntimeCall as RuntimeCallCodec } from "../framework/index.ts";
import { storage as balancesStorage, UNIT } from "../pallets/balances/storage.ts";
import { BLOCK_LENGTH_MAX_BYTES } from "../pallets/system/limits.ts";
import { accountInfo, accountNonce } from "../runtime-api.ts";
import { TestChain } from "../testing/chain.ts";
import {
  accountOfUri,
  pairOf,
  remark,
  signedBy,
  sudo,
  transferTo,
} from "../testing/transactions.ts";
import { encodeBare, encodeSigned, SignedExtra } from "./extrinsic.ts";
import { accountOf } from "./sign.ts";

const bob = accountOfUri("//Bob");

function chainOf(blocks: number): TestChain {
  const chain = new TestChain();
  chain.addMany(blocks);
  return chain;
}

const validate = (chain: TestChain, extrinsic: OpaqueExtrinsic) =>
  validateTransaction(chain.state, extrinsic, headerHash(chain.head));

/** Why the pool and a block refuse a transaction; both must, for the same reason. */
function refusalOf(chain: TestChain, extrinsic: OpaqueExtrinsic): string {
  const forPool = validate(chain, extrinsic);
  assert.ok(!forPool.ok, "the pool refuses it");
  assert.equal(inNextBlock(chain, extrinsic), forPool.error.value.type);
  return `${forPool.error.type}.${forPool.error.value.type}`;
}

/** What the next block says of the transaction: "applied", or the kind of refusal. */
function inNextBlock(chain: TestChain, extrinsic: OpaqueExtrinsic): string {
  const { state, head } = chain;
  state.begin();
  const parentHash = headerHash(head);
  const opening = { parentHash, number: head.number + 1, digest: chain.digest() };
  assert.ok(initializeBlock(state, opening).ok);
  const applied = applyExtrinsic(state, extrinsic);
  state.rollback();
  if (applied.ok) return "applied";
  return applied.error.code === "invalid" ? applied.error.reason.value.type : applied.error.code;
}

test("a transaction is signed with any of the three schemes", () => {
  const chain = chainOf(1);
  for (const scheme of ["sr25519", "ed25519", "ecdsa"] as const) {
    const account = accountOf(pairOf("//Dave", scheme));
    chain.add({ extrinsics: [signedBy(chain, "//Alice", transferTo(account, 10n * UNIT))] });
    chain.add({ extrinsics: [signedBy(chain, "//Dave", transferTo(bob, UNIT), { scheme })] });
    assert.ok(accountNonce(chain.state, account) >= 1);
  }
});

test("a valid transaction says what it provides and what it needs", () => {
  const chain = chainOf(1);
  const ready = validate(chain, signedBy(chain, "//Alice", remark()));
  assert.ok(ready.ok);
  assert.deepEqual(ready.value.requires, []);
  assert.equal(ready.value.longevity, (1n << 64n) - 1n);
  assert.equal(ready.value.propagate, true);
  const later = validate(chain, signedBy(chain, "//Alice", remark(), { nonce: 1 }));
  assert.ok(later.ok);
  assert.deepEqual(later.value.requires, ready.value.provides);
});

test("validating leaves the state as it is", () => {
  const chain = chainOf(1);
  const before = chain.state.root(1);
  assert.ok(validate(chain, signedBy(chain, "//Alice", remark())).ok);
  assert.equal(chain.state.root(1), before);
});

test("a higher tip has a higher priority", () => {
  const chain = chainOf(1);
  const without = validate(chain, signedBy(chain, "//Alice", remark()));
  const withTip = validate(chain, signedBy(chain, "//Alice", remark(), { tip: 5n }));
  assert.ok(without.ok && withTip.ok);
  assert.ok(withTip.value.priority > without.value.priority);
});

test("a nonce that is ahead waits in the pool and has no place in a block", () => {
  const chain = chainOf(1);
  const ahead = signedBy(chain, "//Alice", remark(), { nonce: 2 });
  assert.ok(validate(chain, ahead).ok);
  assert.equal(inNextBlock(chain, ahead), "future");
});

test("a used nonce is stale", () => {
  const chain = chainOf(1);
  const transaction = signedBy(chain, "//Alice", remark());
  chain.add({ extrinsics: [transaction] });
  assert.equal(refusalOf(chain, transaction), "invalid.stale");
});

test("a changed call is not what was signed", () => {
  const chain = chainOf(1);
  const transaction = signedBy(chain, "//Alice", transferTo(bob, 1n));
  const forged = transaction.slice();
  forged[forged.length - 1] = 8;
  assert.equal(refusalOf(chain, forged), "invalid.badProof");
});

test("a signature for another chain is none here", () => {
  const chain = chainOf(1);
  const genesisHash = asHash(`0x${"77".repeat(32)}`);
  const transaction = signedBy(chain, "//Alice", remark(), { genesisHash });
  assert.equal(refusalOf(chain, transaction), "invalid.badProof");
});

test("a signature by another key is refused for every scheme", () => {
  const chain = chainOf(1);
  const encodedCall = encode(RuntimeCallCodec, remark());
  const encodedExtra = extra();
  const signatures: MultiSignature[] = [
    { type: "ed25519", value: new Uint8Array(64) },
    { type: "sr25519", value: new Uint8Array(64).fill(0x80) },
    { type: "ecdsa", value: new Uint8Array(65).fill(1) },
  ];
  for (const signature of signatures) {
    const address = { type: "id", value: accountOfUri("//Alice") } as const;
    const transaction = encodeSigned(address, signature, encodedExtra, encodedCall);
    assert.equal(refusalOf(chain, transaction), "invalid.badProof");
  }
});

const extra = (change: Partial<SignedExtra> = {}): Uint8Array =>
  encode(SignedExtra, {
    era: { type: "immortal" },
    nonce: 0,
    tip: 0n,
    metadataHash: { type: "disabled" },
    ...change,
  });

const NO_SIGNATURE: MultiSignature = { type: "ed25519", value: new Uint8Array(64) };

test("the zero account signs nothing", () => {
  const chain = chainOf(1);
  const address = { type: "id", value: accountOfZero } as const;
  const transaction = encodeSigned(
    address,
    NO_SIGNATURE,
    extra(),
    encode(RuntimeCallCodec, remark()),
  );
  assert.equal(refusalOf(chain, transaction), "invalid.badSigner");
});

const accountOfZero = `0x${"00".repeat(32)}` as ReturnType<typeof accountOfUri>;

test("an address that is not an account id cannot be looked up", () => {
  const chain = chainOf(1);
  const transaction = encodeSigned(
    { type: "index", value: undefined },
    NO_SIGNATURE,
    extra(),
    encode(RuntimeCallCodec, remark()),
  );
  assert.equal(refusalOf(chain, transaction), "unknown.cannotLookup");
});

test("a metadata hash cannot be checked", () => {
  const chain = chainOf(1);
  const transaction = encodeSigned(
    { type: "id", value: accountOfUri("//Alice") },
    NO_SIGNATURE,
    extra({ metadataHash: { type: "enabled" } }),
    encode(RuntimeCallCodec, remark()),
  );
  assert.equal(refusalOf(chain, transaction), "unknown.cannotLookup");
});

test("a mortal transaction lives for its period", () => {
  const chain = chainOf(5);
  const birthHash = headerHash(chain.head);
  const mortality = { period: 4, blockNumber: 5, birthHash };
  const transaction = signedBy(chain, "//Alice", remark(), { mortality });
  const valid = validate(chain, transaction);
  assert.ok(valid.ok);
  assert.equal(valid.value.longevity, 3n);
  chain.addMany(2);
  assert.equal(inNextBlock(chain, transaction), "applied");
  chain.add();
  // From block 9 on the era means blocks 9 to 12, born with block 9, which is not built yet.
  assert.equal(refusalOf(chain, transaction), "invalid.ancientBirthBlock");
  chain.add();
  assert.equal(refusalOf(chain, transaction), "invalid.badProof");
});

test("a transaction born with a block that is forgotten or unknown is refused", () => {
  const chain = chainOf(1);
  const era: Era = { type: "mortal", period: 64, phase: 60 };
  const transaction = encodeSigned(
    { type: "id", value: accountOfUri("//Alice") },
    NO_SIGNATURE,
    extra({ era }),
    encode(RuntimeCallCodec, remark()),
  );
  assert.equal(refusalOf(chain, transaction), "invalid.ancientBirthBlock");
});

test("an account that does not exist cannot pay", () => {
  const chain = chainOf(1);
  assert.equal(refusalOf(chain, signedBy(chain, "//Nobody", remark())), "invalid.payment");
});

test("an account that would die of the fee cannot pay", () => {
  const chain = chainOf(1);
  const nobody = accountOfUri("//Nobody");
  chain.add({ extrinsics: [signedBy(chain, "//Alice", transferTo(nobody, UNIT))] });
  assert.equal(refusalOf(chain, signedBy(chain, "//Nobody", remark())), "invalid.payment");
});

test("a transaction that fits in no block is refused", () => {
  const chain = chainOf(1);
  const huge = signedBy(chain, "//Alice", remark(BLOCK_LENGTH_MAX_BYTES));
  assert.equal(refusalOf(chain, huge), "invalid.exhaustsResources");
});

test("what only an author may say is no transaction", () => {
  const chain = chainOf(1);
  const inherent = encodeBare({
    type: "timestamp",
    value: { type: "set", value: { now: 0 } },
  });
  const validated = validate(chain, inherent);
  assert.ok(!validated.ok);
  assert.deepEqual(validated.error, { type: "invalid", value: { type: "mandatoryValidation" } });
});

test("a bare call that does not prove itself is no transaction", () => {
  const chain = chainOf(1);
  assert.equal(refusalOf(chain, encodeBare(remark())), "unknown.noUnsignedValidator");
});

test("bytes that are no extrinsic are no call", () => {
  const chain = chainOf(1);
  const validated = validate(chain, new Uint8Array([0x84, 1]));
  assert.ok(!validated.ok);
  assert.deepEqual(validated.error, { type: "invalid", value: { type: "call" } });
});

test("a call that fails still costs its fee and its nonce, and changes nothing else", () => {
  const chain = chainOf(1);
  const issuance = balancesStorage.totalIssuance.get(chain.state);
  const alice = accountOfUri("//Alice");
  const before = accountInfo(chain.state, alice).data.free;
  const tooMuch = transferTo(bob, issuance);
  chain.add({ extrinsics: [signedBy(chain, "//Alice", tooMuch)] });
  const after = accountInfo(chain.state, alice);
  assert.equal(after.nonce, 1);
  assert.ok(after.data.free < before && after.data.free > before - UNIT);
});

test("sudo does not pay, others who try it do", () => {
  const chain = chainOf(1);
  const free = (uri: string): bigint => accountInfo(chain.state, accountOfUri(uri)).data.free;
  const [alice, eve] = [free("//Alice"), free("//Eve")];
  chain.add({ extrinsics: [signedBy(chain, "//Alice", sudo(remark()))] });
  assert.equal(free("//Alice"), alice);
  chain.add({ extrinsics: [signedBy(chain, "//Eve", sudo(remark()))] });
  assert.ok(free("//Eve") < eve);
});

/**
 * Blocks and transactions that are wrong in one place. Each is refused with the reason of that place by whoever
 * executes it, changes nothing, and the next good block of the same author is taken.
 *
 * Reference: fault-catalogue.md 11.6, as far as it is the runtime's affair: seals and unknown parents are not.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asHash,
  type Block,
  type Header,
  headerHash,
  type OpaqueExtrinsic,
  type ParachainsInherentData,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { executeBlock, validateTransaction } from "./executive.ts";
import { checkInherents } from "./inherents.ts";
import { UNIT } from "./pallets/balances/storage.ts";
import { extrinsicsRoot } from "./pallets/system/block.ts";
import { errors as inclusionErrors } from "./parachains/inclusion/storage.ts";
import { RuntimeCall } from "./runtime.ts";
import { accountInfo } from "./runtime-api.ts";
import { TestChain } from "./testing/chain.ts";
import { accountOfUri, remark, signedBy, transferTo } from "./testing/transactions.ts";
import { encodeBare } from "./transaction/extrinsic.ts";

function chainOfTwo(): TestChain {
  const chain = new TestChain();
  chain.addMany(2);
  return chain;
}

/** The code of the refusal, and of what is inside it. */
function refusalOf(chain: TestChain, block: Block): string {
  const before = chain.state.root(1);
  const executed = executeBlock(chain.state, block);
  assert.equal(chain.state.root(1), before, "a refused block leaves the state as it was");
  assert.ok(!executed.ok, "the block is refused");
  const { error } = executed;
  return error.code === "extrinsicRefused"
    ? `extrinsic ${error.index}: ${error.error.code}`
    : error.code;
}

// Headers

const flipped = (hash: string, digit: number) =>
  asHash(
    `0x${[...hash.slice(2)].map((c, i) => (i === digit ? (c === "0" ? "1" : "0") : c)).join("")}`,
  );

test("each field of a header that is not what it should be is refused for itself", () => {
  const chain = chainOfTwo();
  const good = chain.build({ extrinsics: [signedBy(chain, "//Alice", remark())] });
  const parent = chain.head;
  const { header } = good;
  const changes: readonly (readonly [Partial<Header>, string])[] = [
    ...[0, 31, 63].flatMap((digit): (readonly [Partial<Header>, string])[] => [
      // The parachains inherent carries the parent's header.
      [{ parentHash: flipped(header.parentHash, digit) }, "extrinsic 1: mandatoryFailed"],
      [{ stateRoot: flipped(header.stateRoot, digit) }, "stateRootMismatch"],
      [{ extrinsicsRoot: flipped(header.extrinsicsRoot, digit) }, "extrinsicsRootMismatch"],
    ]),
    [{ number: header.number - 1 }, "wrongNumber"],
    [{ number: header.number + 1 }, "wrongNumber"],
    [{ number: 0 }, "wrongNumber"],
    [{ number: 0xffff_ffff }, "wrongNumber"],
    [{ stateRoot: parent.stateRoot }, "stateRootMismatch"],
    [{ extrinsicsRoot: extrinsicsRoot([]) }, "extrinsicsRootMismatch"],
    [{ digest: [] }, "slotClaimMissing"],
    [{ digest: [...header.digest, ...header.digest] }, "slotClaimMissing"],
    [{ digest: [...header.digest, { type: "other", value: new Uint8Array(3) }] }, "digestMismatch"],
  ];
  for (const [change, code] of changes)
    assert.equal(
      refusalOf(chain, { ...good, header: { ...header, ...change } }),
      code,
      Object.keys(change).join(),
    );
  assert.ok(chain.execute(good).ok, "the author's good block is taken");
});

// Inherents

/** The block with another body, whose root the header names. */
const withBody = (block: Block, extrinsics: readonly OpaqueExtrinsic[]): Block => ({
  header: { ...block.header, extrinsicsRoot: extrinsicsRoot(extrinsics) },
  extrinsics,
});
const timeOf = (now: number) =>
  encodeBare({ type: "timestamp", value: { type: "set", value: { now } } });
const parasOf = (data: ParachainsInherentData) =>
  encodeBare({ type: "paraInherent", value: { type: "enter", value: { data } } });

test("inherents that are missing, repeated, out of order or wrong make their block invalid", () => {
  const chain = chainOfTwo();
  const good = chain.build();
  const [time, paras] = good.extrinsics as [OpaqueExtrinsic, OpaqueExtrinsic];
  const now = chain.nextSlot * 2_000;
  const transaction = signedBy(chain, "//Alice", remark());
  const nothing = { bitfields: [], backedCandidates: [], disputes: [] };
  const bodies: readonly (readonly [readonly OpaqueExtrinsic[], string])[] = [
    [[], "inherentMissing"],
    [[time], "inherentMissing"],
    [[paras], "inherentMissing"],
    [[paras, time], "inherentMissing"],
    [[time, transaction, paras], "inherentMissing"],
    [[transaction, time, paras], "inherentMissing"],
    [[time, time, paras], "inherentMissing"],
    [[time, paras, time], "inherentMisplaced"],
    [[time, paras, transaction, paras], "inherentMisplaced"],
    [[time, paras, new Uint8Array([4, 99, 0])], "extrinsic 2: undecodableExtrinsic"],
    [[time, paras, new Uint8Array([4, 0, 99])], "extrinsic 2: undecodableExtrinsic"],
    [[timeOf(now - 2_000), paras], "extrinsic 0: mandatoryFailed"],
    [[timeOf(now + 2_000), paras], "extrinsic 0: mandatoryFailed"],
    [[timeOf(0), paras], "extrinsic 0: mandatoryFailed"],
    [
      [time, parasOf({ ...nothing, parentHeader: { ...chain.head, number: 9 } })],
      "extrinsic 1: mandatoryFailed",
    ],
  ];
  for (const [body, code] of bodies) assert.equal(refusalOf(chain, withBody(good, body)), code);
  assert.ok(chain.execute(good).ok);
  chain.add();
});

test("a block is refused if its time is more than half a minute ahead of the importer's", () => {
  const chain = chainOfTwo();
  const { extrinsics } = chain.build();
  const now = chain.nextSlot * 2_000;
  assert.ok(checkInherents(extrinsics, now - 30_000).ok);
  assert.deepEqual(checkInherents(extrinsics, now - 30_001), {
    ok: false,
    error: { code: "timestampTooFarAhead", aheadMs: 30_001 },
  });
});

test("every importer refuses a bad parachains inherent for one reason, and takes the author's next block", () => {
  const importers = [0, 1, 2].map(() => new TestChain({ validators: 4 }));
  const author = new TestChain({ validators: 4 });
  const everywhere = (block: Block) => importers.map((importer) => importer.execute(block));
  const first = author.add();
  assert.ok(everywhere(new TestChain({ validators: 4 }).build()).every(({ ok }) => ok));
  assert.ok(importers.every(({ head }) => headerHash(head) === headerHash(first)));
  const good = author.build();
  const stranger = {
    payload: { length: 3, bytes: new Uint8Array([0]) },
    validatorIndex: 9 as never,
    signature: new Uint8Array(64),
  };
  const bad = parasOf({
    bitfields: [stranger],
    backedCandidates: [],
    disputes: [],
    parentHeader: author.head,
  });
  const roots = importers.map(({ state }) => state.root(1));
  const [time] = good.extrinsics as [OpaqueExtrinsic];
  const refusals = everywhere(withBody(good, [time, bad]));
  for (const refusal of refusals) {
    assert.ok(!refusal.ok && refusal.error.code === "extrinsicRefused");
    assert.ok(refusal.error.error.code === "mandatoryFailed");
    assert.deepEqual(refusal.error.error.reason, inclusionErrors.wrongBitfieldSize);
  }
  assert.deepEqual(
    importers.map(({ state }) => state.root(1)),
    roots,
  );
  assert.ok(everywhere(good).every(({ ok }) => ok));
});

// Transactions

/** `batch` in `batch`, so many times. */
function nested(depth: number): OpaqueExtrinsic {
  const batch = new Uint8Array([26, 0, 4]);
  const inner = encode(RuntimeCall, remark());
  const call = new Uint8Array(3 * depth + inner.length);
  for (let i = 0; i < depth; i++) call.set(batch, 3 * i);
  call.set(inner, 3 * depth);
  return new Uint8Array([4, ...call]);
}

test("a transaction that is wrong in one place is refused for it by the pool, and by a block", () => {
  const chain = chainOfTwo();
  const { state } = chain;
  const { genesisHash } = chain;
  const bob = accountOfUri("//Bob");
  const pay = transferTo(bob, UNIT);
  const good = signedBy(chain, "//Alice", pay);
  const alice = accountInfo(state, accountOfUri("//Alice"));
  chain.add({ extrinsics: [good] });
  const nonce = alice.nonce + 1;
  const signed = (options: Parameters<typeof signedBy>[3]) =>
    signedBy(chain, "//Alice", pay, options);
  const firstByte = (byte: number) => new Uint8Array([byte, ...good.subarray(1)]);
  const otherGenesis = flipped(genesisHash, 0);
  const cases: readonly (readonly [string, OpaqueExtrinsic, string])[] = [
    ["no bytes", new Uint8Array(), "call"],
    ["one byte less", good.subarray(0, -1), "call"],
    ["one byte more", new Uint8Array([...good, 0]), "call"],
    ["version 0", firstByte(0x80), "call"],
    ["version 3", firstByte(0x83), "call"],
    ["version 5, signed", firstByte(0x85), "call"],
    ["version 127", firstByte(0xff), "call"],
    ["an unknown pallet", new Uint8Array([4, 99, 0]), "call"],
    ["an unknown call", new Uint8Array([4, 0, 99]), "call"],
    ["a batch 10,000 deep", nested(10_000), "call"],
    ["a used nonce", signed({ nonce: nonce - 1 }), "stale"],
    ["another genesis", signed({ genesisHash: otherGenesis }), "badProof"],
    ["another runtime", signed({ version: { specVersion: 1, transactionVersion: 1 } }), "badProof"],
    [
      "an era that is over",
      signed({
        mortality: { period: 4, blockNumber: 0, birthHash: genesisHash },
      }),
      "ancientBirthBlock",
    ],
    [
      "a birth block to come",
      signed({ mortality: { period: 64, blockNumber: 60, birthHash: headerHash(chain.head) } }),
      "ancientBirthBlock",
    ],
    ["a tip above the balance", signed({ tip: 1n << 100n }), "payment"],
    [
      "more bytes than a block has",
      signedBy(chain, "//Alice", remark(5 * 1024 * 1024)),
      "exhaustsResources",
    ],
  ];
  const block = chain.build();
  for (const [name, extrinsic, reason] of cases) {
    const root = state.root(1);
    const judged = validateTransaction(state, extrinsic, headerHash(chain.head));
    assert.ok(!judged.ok, name);
    assert.equal(judged.error.value.type, reason, name);
    assert.equal(state.root(1), root, name);
    const body = [...block.extrinsics, extrinsic];
    assert.match(refusalOf(chain, withBody(block, body)), /^extrinsic 2: /, name);
  }
  for (const ahead of [nonce + 1, 0xffff_ffff]) {
    const early = signed({ nonce: ahead });
    assert.ok(validateTransaction(state, early, headerHash(chain.head)).ok, "it may wait");
    const body = [...block.extrinsics, early];
    assert.equal(refusalOf(chain, withBody(block, body)), "extrinsic 2: invalid");
  }
  assert.ok(chain.execute(block).ok);
});

/** Clients that know a declared chain by its metadata alone: what the guest writes they read, and what they sign it takes. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { asciiBytes, bytesToHex, expectOk, type Hex } from "@parahost/base";
import { templateCode } from "@parahost/kit/artifacts";
import { chainDescription } from "@parahost/kit/metadata/chain-description";
import { describeChain } from "@parahost/kit/metadata/describe-chain";
import { palletsOf } from "@parahost/kit/schema";
import { storagePrefix } from "@parahost/kit/schema/chain";
import { chain as counter } from "@parahost/kit/templates/counter";
import { chain as registrySchema } from "@parahost/kit/templates/registry";
import { chain as token } from "@parahost/kit/templates/token";
import { Header, headerHash, OpaqueExtrinsic } from "@parahost/primitives";
import { METADATA_VERSIONS, RuntimeVersion } from "@parahost/runtime";
import { decode, encode, u32 } from "@parahost/scale";
import { Keyring } from "@polkadot/keyring";
import { GenericExtrinsic, Metadata, TypeRegistry } from "@polkadot/types";
import type { DispatchErrorModule } from "@polkadot/types/interfaces";
import { cryptoWaitReady } from "@polkadot/util-crypto";
import { decAnyMetadata, metadata as papiMetadata } from "@polkadot-api/substrate-bindings";
import { alice, bob, GuestChain } from "../testing/guest-chain.ts";
import { ChainRuntime } from "./chain-runtime.ts";

const CODE = bytesToHex(asciiBytes(":code"));
let chain: GuestChain;
const runtime = new ChainRuntime(chainDescription(counter));
const at = {
  nonce: () => 7,
  validate: () => assert.fail("nobody asks"),
  info: (transaction: Uint8Array) => chain.machine.info(chain.head, transaction),
};

before(async () => {
  await cryptoWaitReady();
  chain = new GuestChain("counter", counter);
});
after(() => chain.close());

function metadataOf(of: ChainRuntime, version: number): Uint8Array {
  const bytes = of.metadata(version);
  assert.ok(bytes !== undefined, `version ${version}`);
  return bytes;
}

/** polkadot.js's decoders, set up as its clients are. */
function client(version: number): TypeRegistry {
  const registry = new TypeRegistry();
  registry.setMetadata(new Metadata(registry, bytesToHex(metadataOf(runtime, version))));
  return registry;
}

const stored = (pallet: string, item: string): Uint8Array | undefined =>
  expectOk(chain.machine.stateAt(chain.head), "state").get(
    bytesToHex(storagePrefix(pallet, item)) as Hex,
  );

for (const schema of [counter, token, registrySchema])
  for (const version of METADATA_VERSIONS)
    test(`both clients read version ${version} of ${schema.name}'s metadata to the last byte`, () => {
      const bytes = metadataOf(new ChainRuntime(chainDescription(schema)), version);
      const theirs = decAnyMetadata(bytes);
      assert.equal(theirs.metadata.tag, `v${version}`);
      assert.equal(bytesToHex(papiMetadata.enc(theirs)), bytesToHex(bytes));
      const metadata = new Metadata(new TypeRegistry(), bytesToHex(bytes));
      assert.equal(bytesToHex(metadata.toU8a()), bytesToHex(bytes));
    });

test("code says the same about itself as its declaration; other code says nothing", () => {
  for (const schema of [counter, token, registrySchema]) {
    const ofCode = ChainRuntime.ofCode(templateCode(schema.name));
    assert.ok(ofCode !== undefined, schema.name);
    const declared = chainDescription(schema);
    assert.deepEqual(ofCode.version, declared.version);
    for (const [version, bytes] of declared.metadata)
      assert.equal(bytesToHex(metadataOf(ofCode, version)), bytesToHex(bytes));
  }
  for (const other of [templateCode("adder"), new Uint8Array(7)])
    assert.equal(ChainRuntime.ofCode(other), undefined);
});

test("the state after every block has the code that executed it, and with it the runtime", async () => {
  const before = chain.machine.genesisHead;
  await chain.block();
  for (const head of [before, chain.head]) {
    const code = expectOk(chain.machine.stateAt(head), "state").get(CODE);
    assert.equal(bytesToHex(code ?? new Uint8Array()), bytesToHex(templateCode("counter")));
    assert.deepEqual(chain.machine.runtimeAt(head)?.version, runtime.version);
  }
  assert.equal(chain.machine.runtimeAt(new Uint8Array(100)), undefined);
});

test("there are no other versions", () => {
  assert.equal(runtime.metadata(13), undefined);
  assert.equal(runtime.metadata(17), undefined);
});

test("pallets stand under the indices of the declaration, with their calls, events and errors", () => {
  const { pallets } = describeChain(counter, runtime.version);
  assert.deepEqual(
    pallets.map(({ name, index }) => [name, index]),
    Object.entries(palletsOf(counter)).map(([name, { index }]) => [name, index]),
  );
  const registry = client(14);
  assert.equal(registry.findMetaCall(new Uint8Array([10, 3])).method, "transferKeepAlive");
  assert.equal(registry.findMetaCall(new Uint8Array([40, 0])).section, "counter");
  const failure = { index: 40, error: "0x01000000" };
  const error = registry.findMetaError(
    registry.createType<DispatchErrorModule>("DispatchErrorModule", failure),
  );
  assert.equal(`${error.section}.${error.name}`, "counter.NotEntitled");
});

test("the events that a guest writes are read by name, those of a failed call with its error", async () => {
  await chain.block(
    [alice, "Counter", "increment", { by: 5 }],
    [bob, "Counter", "reset"],
    [
      bob,
      "Balances",
      "transferKeepAlive",
      { dest: { type: "id", value: alice.publicKey }, value: 10n ** 12n },
    ],
  );
  const bytes = stored("System", "events");
  for (const version of METADATA_VERSIONS) {
    const registry = client(version);
    const events = registry.createType("Vec<FrameSystemEventRecord>", bytes);
    assert.equal(bytesToHex(events.toU8a()), bytesToHex(bytes ?? new Uint8Array()));
    const read = events.toHuman() as { event: { section: string; method: string; data: object } }[];
    const names = read.map(({ event }) => `${event.section}.${event.method}`);
    assert.deepEqual(
      names,
      chain
        .events()
        .map(({ pallet, name }) => `${pallet.charAt(0).toLowerCase()}${pallet.slice(1)}.${name}`),
    );
    assert.ok(names.includes("balances.Transfer"));
    const counted = read.find(({ event }) => event.method === "Incremented");
    assert.deepEqual(counted?.event.data, {
      who: registry.createType("AccountId32", alice.publicKey).toString(),
      by: "5",
      count: "5",
    });
    const failed = read.find(({ event }) => event.method === "ExtrinsicFailed");
    assert.ok(failed !== undefined);
    const { dispatchError } = failed.event.data as { dispatchError: { Module: object } };
    assert.deepEqual(dispatchError.Module, { index: "40", error: "0x01000000" });
  }
});

test("an account is read as Polkadot's, balances apart", () => {
  const registry = client(15);
  const account = expectOk(chain.machine.account(chain.head, alice.publicKey), "account");
  const key = chain.machine.stateAt(chain.head);
  const entry = [
    ...expectOk(key, "state").keysWithPrefix(bytesToHex(storagePrefix("System", "account"))),
  ].find((candidate) => candidate.endsWith(alice.publicKey.slice(2)));
  assert.ok(entry !== undefined);
  const read = registry
    .createType("FrameSystemAccountInfo", expectOk(key, "state").get(entry))
    .toJSON() as {
    nonce: number;
    data: { free: string | number };
  };
  assert.equal(read.nonce, account.nonce);
  assert.equal(BigInt(read.data.free), account.balance);
});

test("a transaction that a client made and signed by the metadata is taken", () => {
  const registry = client(14);
  const genesisHash = headerHash(decode(Header, chain.machine.genesisHead));
  const call = registry.createType("Call", { callIndex: new Uint8Array([40, 0]), args: { by: 3 } });
  const extrinsic = new GenericExtrinsic(registry, call, { version: 4 });
  const { nonce } = expectOk(chain.machine.account(chain.head, alice.publicKey), "account");
  extrinsic.sign(new Keyring({ type: "sr25519" }).addFromUri("//Alice"), {
    blockHash: genesisHash,
    genesisHash,
    era: registry.createType("ExtrinsicEra"),
    nonce,
    runtimeVersion: {
      specVersion: counter.specVersion,
      transactionVersion: counter.transactionVersion,
    } as never,
  });
  const transaction = decode(OpaqueExtrinsic, extrinsic.toU8a());
  const info = expectOk(chain.machine.checkTransaction(transaction), "taken");
  assert.deepEqual([info.sender, info.nonce], [alice.publicKey, nonce]);
  const { fees } = counter;
  const length = extrinsic.toU8a().length;
  const { weight, partialFee } = expectOk(chain.machine.info(chain.head, transaction), "info");
  assert.equal(
    partialFee,
    fees.base +
      BigInt(length) * fees.perByte +
      (BigInt(weight.refTime) * fees.perMegaWeight) / 1_000_000n,
  );
});

test("runtime calls are answered by name; others are refused with the reason", () => {
  const version = decode(
    RuntimeVersion,
    expectOk(runtime.call(at, "Core_version", new Uint8Array()), "version"),
  );
  assert.deepEqual([version.specName, version.specVersion], ["counter", 1]);
  const nonce = runtime.call(at, "AccountNonceApi_account_nonce", new Uint8Array(32));
  assert.equal(decode(u32, expectOk(nonce, "nonce")), 7);
  const refusal = (name: string, args: Uint8Array) => {
    const answer = runtime.call(at, name, args);
    return answer.ok ? "answered" : answer.error.code;
  };
  assert.equal(refusal("BabeApi_configuration", new Uint8Array()), "unknownFunction");
  assert.equal(refusal("AccountNonceApi_account_nonce", new Uint8Array(31)), "badArguments");
  const nonsense = Uint8Array.of(...encode(OpaqueExtrinsic, new Uint8Array(4)), 4, 0, 0, 0);
  assert.equal(refusal("TransactionPaymentApi_query_info", nonsense), "trapped");
});

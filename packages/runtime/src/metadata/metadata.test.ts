import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asciiBytes,
  bytesToHex,
  concatBytes,
  expectOk,
  type Hex,
  hexToBytes,
  ok,
} from "@parahost/base";
import {
  Block,
  encodeExtrinsic,
  Header,
  headerHash,
  KeyOwnershipProof,
  type OpaqueExtrinsic,
} from "@parahost/primitives";
import { bytes, decode, encode, option, u32, u64, u128 } from "@parahost/scale";
import { Metadata as ClientMetadata, TypeRegistry as ClientRegistry } from "@polkadot/types";
import { decAnyMetadata, metadata as papiMetadata } from "@polkadot-api/substrate-bindings";
import { type Pallet, READ_WEIGHT, RuntimeCall, WRITE_WEIGHT } from "../framework/index.ts";
import {
  BLOCK_LENGTH_MAX_BYTES,
  BLOCK_WEIGHT_MAX,
  lengthLimit,
  weightLimit,
} from "../pallets/system/limits.ts";
import { system } from "../pallets/system/pallet.ts";
import { PALLETS } from "../runtime.ts";
import { accountInfo, currentBabeEpoch, eventsOf, queryInfo } from "../runtime-api.ts";
import { TestChain } from "../testing/chain.ts";
import { accountOfUri, signedBy, transferTo } from "../testing/transactions.ts";
import { RUNTIME_VERSION } from "../version.ts";
import {
  callRuntimeApi,
  encodedMetadata,
  METADATA_VERSIONS,
  Metadata,
  runtimeFunctions,
  runtimeMetadata,
} from "./index.ts";
import { TypeRegistry } from "./registry.ts";

const alice = accountOfUri("//Alice");
const bob = accountOfUri("//Bob");
const AMOUNT = 5_000_000_000_000n;

function metadataOf(chain: TestChain, version: number): Uint8Array {
  const bytes = encodedMetadata(chain.state, version);
  assert.ok(bytes !== undefined, `version ${version}`);
  return bytes;
}

/** polkadot.js's decoders, set up with our metadata as its clients are. */
function client(chain: TestChain, version: number) {
  const registry = new ClientRegistry();
  const metadata = new ClientMetadata(registry, bytesToHex(metadataOf(chain, version)));
  registry.setMetadata(metadata);
  return { registry, metadata };
}

const transfer = (chain: TestChain, value = AMOUNT): OpaqueExtrinsic =>
  signedBy(chain, "//Alice", transferTo(bob, value));

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

function systemItem(name: string) {
  const item = system.storage.find((entry) => entry.item === name);
  assert.ok(item !== undefined, name);
  return item as typeof item & { key(account: string): Hex };
}

for (const version of METADATA_VERSIONS) {
  test(`version ${version} is what PAPI's codecs read and write`, () => {
    const bytes = metadataOf(new TestChain(), version);
    const theirs = decAnyMetadata(bytes);
    assert.equal(theirs.metadata.tag, `v${version}`);
    assert.equal(bytesToHex(papiMetadata.enc(theirs)), bytesToHex(bytes));
  });

  test(`version ${version} is what polkadot.js's codecs read and write`, () => {
    const chain = new TestChain();
    const { metadata } = client(chain, version);
    assert.equal(metadata.version, version);
    assert.equal(bytesToHex(metadata.toU8a()), bytesToHex(metadataOf(chain, version)));
  });

  test(`version ${version} decodes with our own codecs and encodes to the same bytes`, () => {
    const bytes = metadataOf(new TestChain(), version);
    assert.equal(bytesToHex(encode(Metadata, decode(Metadata, bytes))), bytesToHex(bytes));
  });
}

test("there is no version but those that are listed", () => {
  assert.equal(encodedMetadata(new TestChain().state, 13), undefined);
  assert.equal(encodedMetadata(new TestChain().state, 17), undefined);
});

test("metadata of equal networks is equal, and constants are the network's own", () => {
  const bytes = (slotMs: number) => bytesToHex(metadataOf(new TestChain({ slotMs }), 15));
  assert.equal(bytes(2_000), bytes(2_000));
  assert.notEqual(bytes(2_000), bytes(6_000));
});

test("types of one path differ in their parameters", () => {
  const { body } = decode(Metadata, metadataOf(new TestChain(), 14));
  const seen = new Set<string>();
  for (const { path, params } of body.value.types) {
    if (path.length === 0) continue;
    const name = `${path.join("::")}<${params.map(({ type }) => type).join()}>`;
    assert.ok(!seen.has(name), name);
    seen.add(name);
  }
});

test("types refer to types of the list, each at the position of its number", () => {
  const { types } = decode(Metadata, metadataOf(new TestChain(), 14)).body.value;
  for (const [position, { id }] of types.entries()) assert.equal(id, position);
  const refer = (id: number) => assert.ok(id < types.length);
  for (const { definition, params } of types) {
    for (const { type } of params) if (type !== undefined) refer(type);
    if (definition.type === "composite") for (const { type } of definition.value) refer(type);
    if (definition.type === "tuple") for (const item of definition.value) refer(item);
    if (definition.type === "sequence") refer(definition.value);
  }
});

test("equal descriptions are one type, and a type may contain itself", () => {
  const registry = new TypeRegistry();
  const u8 = { kind: "primitive", primitive: "u8" } as const;
  assert.equal(registry.add({ kind: "sequence", of: u8 }), 0);
  assert.equal(registry.add({ kind: "sequence", of: { ...u8 } }), 0);
  assert.equal(registry.add(u8), 1);
  const tree = registry.add(RuntimeCall.type);
  assert.equal(registry.add(RuntimeCall.type), tree);
  const paths = registry.types().map(({ path }) => path.join("::"));
  assert.equal(paths.filter((path) => path === "parahost_runtime::RuntimeCall").length, 1);
});

test("an anonymous type that contains itself has no name to be told by", () => {
  const endless: { kind: "tuple"; items: [{ kind: "lazy"; get: () => typeof endless }] } = {
    kind: "tuple",
    items: [{ kind: "lazy", get: () => endless }],
  };
  assert.throws(() => new TypeRegistry().add(endless), /has a path/);
});

test("every entry of the state decodes by metadata and encodes to the same bytes", () => {
  const chain = new TestChain({ validators: 4 });
  chain.add();
  chain.add({ extrinsics: [transfer(chain)] });
  const { registry, metadata } = client(chain, 16);
  let decoded = 0;
  const known = new Map<string, { type: number; name: string }>();
  for (const pallet of metadata.asLatest.pallets) {
    const storage = pallet.storage.unwrapOr(undefined);
    for (const item of storage?.items ?? []) {
      const declared = PALLETS.find(({ name }) => name === pallet.name.toString())?.storage.find(
        (entry) => entry.item === item.name.toString(),
      );
      const type = item.type.isPlain ? item.type.asPlain : item.type.asMap.value;
      known.set(declared?.prefix ?? "", {
        type: type.toNumber(),
        name: `${pallet.name}.${item.name}`,
      });
    }
  }
  for (const key of chain.state.keysWithPrefix("0x")) {
    const item = known.get(key.slice(0, 2 + 64));
    if (item === undefined) {
      // Well-known keys are no pallet's.
      assert.ok(key.startsWith("0x3a"), `${key} is nobody's`);
      continue;
    }
    const bytes = chain.state.get(key) as Uint8Array;
    const value = registry.createType(registry.createLookupType(item.type), bytes);
    assert.equal(bytesToHex(value.toU8a()), bytesToHex(bytes), item.name);
    decoded += 1;
  }
  assert.ok(decoded > 60, `${decoded} entries`);
});

test("defaults of storage items are encodings of their types", () => {
  const { registry, metadata } = client(new TestChain(), 14);
  for (const { name, storage } of metadata.asLatest.pallets)
    for (const item of storage.unwrapOr(undefined)?.items ?? []) {
      if (!item.modifier.isDefault) continue;
      const type = item.type.isPlain ? item.type.asPlain : item.type.asMap.value;
      const fallback = item.fallback.toU8a(true);
      const value = registry.createType(registry.createLookupType(type), fallback);
      assert.equal(bytesToHex(value.toU8a()), bytesToHex(fallback), `${name}.${item.name}`);
    }
});

test("a client decodes accounts, events and extrinsics to the values that our codecs give", () => {
  const chain = new TestChain();
  chain.add();
  const paid = transfer(chain);
  const block = chain.build({ extrinsics: [paid] });
  expectOk(chain.execute(block), "it is imported");
  const { registry } = client(chain, 15);

  const [accounts, records] = [systemItem("Account"), systemItem("Events")];
  const bytes = chain.state.get(accounts.key(bob));
  const account = registry.createType("FrameSystemAccountInfo", bytes).toHuman(true);
  const { data, nonce } = accountInfo(chain.state, bob);
  const theirs = account as unknown as { nonce: string; data: { free: string } };
  assert.equal(theirs.data.free.replaceAll(",", ""), data.free.toString());
  assert.equal(theirs.nonce, nonce.toString());

  const stored = chain.state.get(records.prefix);
  const events = registry.createType("Vec<FrameSystemEventRecord>", stored);
  const names = (events.toHuman() as { event: { section: string; method: string } }[]).map(
    ({ event }) => `${event.section}.${event.method}`,
  );
  const ours = eventsOf(chain.state).map(
    ({ event }) => `${event.type}.${capital(event.value.type)}`,
  );
  assert.deepEqual(names, ours);
  assert.ok(names.includes("balances.Transfer"));

  for (const extrinsic of block.extrinsics) {
    const decoded = registry.createType("Extrinsic", encodeExtrinsic(extrinsic));
    assert.equal(bytesToHex(decoded.toU8a(true)), bytesToHex(extrinsic));
  }
  const signed = registry.createType("Extrinsic", encodeExtrinsic(paid));
  assert.equal(signed.method.section, "balances");
  assert.equal(signed.method.method, "transferKeepAlive");
  assert.equal(signed.nonce.toNumber(), 0);
});

test("constants decode to what the pallets declare", () => {
  const { registry, metadata } = client(new TestChain({ slotMs: 6_000 }), 14);
  const constant = (pallet: string, name: string) => {
    const found = metadata.asLatest.pallets
      .find((candidate) => candidate.name.toString() === pallet)
      ?.constants.find((candidate) => candidate.name.toString() === name);
    assert.ok(found !== undefined, `${pallet}.${name}`);
    return registry.createType(registry.createLookupType(found.type), found.value.toU8a(true));
  };
  assert.equal(constant("Babe", "ExpectedBlockTime").toString(), "6000");
  assert.equal(constant("System", "SS58Prefix").toString(), "42");
  const version = constant("System", "Version").toJSON() as { specName: string };
  assert.equal(version.specName, RUNTIME_VERSION.specName);
  const weights = constant("System", "BlockWeights").toJSON() as {
    maxBlock: { refTime: number };
    perClass: Record<string, { maxTotal: { refTime: number } | null }>;
  };
  assert.equal(weights.maxBlock.refTime, BLOCK_WEIGHT_MAX);
  assert.equal(weights.perClass["normal"]?.maxTotal?.refTime, weightLimit("normal"));
  assert.equal(weights.perClass["mandatory"]?.maxTotal, null);
  const { max } = constant("System", "BlockLength").toJSON() as { max: Record<string, number> };
  assert.deepEqual(max, {
    normal: lengthLimit("normal"),
    operational: lengthLimit("operational"),
    mandatory: BLOCK_LENGTH_MAX_BYTES,
  });
  assert.deepEqual(constant("System", "DbWeight").toJSON(), {
    read: READ_WEIGHT,
    write: WRITE_WEIGHT,
  });
  assert.equal(constant("TransactionPayment", "OperationalFeeMultiplier").toString(), "5");
});

test("every storage item, constant and call says what it means, in a sentence", () => {
  const { body } = runtimeMetadata(new TestChain().state, 15);
  assert.ok(body.type === "v15");
  const sentence = /^\S.*[.:]$/s;
  for (const { name, storage, constants } of body.value.pallets)
    for (const item of [...(storage?.items ?? []), ...constants])
      assert.match(item.docs.join("\n"), sentence, `${name}.${item.name}`);
  for (const { name, calls } of PALLETS as unknown as readonly Pallet[])
    for (const [call, { docs }] of Object.entries(calls))
      assert.match(docs, sentence, `${name}.${call}`);
});

/** What has no answer upon a block that is complete. */
const ONLY_IN_A_BLOCK = ["finalize_block"];

test("every runtime function without arguments answers in the type that metadata names", () => {
  const chain = new TestChain();
  chain.add();
  const { registry, metadata } = client(chain, 16);
  let called = 0;
  for (const { name: api, methods } of metadata.asLatest.apis)
    for (const { name, inputs, output } of methods) {
      assert.ok(runtimeFunctions().includes(`${api}_${name}`), `${api}_${name}`);
      if (inputs.length > 0 || api.toString() === "Metadata" || ONLY_IN_A_BLOCK.includes(`${name}`))
        continue;
      const answer = expectOk(
        callRuntimeApi(chain.state, headerHash(chain.head), `${api}_${name}`, new Uint8Array()),
        `${api}_${name}`,
      );
      const value = registry.createType(registry.createLookupType(output), answer);
      assert.equal(bytesToHex(value.toU8a()), bytesToHex(answer), `${api}_${name}`);
      called += 1;
    }
  assert.ok(called > 20, `${called} functions`);
});

test("every API that the version lists has functions, and no other", () => {
  const { metadata } = client(new TestChain(), 16);
  const names = metadata.asLatest.apis.map(({ name }) => name.toString());
  assert.equal(names.length, RUNTIME_VERSION.apis.length);
  assert.deepEqual(RUNTIME_VERSION.apis.map(([id]) => bytesToHex(id)).slice(0, 3), [
    "0xdf6acb689907609b",
    "0x37e397fc7c91f5e4",
    "0x40fe3ad401f8959a",
  ]);
});

// Encoded calls

const call = (chain: TestChain, name: string, args: Uint8Array | Hex = new Uint8Array()) =>
  callRuntimeApi(
    chain.state,
    headerHash(chain.head),
    name,
    typeof args === "string" ? hexToBytes(args) : args,
  );

test("the nonce of an account is asked by its id", () => {
  const chain = new TestChain();
  chain.add();
  chain.add({ extrinsics: [transfer(chain)] });
  const answer = expectOk(call(chain, "AccountNonceApi_account_nonce", alice), "nonce");
  assert.equal(bytesToHex(answer), "0x01000000");
});

test("an unknown function and undecodable arguments are refused", () => {
  const chain = new TestChain();
  const code = (name: string, args?: Hex) => {
    const answer = call(chain, name, args);
    return answer.ok ? "ok" : answer.error.code;
  };
  assert.equal(code("Core_destroy"), "unknownFunction");
  assert.equal(code("version"), "unknownFunction");
  assert.equal(code("AccountNonceApi_account_nonce", "0x00"), "badArguments");
  assert.equal(code("Core_version", "0x00"), "badArguments");
  assert.equal(code("TransactionPaymentApi_query_info", "0x08ffff02000000"), "badArguments");
  assert.equal(code("Core_version"), "ok");
});

test("metadata is an option of bytes at a version, and bytes by itself", () => {
  const chain = new TestChain();
  const hex = (name: string, args?: Hex) => bytesToHex(expectOk(call(chain, name, args), name));
  assert.equal(hex("Metadata_metadata_versions"), "0x0c0e0000000f00000010000000");
  assert.equal(hex("Metadata_metadata_at_version", "0x0d000000"), "0x00");
  assert.ok(hex("Metadata_metadata_at_version", "0x0f000000").startsWith("0x01"));
  assert.ok(hex("Metadata_metadata").includes("6d6574610e"));
});

test("a network can begin from a preset, and from nothing that is not one", () => {
  const chain = new TestChain();
  const name = "GenesisBuilder_get_preset";
  const preset = decode(option(bytes()), expectOk(call(chain, name, "0x00"), name));
  assert.ok(preset !== undefined);
  const build = (json: Uint8Array) =>
    bytesToHex(
      expectOk(call(chain, "GenesisBuilder_build_state", encode(bytes(), json)), "answered"),
    );
  assert.equal(build(preset), "0x00");
  assert.ok(build(new Uint8Array([123])).startsWith("0x01"));
  assert.equal(bytesToHex(expectOk(call(chain, name, "0x01046e"), name)), "0x00");
});

test("an author's key is proved to be one, and a stranger's is not", () => {
  const chain = new TestChain();
  chain.add();
  const [author] = currentBabeEpoch(chain.state).authorities;
  const prove = (key: Hex) => {
    const args = concatBytes(new Uint8Array(8), hexToBytes(key));
    return expectOk(call(chain, "BabeApi_generate_key_ownership_proof", args), "answered");
  };
  assert.equal(bytesToHex(prove(`0x${"77".repeat(32)}`)), "0x00");
  const proof = decode(option(bytes()), prove(author?.id ?? "0x"));
  assert.equal(decode(KeyOwnershipProof, proof ?? new Uint8Array()).validatorCount, 4);
});

test("session keys are taken apart by type", () => {
  const keys = encode(bytes(), new Uint8Array(193));
  const answer = expectOk(call(new TestChain(), "SessionKeys_decode_session_keys", keys), "keys");
  assert.ok(bytesToHex(answer).startsWith("0x0118"));
  const none = call(new TestChain(), "SessionKeys_decode_session_keys", "0x0400");
  assert.equal(bytesToHex(expectOk(none, "answered")), "0x00");
});

test("the fee that is asked for is the fee that is taken", () => {
  const chain = new TestChain();
  chain.add();
  const extrinsic = transfer(chain);
  const free = () => accountInfo(chain.state, alice).data.free;
  const { partialFee } = expectOk(queryInfo(chain.state, extrinsic), "it decodes");
  const encoded = encodeExtrinsic(extrinsic);
  const asked = call(
    chain,
    "TransactionPaymentApi_query_info",
    concatBytes(encoded, encode(u32, encoded.length)),
  );
  // The fee is the last that the answer says: 16 bytes.
  assert.equal(decode(u128, expectOk(asked, "answered").subarray(-16)), partialFee);
  const before = free();
  chain.add({ extrinsics: [extrinsic] });
  const events = eventsOf(chain.state);
  const paid = events.find(({ event }) => event.type === "transactionPayment")?.event.value.value;
  assert.equal((paid as unknown as { actualFee: bigint }).actualFee, partialFee);
  assert.equal(before - free(), AMOUNT + partialFee);
});

test("a transaction is tried without leaving a trace", () => {
  const chain = new TestChain();
  chain.add();
  const root = chain.state.root(1);
  const good = call(chain, "BlockBuilder_apply_extrinsic", encodeExtrinsic(transfer(chain)));
  assert.equal(bytesToHex(expectOk(good, "answered")), "0x0000");
  const poor = call(
    chain,
    "BlockBuilder_apply_extrinsic",
    encodeExtrinsic(transfer(chain, 1n << 90n)),
  );
  assert.ok(bytesToHex(expectOk(poor, "answered")).startsWith("0x0001"));
  assert.equal(chain.state.root(1), root);
});

test("a block can be tried upon its parent, and what is wrong with it is said", () => {
  const chain = new TestChain();
  chain.add();
  const block = chain.build({ extrinsics: [transfer(chain)] });
  const root = chain.state.root(1);
  assert.deepEqual(call(chain, "Core_execute_block", encode(Block, block)), ok(new Uint8Array()));
  assert.deepEqual(
    call(chain, "Core_initialize_block", encode(Header, block.header)),
    ok(new Uint8Array([0])),
  );
  const forged = { ...block, header: { ...block.header, stateRoot: block.header.parentHash } };
  const refused = call(chain, "Core_execute_block", encode(Block, forged));
  assert.ok(!refused.ok && refused.error.code === "trapped");
  assert.match(refused.error.message, /stateRootMismatch/);
  const late = { ...block.header, number: 9 };
  const unopened = call(chain, "Core_initialize_block", encode(Header, late));
  assert.ok(!unopened.ok && unopened.error.code === "trapped");
  assert.match(unopened.error.message, /wrongNumber/);
  assert.equal(chain.state.root(1), root);
});

test("inherents are checked against the importer's clock, if it tells it", () => {
  const chain = new TestChain();
  const slot = chain.nextSlot;
  const block = encode(Block, chain.build({ slot }));
  const name = bytesToHex(asciiBytes("timstap0")).slice(2);
  const check = (data: Hex) =>
    bytesToHex(
      expectOk(
        call(chain, "BlockBuilder_check_inherents", concatBytes(block, hexToBytes(data))),
        "checked",
      ),
    );
  const clock = (ms: number): Hex => `0x04${name}20${bytesToHex(encode(u64, BigInt(ms))).slice(2)}`;
  assert.equal(check("0x00"), "0x010000");
  assert.equal(check(clock(slot * 2_000)), "0x010000");
  // Not okay, fatal, and why: its time is too far in the future.
  assert.equal(check(clock(slot * 2_000 - 30_001)), `0x000104${name}0401`);
});

test("validity is told as the pool is told it", () => {
  const chain = new TestChain();
  chain.add();
  const ask = (extrinsic: OpaqueExtrinsic) =>
    bytesToHex(
      expectOk(
        call(
          chain,
          "TaggedTransactionQueue_validate_transaction",
          concatBytes(
            new Uint8Array([2]),
            encodeExtrinsic(extrinsic),
            hexToBytes(headerHash(chain.head)),
          ),
        ),
        "answered",
      ),
    );
  assert.ok(ask(transfer(chain)).startsWith("0x00"));
  assert.equal(ask(new Uint8Array([4, 255, 255])), "0x010000");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BABE_ENGINE_ID,
  BabePreDigest,
  type Block,
  type DigestItem,
  type Header,
  type OpaqueExtrinsic,
  ZERO_HASH,
} from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import { type BlockError, executeBlock } from "./executive.ts";
import type { State } from "./framework/index.ts";
import { extrinsicsRoot } from "./pallets/system/block.ts";
import { eventsOf } from "./runtime-api.ts";
import { TestChain } from "./testing/chain.ts";
import { emptyState, eventNames } from "./testing/state.ts";
import { accountOfUri, remark, signedBy, sudo, transferTo } from "./testing/transactions.ts";
import { encodeBare } from "./transaction/extrinsic.ts";

/** The block with another body, whose root the header names. */
const withBody = (block: Block, extrinsics: readonly OpaqueExtrinsic[]): Block => ({
  header: { ...block.header, extrinsicsRoot: extrinsicsRoot(extrinsics) },
  extrinsics,
});

const withHeader = (block: Block, change: Partial<Header>): Block => ({
  ...block,
  header: { ...block.header, ...change },
});

/** Executes a bad block; what it may not do is leave a trace. */
function refusalOf(chain: TestChain, block: Block): BlockError {
  const before = chain.state.root(1);
  const executed = executeBlock(chain.state, block);
  assert.equal(chain.state.root(1), before, "a refused block leaves the state as it was");
  assert.ok(!executed.ok, "the block is refused");
  return executed.error;
}

/** A chain whose head is block 2, so that a next block has a parent slot to be compared with. */
function chainOfTwo(): TestChain {
  const chain = new TestChain();
  chain.addMany(2);
  return chain;
}

test("an empty block is built and imported to the same state", () => {
  const chain = new TestChain();
  assert.equal(chain.add().number, 1);
  assert.deepEqual(eventNames(chain.state), ["system.extrinsicSuccess", "system.extrinsicSuccess"]);
  chain.addMany(3);
  assert.equal(chain.head.number, 4);
});

/** Another state with the same bytes, nothing decoded. */
function reopened(state: State): State {
  const copy = emptyState();
  for (const key of state.keysWithPrefix("0x")) copy.set(key, state.get(key) as Uint8Array);
  return copy;
}

test("a block does the same upon a state of which only the bytes are there", () => {
  const chain = chainOfTwo();
  const transaction = signedBy(chain, "//Alice", transferTo(accountOfUri("//Bob"), 1n));
  const block = chain.build({ extrinsics: [transaction] });
  const state = reopened(chain.state);
  assert.equal(state.root(1), chain.state.root(1));
  assert.ok(executeBlock(state, block).ok);
  chain.execute(block);
  assert.deepEqual(eventsOf(reopened(state)), eventsOf(chain.state));
});

test("events tell when in the block they happened", () => {
  const chain = new TestChain({ epochSlots: 2 });
  chain.addMany(3);
  const phases = eventsOf(chain.state).map(({ phase, event }) => [phase, event.value.type]);
  assert.deepEqual(phases, [
    [{ type: "initialization" }, "rootStored"],
    [{ type: "initialization" }, "newSession"],
    [{ type: "applyExtrinsic", value: 0 }, "extrinsicSuccess"],
    [{ type: "applyExtrinsic", value: 1 }, "extrinsicSuccess"],
  ]);
});

// What the header says

test("a block that does not follow its parent's number is refused", () => {
  const chain = chainOfTwo();
  assert.deepEqual(refusalOf(chain, withHeader(chain.build(), { number: 4 })), {
    code: "wrongNumber",
    number: 4,
    expected: 3,
  });
});

test("a block with its seal on is refused", () => {
  const chain = chainOfTwo();
  const block = chain.build();
  const seal: DigestItem = {
    type: "seal",
    value: { engine: BABE_ENGINE_ID, data: new Uint8Array(64) },
  };
  const sealed = withHeader(block, { digest: [...block.header.digest, seal] });
  assert.equal(refusalOf(chain, sealed).code, "sealed");
});

test("a root that is not that of the extrinsics is refused", () => {
  const chain = chainOfTwo();
  const block = chain.build();
  const refusal = refusalOf(chain, withHeader(block, { extrinsicsRoot: ZERO_HASH }));
  assert.deepEqual(refusal, {
    code: "extrinsicsRootMismatch",
    computed: block.header.extrinsicsRoot,
  });
});

test("a root that is not that of the state is refused", () => {
  const chain = chainOfTwo();
  const block = chain.build();
  const refusal = refusalOf(chain, withHeader(block, { stateRoot: ZERO_HASH }));
  assert.deepEqual(refusal, { code: "stateRootMismatch", computed: block.header.stateRoot });
});

test("a digest item that execution did not deposit is refused", () => {
  const chain = chainOfTwo();
  const block = chain.build();
  const log: DigestItem = {
    type: "consensus",
    value: { engine: BABE_ENGINE_ID, data: new Uint8Array([2, 0, 0, 0, 0]) },
  };
  const extra = withHeader(block, { digest: [...block.header.digest, log] });
  assert.deepEqual(refusalOf(chain, extra), { code: "digestMismatch", index: 1 });
});

test("a digest without an item that execution deposited is refused", () => {
  const chain = new TestChain();
  const block = chain.build();
  assert.equal(block.header.digest.length, 2, "block 1 announces an epoch");
  const short = withHeader(block, { digest: block.header.digest.slice(0, 1) });
  assert.deepEqual(refusalOf(chain, short), { code: "digestMismatch", index: 1 });
});

// The claim

/** The next block with its claim changed. */
function blockClaiming(chain: TestChain, change: (claim: BabePreDigest) => BabePreDigest): Block {
  const block = chain.build();
  const digest = block.header.digest.map((item): DigestItem => {
    if (item.type !== "preRuntime") return item;
    const data = encode(BabePreDigest, change(decode(BabePreDigest, item.value.data)));
    return { type: "preRuntime", value: { engine: BABE_ENGINE_ID, data } };
  });
  return withHeader(block, { digest });
}

test("a block without a slot claim is refused", () => {
  const chain = chainOfTwo();
  assert.equal(
    refusalOf(chain, withHeader(chain.build(), { digest: [] })).code,
    "slotClaimMissing",
  );
});

test("a block with two slot claims is refused", () => {
  const chain = chainOfTwo();
  const block = chain.build();
  const twice = withHeader(block, { digest: [...block.header.digest, ...block.header.digest] });
  assert.equal(refusalOf(chain, twice).code, "slotClaimMissing");
});

test("a slot claim that does not decode is refused", () => {
  const chain = chainOfTwo();
  const data = new Uint8Array([9]);
  const digest: DigestItem[] = [{ type: "preRuntime", value: { engine: BABE_ENGINE_ID, data } }];
  assert.equal(
    refusalOf(chain, withHeader(chain.build(), { digest })).code,
    "slotClaimUndecodable",
  );
});

test("a slot that is not later than the parent's is refused", () => {
  const chain = chainOfTwo();
  const parentSlot = chain.nextSlot - 1;
  const block = blockClaiming(
    chain,
    (claim) => ({ ...claim, value: { ...claim.value, slot: parentSlot } }) as BabePreDigest,
  );
  assert.deepEqual(refusalOf(chain, block), {
    code: "slotNotIncreasing",
    slot: parentSlot,
    parentSlot,
  });
});

test("a claim of a kind that the chain does not admit is refused", () => {
  const chain = chainOfTwo();
  const block = blockClaiming(chain, ({ value: { authorityIndex, slot } }) => ({
    type: "secondaryPlain",
    value: { authorityIndex, slot },
  }));
  assert.deepEqual(refusalOf(chain, block), {
    code: "slotKindNotAllowed",
    kind: "secondaryPlain",
  });
});

test("an author that is not in the epoch's list is refused", () => {
  const chain = chainOfTwo();
  const block = blockClaiming(
    chain,
    (claim) => ({ ...claim, value: { ...claim.value, authorityIndex: 4 } }) as BabePreDigest,
  );
  assert.deepEqual(refusalOf(chain, block), { code: "authorUnknown", authorityIndex: 4 });
});

test("a claim whose proof is another author's is refused", () => {
  const chain = chainOfTwo();
  const block = blockClaiming(
    chain,
    (claim) => ({ ...claim, value: { ...claim.value, authorityIndex: 1 } }) as BabePreDigest,
  );
  assert.equal(refusalOf(chain, block).code, "slotClaimUnproven");
});

// Inherents

test("a block without one of the inherents is refused", () => {
  const chain = chainOfTwo();
  const block = chain.build();
  const [time, paras] = block.extrinsics as [OpaqueExtrinsic, OpaqueExtrinsic];
  const noTime = { code: "inherentMissing", pallet: "timestamp", call: "set" };
  const noParas = { code: "inherentMissing", pallet: "paraInherent", call: "enter" };
  assert.deepEqual(refusalOf(chain, withBody(block, [])), noTime);
  assert.deepEqual(refusalOf(chain, withBody(block, [paras])), noTime);
  assert.deepEqual(refusalOf(chain, withBody(block, [time])), noParas);
  assert.deepEqual(refusalOf(chain, withBody(block, [paras, time])), noTime);
});

test("a second inherent of a kind is refused", () => {
  const chain = chainOfTwo();
  const block = chain.build();
  const [time, paras] = block.extrinsics as [OpaqueExtrinsic, OpaqueExtrinsic];
  const refusal = { code: "inherentMisplaced", index: 2 };
  assert.deepEqual(refusalOf(chain, withBody(block, [time, paras, time])), refusal);
  assert.deepEqual(refusalOf(chain, withBody(block, [time, paras, paras])), refusal);
});

test("an inherent behind a transaction is refused", () => {
  const chain = chainOfTwo();
  const block = chain.build();
  const [time, paras] = block.extrinsics as [OpaqueExtrinsic, OpaqueExtrinsic];
  const transaction = signedBy(chain, "//Alice", remark());
  assert.deepEqual(refusalOf(chain, withBody(block, [time, transaction, paras])), {
    code: "inherentMissing",
    pallet: "paraInherent",
    call: "enter",
  });
});

test("a block whose time is not in its slot is refused", () => {
  const chain = chainOfTwo();
  const block = chain.build();
  const [, paras] = block.extrinsics as [OpaqueExtrinsic, OpaqueExtrinsic];
  const now = (chain.nextSlot + 1) * 2_000;
  const time = encodeBare({ type: "timestamp", value: { type: "set", value: { now } } });
  const refusal = refusalOf(chain, withBody(block, [time, paras]));
  assert.ok(refusal.code === "extrinsicRefused" && refusal.index === 0);
  assert.ok(refusal.error.code === "mandatoryFailed");
  assert.ok(refusal.error.reason.type === "module");
  assert.equal(refusal.error.reason.value.index, 3);
});

test("an inherent that somebody signed is refused", () => {
  const chain = chainOfTwo();
  const block = chain.build();
  const now = chain.nextSlot * 2_000;
  const signed = signedBy(chain, "//Alice", {
    type: "timestamp",
    value: { type: "set", value: { now } },
  });
  const refusal = refusalOf(chain, withBody(block, [...block.extrinsics, signed]));
  assert.deepEqual(refusal, { code: "inherentMisplaced", index: 2 });
});

test("an inherent inside another call is not one", () => {
  const chain = chainOfTwo();
  const now = chain.nextSlot * 2_000;
  const wrapped = sudo({ type: "timestamp", value: { type: "set", value: { now } } });
  chain.add({ extrinsics: [signedBy(chain, "//Alice", wrapped)] });
  const sudid = eventsOf(chain.state).find(({ event }) => event.value.type === "sudid");
  assert.deepEqual(sudid?.event.value.value, {
    sudoResult: { type: "err", value: { type: "badOrigin" } },
  });
});

// Extrinsics

test("an extrinsic that does not decode makes its block invalid", () => {
  const chain = chainOfTwo();
  const block = chain.build();
  const broken = [...block.extrinsics, new Uint8Array([0x84, 0, 1])];
  const refusal = refusalOf(chain, withBody(block, broken));
  assert.ok(refusal.code === "extrinsicRefused" && refusal.index === 2);
  assert.equal(refusal.error.code, "undecodableExtrinsic");
});

test("an extrinsic with bytes left over makes its block invalid", () => {
  const chain = chainOfTwo();
  const block = chain.build();
  const good = signedBy(chain, "//Alice", remark());
  const longer = new Uint8Array([...good, 0]);
  const refusal = refusalOf(chain, withBody(block, [...block.extrinsics, longer]));
  assert.ok(refusal.code === "extrinsicRefused");
  assert.ok(refusal.error.code === "undecodableExtrinsic");
  assert.equal(refusal.error.failure.code, "trailingBytes");
});

test("an extrinsic of an unknown format makes its block invalid", () => {
  const chain = chainOfTwo();
  const block = chain.build();
  for (const bytes of [new Uint8Array(), new Uint8Array([0x45, 0])]) {
    const refusal = refusalOf(chain, withBody(block, [...block.extrinsics, bytes]));
    assert.ok(refusal.code === "extrinsicRefused");
    assert.deepEqual(refusal.error, { code: "unknownExtrinsicFormat", firstByte: bytes[0] });
  }
});

test("a bare transaction that does not prove itself makes its block invalid", () => {
  const chain = chainOfTwo();
  const block = chain.build();
  const bare = encodeBare(remark());
  const refusal = refusalOf(chain, withBody(block, [...block.extrinsics, bare]));
  assert.ok(refusal.code === "extrinsicRefused");
  assert.deepEqual(refusal.error, {
    code: "invalid",
    reason: { type: "unknown", value: { type: "noUnsignedValidator" } },
  });
});

test("a transaction with a used nonce makes its block invalid", () => {
  const chain = chainOfTwo();
  const transaction = signedBy(chain, "//Alice", transferTo(accountOfUri("//Bob"), 1n));
  const block = chain.build({ extrinsics: [transaction] });
  const twice = withBody(block, [...block.extrinsics, transaction]);
  const refusal = refusalOf(chain, twice);
  assert.ok(refusal.code === "extrinsicRefused" && refusal.index === 3);
  assert.deepEqual(refusal.error, {
    code: "invalid",
    reason: { type: "invalid", value: { type: "stale" } },
  });
});

import assert from "node:assert/strict";
import test from "node:test";
import {
  asHash,
  type DigestItem,
  type Header,
  headerHash,
  parachainLogItem,
} from "@parahost/primitives";
import { GENESIS, sealedBy, slot } from "./testing/authored.ts";
import { ChainWorld, NAMES } from "./testing/chain-world.ts";
import { grandpaItem } from "./testing/headers.ts";
import { DEPOSITING, INVALID, WRONG_TIME } from "./testing/test-runtime.ts";
import { grandpaAuthorities } from "./testing/voters.ts";

const WRONG_ROOT = asHash(`0x${"99".repeat(32)}`);
const revert = (number: number): DigestItem => parachainLogItem({ type: "revert", value: number });
const setChange = (delay = 0): DigestItem =>
  grandpaItem({
    type: "scheduledChange",
    value: { nextAuthorities: grandpaAuthorities(...NAMES), delay },
  });

test("a good block is imported, becomes best, and is told of", () => {
  const world = new ChainWorld();
  const one = world.add(GENESIS, 90, { body: [new Uint8Array([1])] });
  assert.equal(world.chain.best().hash, headerHash(one));
  assert.deepEqual(world.chain.body(headerHash(one)), [new Uint8Array([1])]);
  assert.equal(world.chain.hashByNumber(1), headerHash(one));
  assert.deepEqual(world.told(), ["imported 1 best", "newBest +1 -"]);
  const two = world.add(one, 95);
  assert.equal(world.chain.best().hash, headerHash(two));
});

test("a block is imported once", () => {
  const world = new ChainWorld();
  const block = world.block(GENESIS, 90);
  assert.equal(world.import(block), "imported");
  assert.equal(world.import(block), "known");
  assert.equal(world.executor.executions, 1);
});

test("every lie of a header or body is refused for its own reason", () => {
  const lies: readonly (readonly [string, Parameters<ChainWorld["block"]>[2]])[] = [
    ["badNumber", { overrides: { number: 7 } }],
    ["stateRootMismatch", { overrides: { stateRoot: WRONG_ROOT } }],
    ["extrinsicsRootMismatch", { overrides: { extrinsicsRoot: WRONG_ROOT } }],
    ["executionRefused", { body: [INVALID] }],
    ["digestMismatch", { body: [DEPOSITING] }],
    ["inherentsRefused", { body: [WRONG_TIME] }],
    ["changeRepeated", { logs: [setChange(), setChange()] }],
    ["sealInvalid", { sealedBy: "Eve" }],
  ];
  for (const [code, options] of lies) {
    const world = new ChainWorld();
    assert.equal(world.import(world.block(GENESIS, 90, options)), code);
    assert.equal(world.chain.tree.size, 1);
    assert.deepEqual(world.told(), []);
  }
});

test("what is bad for good is not looked at twice, and nothing is built on it", () => {
  const world = new ChainWorld();
  const bad = world.block(GENESIS, 90, { body: [INVALID] });
  assert.equal(world.import(bad), "executionRefused");
  assert.equal(world.import(bad), "knownBad");
  assert.equal(world.executor.executions, 1);
  const good = world.block(GENESIS, 91);
  const child = { ...good.header, parentHash: headerHash(bad.header), number: 2 };
  assert.equal(world.import({ header: child, body: [] }), "parentBad");
});

test("a header with another's body is not held against the header", () => {
  const world = new ChainWorld();
  const block = world.block(GENESIS, 90, { body: [new Uint8Array([1])] });
  assert.equal(world.import({ ...block, body: [new Uint8Array([2])] }), "extrinsicsRootMismatch");
  assert.equal(world.import(block), "imported");
});

test("the clock judges new blocks, not those of the past", () => {
  const world = new ChainWorld();
  const block = world.block(GENESIS, 90, { body: [WRONG_TIME] });
  assert.equal(world.import(block), "inherentsRefused");
  assert.equal(world.import(block, "sync"), "imported");
});

test("a block without a known parent, from the future, or below finality is refused for now", () => {
  const world = new ChainWorld();
  const one = world.add(GENESIS, 90);
  const orphan: Header = { ...one, parentHash: WRONG_ROOT, number: 2 };
  assert.equal(world.import({ header: orphan, body: [] }), "unknownParent");
  const early = world.block(one, 102);
  assert.equal(world.import(early), "slotInFuture");
  assert.equal(world.import(world.block(one, 101)), "imported");
  const fork = world.block(GENESIS, 91);
  assert.equal(world.finalize(one), "finalized");
  assert.equal(world.import(fork), "belowFinalized");
  const beside: Header = { ...fork.header, parentHash: headerHash(GENESIS), number: 5 };
  assert.equal(world.import({ header: beside, body: [] }), "belowFinalized");
});

test("a heavier fork takes over, and the way there is told", () => {
  const world = new ChainWorld();
  const isPrimary = (header: Header): boolean => {
    const [item] = header.digest;
    return item?.type === "preRuntime" && item.value.data[0] === 1;
  };
  const one = world.add(GENESIS, 70);
  // Two secondary blocks, then a primary one beside them.
  let head = one;
  let at = 71;
  const light: Header[] = [];
  for (; light.length < 2; at++) {
    const block = world.block(head, at);
    if (isPrimary(block.header)) continue;
    assert.equal(world.import(block), "imported");
    head = block.header;
    light.push(head);
  }
  while (!isPrimary(world.block(one, at).header)) at += 1;
  world.told();
  const heavy = world.add(one, at);
  assert.equal(world.chain.best().hash, headerHash(heavy));
  assert.deepEqual(world.told(), ["imported 2 best", "reorg at 1", "newBest +2 -3,2"]);
  assert.equal(world.chain.hashByNumber(2), headerHash(heavy));
  assert.equal(world.chain.hashByNumber(3), undefined);
});

test("two blocks of one author and slot are told as an equivocation, and both are imported", () => {
  const world = new ChainWorld();
  world.add(GENESIS, 90, { body: [new Uint8Array([1])] });
  world.add(GENESIS, 90, { body: [new Uint8Array([2])] });
  assert.ok(world.told().includes("equivocation in 90"));
  assert.equal(world.chain.tree.size, 3);
});

test("epochs change on the way, and their first block must say what follows", () => {
  const world = new ChainWorld();
  let head = world.add(GENESIS, 51);
  // Epochs of ten slots begin at 61, 71, …; a block in 75 skips none, one in 95 skips one.
  for (const at of [55, 60, 61, 70, 75, 95]) head = world.add(head, at);
  const { epoch } = world.chain.epochs.epochFor(headerHash(head), slot(96));
  assert.deepEqual([epoch.epochIndex, epoch.startSlot], [4, 91]);
  const block = world.block(head, 101);
  const digest = block.header.digest.filter(({ type }) => type !== "consensus" && type !== "seal");
  for (const name of NAMES) {
    const silent = sealedBy(name, { ...block.header, digest });
    const code = world.import({ header: silent, body: [] });
    assert.ok(code === "nextEpochMissing" || code === "sealInvalid" || code === "knownBad", code);
  }
});

test("finality prunes, keeps the last justification, and is told after the blocks", () => {
  const world = new ChainWorld();
  const one = world.add(GENESIS, 80);
  const two = world.add(one, 81);
  const fork = world.add(GENESIS, 82, { body: [new Uint8Array([5])] });
  world.told();
  assert.equal(world.finalize(one), "finalized");
  assert.equal(world.finalize(one), "alreadyFinalized");
  assert.ok(world.told().includes("finalized 1 pruned 1"));
  assert.equal(world.chain.header(headerHash(fork)), undefined);
  assert.ok(world.chain.justification(headerHash(one)) !== undefined);
  assert.equal(world.finalize(two), "finalized");
  assert.equal(world.chain.justification(headerHash(one)), undefined);
  assert.ok(world.chain.justification(headerHash(two)) !== undefined);
  assert.deepEqual(world.chain.block(headerHash(one)), { hash: headerHash(one), number: 1 });
});

test("whoever hears that finality took a branch back is told what was in its blocks", () => {
  const world = new ChainWorld();
  const one = world.add(GENESIS, 80);
  const transactions = [new Uint8Array([5]), new Uint8Array([6])];
  const lost = world.add(one, 81, { body: transactions });
  const lostToo = world.add(lost, 82, { body: [new Uint8Array([7])] });
  const kept = world.add(one, 83);
  assert.equal(world.chain.best().hash, headerHash(lostToo), "the longer branch is best");
  world.events.length = 0;
  assert.equal(world.finalize(kept), "finalized");
  assert.equal(world.chain.body(headerHash(lost)), undefined, "the branch is gone");
  const moved = world.events.find(({ type }) => type === "newBest");
  assert.ok(moved?.type === "newBest");
  assert.deepEqual(
    moved.retracted.map(({ number, body }) => [number, body]),
    [
      [3, [new Uint8Array([7])]],
      [2, transactions],
    ],
  );
});

test("a justification comes with a block or after it, and is verified", () => {
  const world = new ChainWorld();
  const block = world.block(GENESIS, 90);
  const one = world.add(GENESIS, 80);
  const good = world.justify(one);
  const importer = world.importer;
  const codeOf = (hash: Header, bytes: Uint8Array): string => {
    const result = importer.importJustification(headerHash(hash), bytes);
    return result.ok ? "finalized" : result.error.code;
  };
  assert.equal(codeOf(block.header, good), "otherBlock");
  assert.equal(codeOf(one, good.slice(0, -1)), "malformed");
  const forged = good.slice();
  forged[80] = (forged[80] ?? 0) ^ 1;
  assert.notEqual(codeOf(one, forged), "finalized");
  assert.equal(codeOf(one, world.justify(one, 1, 3)), "badSignature");
  assert.equal(codeOf(one, good), "finalized");

  const child = world.block(one, 95);
  const other = new ChainWorld();
  assert.equal(other.import({ header: one, body: [] }), "imported");
  assert.equal(world.import(child), "imported");
  const data = world.justify(child.header);
  const justifications = [{ engine: "FRNK", data }];
  const justified = other.importer.importBlock({ ...child, justifications }, "sync");
  assert.ok(justified.ok && justified.value.justification?.ok === true);
  assert.equal(other.chain.finalized().hash, headerHash(child.header));
});

test("a change of the set takes over with finality, which cannot jump over it", () => {
  const world = new ChainWorld();
  const one = world.add(GENESIS, 80, { logs: [setChange()] });
  const two = world.add(one, 81);
  assert.equal(world.chain.finalityLimit(headerHash(two)), 1);
  assert.deepEqual(world.chain.changeBlocks(), [{ hash: headerHash(one), number: 1 }]);
  assert.equal(world.finalize(two), "beyondAuthorityChange");
  const later = world.importer.importJustification(headerHash(two), world.justify(two, 1, 1));
  assert.ok(!later.ok && later.error.code === "beyondAuthorityChange");
  assert.equal(world.finalize(one), "finalized");
  assert.equal(world.chain.authoritySet().setId, 1);
  assert.ok(world.told().includes("set 1"));
  assert.equal(world.finalize(two), "finalized");
  // The justification that ended the set stays for ever.
  assert.ok(world.chain.justification(headerHash(one)) !== undefined);
});

test("a forced change takes over when its height becomes best", () => {
  const world = new ChainWorld();
  const change = { nextAuthorities: grandpaAuthorities(...NAMES), delay: 1 };
  const forced = grandpaItem({ type: "forcedChange", value: { medianLastFinalized: 0, change } });
  const one = world.add(GENESIS, 80, { logs: [forced] });
  assert.equal(world.chain.authoritySet().setId, 0);
  world.add(one, 81);
  assert.equal(world.chain.authoritySet().setId, 1);
  assert.ok(world.told().includes("set 1"));
});

test("a reverted block and what stands on it are not built on; the best head falls back", () => {
  const world = new ChainWorld();
  const one = world.add(GENESIS, 80);
  const two = world.add(one, 81);
  world.add(two, 82);
  world.told();
  assert.equal(world.chain.revert(headerHash(two)), true);
  assert.deepEqual(world.told(), ["reverted 2", "reorg at 1", "newBest + -3,2"]);
  assert.equal(world.chain.best().hash, headerHash(one));
  assert.equal(world.chain.bestContaining(headerHash(two)), undefined);
  assert.equal(world.chain.hashByNumber(2), undefined);
  assert.equal(world.chain.revert(headerHash(two)), false);
});

test("a header that reverts its own branch takes it out of the choice", () => {
  const world = new ChainWorld();
  const one = world.add(GENESIS, 80);
  const two = world.add(one, 81);
  const three = world.add(two, 82, { logs: [revert(2)] });
  assert.equal(world.chain.best().hash, headerHash(one));
  assert.equal(world.chain.tree.isViable(headerHash(three)), false);
  // A revert of blocks that are final, or not below the header, does nothing.
  const side = world.add(one, 83, { logs: [revert(9)] });
  assert.equal(world.chain.best().hash, headerHash(side));
});

test("paths reach below finality, along the final chain only", () => {
  const world = new ChainWorld();
  const headers = [GENESIS];
  for (let at = 80; at < 86; at++) headers.push(world.add(headers.at(-1) as Header, at));
  const refs = headers.map((header) => ({ hash: headerHash(header), number: header.number }));
  const [zero, , two, , four, , six] = refs as Required<typeof refs>;
  assert.ok(zero && two && four && six);
  const fork = world.add(headers[1] as Header, 90);
  assert.equal(world.finalize(headers[4] as Header), "finalized");
  assert.deepEqual(
    world.chain.path(zero, six),
    refs.slice(1).map(({ hash }) => hash),
  );
  assert.deepEqual(world.chain.path(two, four), [refs[3]?.hash, refs[4]?.hash]);
  assert.deepEqual(world.chain.path(six, six), []);
  assert.equal(world.chain.path(six, two), undefined);
  assert.equal(world.chain.path(two, { hash: headerHash(fork), number: 2 }), undefined);
  assert.equal(world.chain.path(zero, { ...six, number: 5 }), undefined);
  assert.equal(world.chain.isDescendant(two.hash, six.hash), true);
  assert.equal(world.chain.isDescendant(six.hash, two.hash), false);
});

test("after a restart the chain is what it was", () => {
  const world = new ChainWorld();
  const one = world.add(GENESIS, 70);
  const two = world.add(one, 71, { logs: [setChange(4)] });
  const left = world.add(two, 72);
  world.add(two, 73, { body: [new Uint8Array([1])] });
  const reverted = world.add(two, 74, { body: [new Uint8Array([2])] });
  world.chain.revert(headerHash(reverted));
  assert.equal(world.finalize(one), "finalized");
  const again = new ChainWorld(world.store);
  assert.equal(again.chain.best().hash, world.chain.best().hash);
  assert.equal(again.chain.finalized().hash, headerHash(one));
  assert.equal(again.chain.tree.size, world.chain.tree.size);
  assert.deepEqual(again.chain.authoritySet(), world.chain.authoritySet());
  assert.deepEqual(again.chain.tree.reverted(), [headerHash(reverted)]);
  assert.deepEqual(
    new Set(again.chain.tree.leaves().map(({ hash }) => hash)),
    new Set(world.chain.tree.leaves().map(({ hash }) => hash)),
  );
  const next = again.add(left, 85);
  assert.equal(again.chain.header(headerHash(next)), next);
});

test("a chain that could not be written takes nothing further", () => {
  const world = new ChainWorld();
  const one = world.add(GENESIS, 80);
  world.store.commit = () => {
    throw new Error("disk full");
  };
  assert.throws(() => world.add(one, 81), /disk full/);
  assert.throws(() => world.add(one, 82), /could not be written/);
});

test("what a listener causes is told after what it was told", () => {
  const world = new ChainWorld();
  const one = world.add(GENESIS, 80);
  const two = world.block(one, 81);
  world.told();
  world.chain.subscribe((event) => {
    if (event.type === "imported" && event.block.number === 2) world.chain.revert(event.block.hash);
  });
  world.import(two);
  assert.deepEqual(world.told(), [
    "imported 2 best",
    "newBest +2 -",
    "reverted 2",
    "reorg at 1",
    "newBest + -2",
  ]);
});

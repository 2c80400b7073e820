import assert from "node:assert/strict";
import test from "node:test";
import type { GrandpaConsensusLog } from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import { GENESIS } from "../testing/authored.ts";
import { HeaderChain, headerNamed, refOf } from "../testing/headers.ts";
import { grandpaAuthorities } from "../testing/voters.ts";
import {
  AuthoritySet,
  afterFinality,
  afterForcedChange,
  announcedChanges,
  effectiveNumber,
  genesisAuthoritySet,
  nextChangeOn,
  type PendingChange,
  type PendingForcedChange,
  withAnnounced,
} from "./authority-set.ts";

const chain = new HeaderChain("g a b c d e f", "a x y z");
const isDescendant = (ancestor: `0x${string}`, hash: `0x${string}`): boolean =>
  chain.tree.isDescendant(ancestor as never, hash as never);
const NEXT = grandpaAuthorities("Alice", "Bob");
const SET = genesisAuthoritySet(grandpaAuthorities("Alice"));

const change = (block: string, delay = 0): PendingChange => ({
  nextAuthorities: NEXT,
  delay,
  ...chain.ref(block),
});
const forcedChange = (block: string, delay: number, median: number): PendingForcedChange => ({
  ...change(block, delay),
  medianLastFinalized: median,
});

function having(...changes: readonly PendingChange[]): AuthoritySet {
  let set = SET;
  for (const scheduled of changes) {
    const result = withAnnounced(set, { scheduled, forced: undefined }, isDescendant);
    assert.ok(result.ok);
    set = result.value;
  }
  return set;
}

const finalized = (set: AuthoritySet, block: string): AuthoritySet | string => {
  const result = afterFinality(set, chain.ref(block), isDescendant);
  return result.ok ? result.value : result.error.code;
};

test("a change without delay takes over when its own block is final", () => {
  const set = having(change("c"));
  assert.equal(finalized(set, "b"), set);
  const after = finalized(set, "c");
  assert.ok(typeof after === "object");
  assert.equal(after.setId, 1);
  assert.deepEqual(after.authorities, NEXT);
  assert.deepEqual(after.scheduled, []);
  assert.deepEqual(after.history, [{ setId: 0, lastBlock: chain.ref("c").number }]);
});

test("finality cannot jump over a waiting change", () => {
  const set = having(change("c"));
  assert.equal(finalized(set, "d"), "beyondAuthorityChange");
  assert.equal(nextChangeOn(set, chain.ref("f").hash, isDescendant)?.hash, chain.ref("c").hash);
  assert.equal(nextChangeOn(set, chain.ref("z").hash, isDescendant), undefined);
});

test("a delayed change waits past its own finality", () => {
  const set = having(change("b", 2));
  const waiting = finalized(set, "c");
  assert.ok(typeof waiting === "object");
  assert.equal(waiting.setId, 0);
  assert.equal(waiting.scheduled.length, 1);
  const after = finalized(waiting, "d");
  assert.ok(typeof after === "object");
  assert.equal(after.setId, 1);
  assert.equal(finalized(waiting, "e"), "beyondAuthorityChange");
});

test("changes of one chain take over one after the other", () => {
  const set = having(change("d"), change("b"));
  assert.equal(finalized(set, "d"), "beyondAuthorityChange");
  const once = finalized(set, "b");
  assert.ok(typeof once === "object");
  const twice = finalized(once, "d");
  assert.ok(typeof twice === "object");
  assert.deepEqual([once.setId, twice.setId], [1, 2]);
});

test("two changes for one height follow each other there", () => {
  const after = finalized(having(change("b", 2), change("d")), "d");
  assert.ok(typeof after === "object");
  assert.deepEqual([after.setId, after.scheduled], [2, []]);
});

test("a change on a fork dies with it and does not hold up the other", () => {
  const set = having(change("y"), change("e"));
  const after = finalized(set, "b");
  assert.ok(typeof after === "object");
  assert.deepEqual(after.scheduled, [change("e")]);
});

test("a forced change takes over when a head of its height is best", () => {
  const forced = forcedChange("b", 2, 0);
  const added = withAnnounced(having(change("e")), { scheduled: undefined, forced }, isDescendant);
  assert.ok(added.ok);
  assert.equal(afterForcedChange(added.value, chain.ref("c"), isDescendant), undefined);
  assert.equal(afterForcedChange(added.value, chain.ref("z"), isDescendant), undefined);
  const after = afterForcedChange(added.value, chain.ref("d"), isDescendant);
  assert.deepEqual([after?.setId, after?.scheduled, after?.forced], [1, [], []]);
  assert.deepEqual(after?.history, [{ setId: 0, lastBlock: 0 }]);
});

test("a forced change waits for the scheduled one that its median says is final", () => {
  const forced = forcedChange("d", 1, chain.ref("c").number);
  const added = withAnnounced(having(change("b")), { scheduled: undefined, forced }, isDescendant);
  assert.ok(added.ok);
  assert.equal(afterForcedChange(added.value, chain.ref("e"), isDescendant), undefined);
  const after = afterFinality(added.value, chain.ref("b"), isDescendant);
  assert.ok(after.ok);
  assert.equal(afterForcedChange(after.value, chain.ref("e"), isDescendant)?.setId, 2);
});

test("a chain has one forced change at a time", () => {
  const first = withAnnounced(
    SET,
    { scheduled: undefined, forced: forcedChange("b", 5, 0) },
    isDescendant,
  );
  assert.ok(first.ok);
  const again = { scheduled: undefined, forced: forcedChange("d", 5, 0) };
  const second = withAnnounced(first.value, again, isDescendant);
  assert.ok(!second.ok && second.error.code === "forcedChangePending");
  const other = { scheduled: undefined, forced: forcedChange("y", 5, 0) };
  assert.ok(withAnnounced(first.value, other, isDescendant).ok);
});

// Digests

const scheduled: GrandpaConsensusLog = {
  type: "scheduledChange",
  value: { nextAuthorities: NEXT, delay: 4 },
};
const forced: GrandpaConsensusLog = {
  type: "forcedChange",
  value: { medianLastFinalized: 2, change: { nextAuthorities: NEXT, delay: 4 } },
};

const announced = (logs: readonly GrandpaConsensusLog[]) => {
  const header = headerNamed(GENESIS, "announcing", logs);
  return announcedChanges(header, refOf(header).hash);
};

test("changes are read from the header", () => {
  const result = announced([scheduled]);
  assert.ok(result.ok && result.value.scheduled !== undefined);
  assert.equal(effectiveNumber(result.value.scheduled), 5);
  const none = announced([{ type: "onDisabled", value: 1 }]);
  assert.deepEqual(none, { ok: true, value: { scheduled: undefined, forced: undefined } });
});

test("a forced change makes the scheduled one of its block void", () => {
  const result = announced([scheduled, forced]);
  assert.ok(result.ok);
  assert.equal(result.value.scheduled, undefined);
  assert.equal(result.value.forced?.medianLastFinalized, 2);
});

test("two changes of a kind, or one to nobody, are refused", () => {
  const nobody = { ...scheduled, value: { nextAuthorities: [], delay: 0 } } as const;
  for (const [logs, code] of [
    [[scheduled, scheduled], "changeRepeated"],
    [[forced, forced], "changeRepeated"],
    [[nobody], "authoritiesInvalid"],
  ] as const) {
    const result = announced(logs);
    assert.ok(!result.ok && result.error.code === code);
  }
});

test("a set survives being written down", () => {
  const set = { ...having(change("c")), forced: [forcedChange("y", 1, 0)] };
  assert.deepEqual(decode(AuthoritySet, encode(AuthoritySet, set)), set);
});

import assert from "node:assert/strict";
import test from "node:test";
import { bitsAt } from "@parahost/scale";
import { sampleOccupiedCore, sampleReceipt } from "../sample-candidate.ts";
import { backingState, head, link } from "./sample-chain.ts";
import { paraScope, positionBehind, timingOut } from "./scope.ts";

const never = (): boolean => false;
const first = link(0, 1);
const second = link(1, 2);
const heads = (
  positions: readonly { readonly constraints: { readonly requiredParent: Uint8Array } }[],
) => positions.map(({ constraints }) => constraints.requiredParent[0]);

test("a chain begins behind all that waits for availability", () => {
  const scope = paraScope(backingState([first, second]), 3, never);
  assert.deepEqual(heads([scope.base, ...scope.pending]), [0, 1, 2]);
  assert.deepEqual(heads(scope.starts), [2]);
});

test("depth and one candidates have room, and there is always room for one", () => {
  const room = (depth: number, waiting: number): number | undefined =>
    paraScope(backingState([first, second].slice(0, waiting)), depth, never).starts[0]?.room;
  assert.deepEqual([room(0, 0), room(0, 1), room(3, 0), room(3, 1), room(3, 2)], [1, 1, 4, 3, 2]);
  assert.equal(room(1, 2), 1);
});

test("where a timeout cuts the chain off, another may begin", () => {
  const scope = paraScope(backingState([first, second]), 3, (hash) => hash === second.hash);
  assert.deepEqual(heads(scope.starts), [2, 1]);
  const all = paraScope(backingState([first, second]), 3, () => true);
  assert.deepEqual(heads(all.starts), [2, 0]);
});

test("a place is behind the waiting candidates that stay, up to the first that does not", () => {
  const scope = paraScope(backingState([first, second]), 3, never);
  const behind = (...candidates: (typeof first)[]) =>
    heads([positionBehind(scope, new Set(candidates.map(({ hash }) => hash)))])[0];
  assert.equal(behind(), head(0)[0]);
  assert.equal(behind(first), 1);
  assert.equal(behind(first, second), 2);
  assert.equal(behind(second), 0, "what it builds on is dropped");
});

test("a core's candidate is given up in the block in which its time is over", () => {
  const core = sampleOccupiedCore(sampleReceipt(), 4);
  assert.ok(core.type === "occupied" && core.value.timeOutAt === 5);
  assert.deepEqual(core.value.availability, bitsAt(4, []));
  assert.deepEqual([...timingOut([{ type: "free" }, core], 4)], []);
  assert.deepEqual([...timingOut([{ type: "free" }, core], 5)], [core.value.candidateHash]);
});

import assert from "node:assert/strict";
import test from "node:test";
import { SeededRandom, shuffle } from "@parahost/base";
import {
  asGroupIndex,
  asSessionIndex,
  asValidatorIndex,
  type ValidatorIndex,
} from "@parahost/primitives";
import type { GossipTopology } from "../network-bridge/messages.ts";
import { type GridView, gridView } from "./grid-view.ts";

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const v = asValidatorIndex;

function topologyOf(count: number, seed: number): GossipTopology {
  const order = shuffle(new SeededRandom(seed), range(count));
  return {
    session: asSessionIndex(1),
    localIndex: undefined,
    canonicalShuffling: order.map((index) => ({
      authority: `0x${index}` as never,
      validatorIndex: v(index),
    })),
    shuffledIndices: range(count).map((index) => order.indexOf(index)),
  };
}

const groupsOf = (count: number, size: number): ValidatorIndex[][] =>
  range(Math.ceil(count / size)).map((group) =>
    range(count)
      .slice(group * size, (group + 1) * size)
      .map(v),
  );

function views(groups: ValidatorIndex[][], count: number, topology: GossipTopology | undefined) {
  return range(count).map((local) => gridView(groups, v(local), count, topology) as GridView);
}

/** In how many hops a group's candidate reaches whom, once its members have it. */
function reached(all: readonly GridView[], group: number, origins: readonly ValidatorIndex[]) {
  const hops = new Map<ValidatorIndex, number>(origins.map((origin) => [origin, 0]));
  for (const [from, hop] of hops)
    for (const to of all[from]?.get(asGroupIndex(group))?.sending ?? []) {
      const isTaken = all[to]?.get(asGroupIndex(group))?.receiving.has(from) === true;
      if (isTaken && !hops.has(to)) hops.set(to, hop + 1);
    }
  return hops;
}

test("in a small network members tell everybody, and nobody else tells anything", () => {
  const groups = groupsOf(7, 3);
  const all = views(groups, 7, undefined);
  assert.deepEqual([...(all[0]?.get(asGroupIndex(0))?.sending ?? [])], [3, 4, 5, 6]);
  assert.deepEqual([...(all[0]?.get(asGroupIndex(0))?.receiving ?? [])], []);
  assert.deepEqual([...(all[0]?.get(asGroupIndex(1))?.receiving ?? [])], [3, 4, 5]);
  assert.deepEqual([...(all[0]?.get(asGroupIndex(1))?.sending ?? [])], []);
});

test("a large network waits for its topology", () => {
  assert.equal(gridView(groupsOf(26, 5), v(0), 26, undefined), undefined);
});

test("in a grid a candidate reaches everybody beyond its group in two hops", () => {
  for (const [count, size] of [
    [36, 5],
    [40, 4],
    [100, 5],
  ] as const) {
    const groups = groupsOf(count, size);
    const all = views(groups, count, topologyOf(count, count));
    for (const [group, members] of groups.entries()) {
      const hops = reached(all, group, members);
      for (const validator of range(count).map(v)) {
        if (members.includes(validator)) continue;
        assert.ok((hops.get(validator) ?? 9) <= 2, `${validator} of ${count} from ${group}`);
      }
    }
  }
});

test("in a grid whoever is sent to expects it, and members are told by their group", () => {
  const count = 49;
  const groups = groupsOf(count, 5);
  const all = views(groups, count, topologyOf(count, 5));
  for (const [group, members] of groups.entries())
    for (const from of range(count)) {
      const view = all[from]?.get(asGroupIndex(group));
      for (const to of view?.sending ?? []) {
        assert.ok(!members.includes(to));
        assert.ok(
          members.includes(v(from)) === false ||
            all[to]?.get(asGroupIndex(group))?.receiving.has(v(from)) === true,
        );
      }
      if (members.includes(v(from))) assert.equal(view?.receiving.size, 0);
    }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk } from "@parahost/base";
import { asParaId, groupSizeMax } from "@parahost/primitives";
import { configuration } from "../parachains/configuration/configuration.ts";
import { validatorGroups } from "../parachains/scheduler/scheduler.ts";
import { emptyState } from "../testing/state.ts";
import { type LocalNetwork, localGenesis } from "./development.ts";
import { writeGenesis } from "./genesis.ts";

function begin(validators: number, paras: number, options: Partial<LocalNetwork> = {}) {
  const state = emptyState();
  const config = localGenesis({
    validators,
    slotMs: 2_000,
    epochSlots: 20,
    paras: Array.from({ length: paras }, (_, index) => ({
      id: asParaId(1000 + index),
      head: new Uint8Array(4),
      code: new Uint8Array(64),
      kind: "parachain",
    })),
    ...options,
  });
  expectOk(writeGenesis(state, config), "a genesis");
  return state;
}

const groupSizes = (...network: Parameters<typeof begin>) =>
  validatorGroups(begin(...network)).map(({ length }) => length);

test("no group is so large that silent checkers stop finality, however few parachains there are", () => {
  assert.deepEqual(groupSizes(4, 2), [1, 1, 1, 1]);
  assert.deepEqual(groupSizes(7, 3), [2, 2, 2, 1]);
  for (const validators of [2, 3, 4, 6, 7, 10, 13, 31])
    for (const paras of [0, 1, 2, 5])
      assert.ok(Math.max(...groupSizes(validators, paras)) <= groupSizeMax(validators));
});

test("more parachains than such groups make more and smaller ones", () => {
  assert.deepEqual(groupSizes(7, 5), [2, 2, 1, 1, 1]);
});

test("who wants larger groups has them, with as many approvals as their silent members leave", () => {
  assert.deepEqual(groupSizes(4, 2, { groupSize: 2 }), [2, 2]);
  assert.equal(configuration(begin(4, 2, { groupSize: 2 })).neededApprovals, 1);
  assert.equal(configuration(begin(4, 2)).neededApprovals, 2);
});

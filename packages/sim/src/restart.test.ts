/** Nodes that stop and start again on the same disk: they say what they said, and catch up with what they missed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, assert as ensure } from "@parahost/base";
import { OwnStatement } from "@parahost/node/approval-voting/own-record";
import { asValidatorId } from "@parahost/primitives";
import { developmentKeys, developmentUri, runtimeApi } from "@parahost/runtime";
import { decode, onesOf } from "@parahost/scale";
import { Simulation } from "./simulation.ts";

const SLOT_MS = 6000;
const RESTARTED = 2;

/** What the validator's disk says that it has said in approval: one line per block, kind and candidates. */
function approvalsOf(simulation: Simulation): ReadonlyMap<string, string> {
  const node = simulation.validators[RESTARTED];
  ensure(node !== undefined, "it is one of them");
  const said = new Map<string, string>();
  for (const { value } of simulation.store(node).range("ownApprovals", new Uint8Array(0))) {
    const statement = decode(OwnStatement, value);
    const { block, bits } =
      statement.type === "vote"
        ? { block: statement.value.blockHash, bits: statement.value.candidateIndices }
        : {
            block: statement.value.assignment.blockHash,
            bits: statement.value.claimedCandidates,
          };
    const key = `${statement.type} on ${onesOf(bits)} of ${block}`;
    assert.ok(!said.has(key), `${key} is said twice`);
    said.set(key, bytesToHex(value));
  }
  return said;
}

test("a checker that restarts repeats its assignments and votes, and finality goes on with it", async () => {
  const simulation = new Simulation({ seed: 61, validators: 4, paras: 2 });
  assert.ok(
    await simulation.runUntil(() => approvalsOf(simulation).size >= 2, 30 * SLOT_MS),
    "it checks nothing",
  );
  const before = approvalsOf(simulation);
  const restarting = simulation.restart(RESTARTED, SLOT_MS);
  await simulation.run(SLOT_MS + SLOT_MS / 2);
  await restarting;
  for (const [key, value] of approvalsOf(simulation))
    if (before.has(key)) assert.equal(before.get(key), value, `${key} is said otherwise`);
  const best = Math.max(...simulation.validators.map(({ chain }) => chain.best().number));
  assert.ok(await simulation.runUntilFinalized(best + 3, 30 * SLOT_MS), "finality stands still");
  approvalsOf(simulation);
  await simulation.stop();
});

test("a validator that slept through a dispute learns of its votes, and votes itself", async () => {
  const disputer = 6;
  const simulation = new Simulation({
    seed: 62,
    validators: 7,
    // Of a para that it backs for it cannot call a block invalid.
    paras: 2,
    groupSize: 4,
    roles: [{ validator: disputer, strategy: "B06", share: 1, fromSlot: 3, toSlot: 6 }],
  });
  const [observer] = simulation.validators;
  ensure(observer !== undefined, "a network has validators");
  const stateNow = () => {
    const state = observer.states.view(observer.chain.best().hash);
    ensure(state !== undefined, "the best block's state is kept");
    return state;
  };
  const disputes = () => runtimeApi.disputes(stateNow());
  const us = () =>
    runtimeApi
      .validators(stateNow())
      .indexOf(asValidatorId(developmentKeys(developmentUri(RESTARTED)).paraValidator));
  await simulation.run(2.5 * SLOT_MS);
  const restarting = simulation.restart(RESTARTED, 6 * SLOT_MS);
  assert.ok(await simulation.runUntil(() => disputes().length > 0, 30 * SLOT_MS), "no dispute");
  const [asleep] = disputes();
  ensure(asleep !== undefined, "just seen");
  assert.ok(!onesOf(asleep.state.validatorsFor).includes(us()), "it is asleep");
  assert.ok(asleep.state.concludedAt !== undefined, "six of seven decide it");
  await simulation.run(7 * SLOT_MS);
  await restarting;
  const voted = () => {
    const entry = disputes().find(({ candidateHash }) => candidateHash === asleep.candidateHash);
    return entry !== undefined && onesOf(entry.state.validatorsFor).includes(us());
  };
  assert.ok(await simulation.runUntil(voted, 20 * SLOT_MS), "its vote is not on chain");
  const entry = disputes().find(({ candidateHash }) => candidateHash === asleep.candidateHash);
  assert.ok(!onesOf(entry?.state.validatorsAgainst ?? assert.fail()).includes(us()));
  await simulation.stop();
});

/** Who was a validator of the session that a dispute is about votes in it, whatever session has come since. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure } from "@parahost/base";
import { asValidatorIndex, type CandidateHash, candidateHash } from "@parahost/primitives";
import {
  type AnyRuntimeCall,
  developmentKeys,
  developmentUri,
  developmentValidator,
  runtimeApi,
} from "@parahost/runtime";
import { onesOf } from "@parahost/scale";
import { disputeOf, newestBacked, raise } from "./adversaries/dispute-raising.ts";
import { RogueValidator } from "./adversaries/rogue-validator.ts";
import { readSigned } from "./observer/signed.ts";
import { Simulation } from "./simulation.ts";
import { submitAsRoot } from "./testing/root.ts";

const SLOT_MS = 6000;
const DISPUTER = 6;
const DEPARTED = 5;

test("a validator that left with the session votes with its keys in disputes of that session", async () => {
  const simulation = new Simulation({
    seed: 12,
    validators: 7,
    paras: 2,
    groupSize: 4,
    epochSlots: 5,
    absent: [DISPUTER],
  });
  const [node] = simulation.validators;
  const departed = simulation.validators[DEPARTED];
  ensure(node !== undefined && departed !== undefined, "a network has validators");
  const { paraValidator } = simulation.keysOf(departed);
  const stateNow = () => {
    const state = node.states.view(node.chain.best().hash);
    ensure(state !== undefined, "the best block's state is kept");
    return state;
  };
  const hasLeft = () => !runtimeApi.validators(stateNow()).includes(paraValidator);
  const voted = new Set<CandidateHash>();
  simulation.attend({
    heard: () => {},
    signed: (name, keyType, message) => {
      const signed = name === departed.name ? readSigned(keyType, message) : undefined;
      if (signed?.type === "disputeVote" && signed.isValid && hasLeft())
        voted.add(signed.candidate);
    },
  });

  const call: AnyRuntimeCall = {
    type: "validatorManager",
    value: {
      type: "deregisterValidators",
      value: { validators: [developmentValidator(DEPARTED).account] },
    },
  };
  submitAsRoot(node, call);
  // Cut off it backs and approves nothing that could count as its vote.
  simulation.links.cutOff([simulation.peerOf(DEPARTED)]);
  await simulation.run(7 * SLOT_MS);
  const disputed = newestBacked(simulation, 1);
  const candidate = candidateHash(disputed.receipt);
  const validators = runtimeApi.sessionInfo(stateNow(), disputed.session)?.validators ?? [];
  const index = validators.indexOf(paraValidator);
  const disputer = validators.indexOf(developmentKeys(developmentUri(DISPUTER)).paraValidator);
  assert.ok(index >= 0 && disputer >= 0);
  assert.ok(await simulation.runUntil(hasLeft, 12 * SLOT_MS), "it has not left");
  simulation.links.reconnect([simulation.peerOf(DEPARTED)]);
  await simulation.run(2 * SLOT_MS);

  const rogue = new RogueValidator(simulation, DISPUTER);
  const peers = simulation.validators.map(({ localPeer }) => localPeer);
  rogue.stranger.connect(peers, ["validation"]);
  await simulation.run(SLOT_MS / 2);
  void raise(rogue.stranger, peers, disputeOf(disputed, DISPUTER, asValidatorIndex(disputer)));
  const isCounted = () =>
    runtimeApi
      .disputes(stateNow())
      .some(
        ({ candidateHash: hash, state }) =>
          hash === candidate && onesOf(state.validatorsFor).includes(index),
      );
  assert.ok(await simulation.runUntil(isCounted, 18 * SLOT_MS), "its vote is not on chain");
  assert.ok(voted.has(candidate), "the vote is from before it left");
  const { number } = node.chain.best();
  assert.ok(await simulation.runUntilFinalized(number, 20 * SLOT_MS, [departed]));
  await simulation.stop();
});

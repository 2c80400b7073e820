import assert from "node:assert/strict";
import test from "node:test";
import { ok, silentLogger, VirtualClock } from "@parahost/base";
import {
  asCandidateHash,
  asHash,
  asParaId,
  asValidatorIndex,
  type BackedCandidate,
  type CoreState,
  candidateHash,
  type UncheckedSignedAvailabilityBitfield,
} from "@parahost/primitives";
import { bitsAt, bitsFrom } from "@parahost/scale";
import type { DisputeListEntry } from "../dispute-coordinator/messages.ts";
import { noVotes, withVotes } from "../dispute-votes/candidate-votes.ts";
import { against, inFavour, SESSION } from "../dispute-votes/testing.ts";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { sampleReceipt } from "../sample-candidate.ts";
import { type ProvisionerSends, run } from "./subsystem.ts";

const leaf = asHash(`0x${"11".repeat(32)}`);
const para = asParaId(1000);
const occupant = asCandidateHash(`0x${"22".repeat(32)}`);
const chosen = { candidateHash: asCandidateHash(`0x${"33".repeat(32)}`), relayParent: leaf };
const bitfield = (validator: number, bit: boolean): UncheckedSignedAvailabilityBitfield => ({
  payload: bitsFrom([bit]),
  validatorIndex: asValidatorIndex(validator),
  signature: new Uint8Array(64),
});

const scheduled: CoreState = { type: "scheduled", value: { paraId: para, collator: undefined } };
const occupied = (timeOutAt: number): CoreState =>
  ({
    type: "occupied",
    value: {
      availability: bitsAt(4, []),
      candidateHash: occupant,
      candidateDescriptor: { paraId: para },
      timeOutAt,
      nextUpOnAvailable: { paraId: para, collator: undefined },
      nextUpOnTimeOut: { paraId: para, collator: undefined },
    },
  }) as unknown as CoreState;

/** A world without disputes, unless it has some of its own. */
function world(options: { readonly disputed?: boolean } = {}) {
  const clock = new VirtualClock(0);
  const overseer = new FakeOverseer<"provisioner", ProvisionerSends>();
  const running = run(overseer.context, { clock, logger: silentLogger, slotMs: 6000 });
  if (options.disputed !== true)
    overseer.replace("dispute-coordinator", (message) => {
      if (message.type === "recentDisputes") message.reply([]);
    });
  overseer.activate(leaf, 7);
  return {
    clock,
    overseer,
    running,
    tick: (to: number) => clock.runUntil(to, overseer.settle.bind(overseer)),
  };
}
const request = (overseer: ReturnType<typeof world>["overseer"]) =>
  overseer.ask({ type: "requestInherentData", relayParent: leaf });

test("a request waits until the leaf has collected for a third of the slot", async () => {
  const { overseer, running, tick } = world();
  const answer = request(overseer);
  await overseer.expectSilence();
  await tick(2000);
  (await overseer.expect("runtime-api", "availabilityCores")).reply(ok([{ type: "free" }]));
  assert.deepEqual(await answer, {
    ok: true,
    value: { bitfields: [], backedCandidates: [], disputes: [] },
  });
  await overseer.conclude(running);
});

/** Prospective parachains is asked for a chain behind these candidates. */
async function expectChain(overseer: ReturnType<typeof world>["overseer"], count: number) {
  const asked = await overseer.expect("prospective-parachains", "getBackableCandidates");
  assert.deepEqual([asked.leaf, asked.paraId, asked.count], [leaf, para, count]);
  return { ancestors: [...asked.ancestors], reply: asked.reply };
}

test("a free core gets the candidate that comes next in its para's chain", async () => {
  const { overseer, running, tick } = world();
  await tick(2000);
  const answer = request(overseer);
  (await overseer.expect("runtime-api", "availabilityCores")).reply(ok([scheduled]));
  const { ancestors, reply } = await expectChain(overseer, 1);
  assert.deepEqual(ancestors, []);
  reply([chosen]);
  const asked = await overseer.expect("candidate-backing", "getBackableCandidates");
  assert.deepEqual([...asked.candidates], [[para, [chosen]]]);
  const backed = { candidate: { commitments: {} } } as unknown as BackedCandidate;
  asked.reply(new Map([[para, [backed]]]));
  assert.deepEqual(await answer, {
    ok: true,
    value: { bitfields: [], backedCandidates: [backed], disputes: [] },
  });
  await overseer.conclude(running);
});

test("a core whose candidate becomes available in this block is filled on top of it", async () => {
  const { overseer, running, tick } = world();
  for (const validator of [2, 0, 1])
    overseer.message({
      type: "provisionableData",
      relayParent: leaf,
      data: { type: "bitfield", bitfield: bitfield(validator, true) },
    });
  await tick(2000);
  const answer = request(overseer);
  (await overseer.expect("runtime-api", "availabilityCores")).reply(ok([occupied(99)]));
  const { ancestors, reply } = await expectChain(overseer, 1);
  assert.deepEqual(ancestors, [occupant]);
  reply([]);
  const result = await answer;
  assert.deepEqual(
    result.ok && result.value.bitfields.map(({ validatorIndex }) => validatorIndex),
    [0, 1, 2],
  );
  await overseer.conclude(running);
});

test("a core whose candidate times out in this block is filled in its place", async () => {
  const { overseer, running, tick } = world();
  await tick(2000);
  const answer = request(overseer);
  (await overseer.expect("runtime-api", "availabilityCores")).reply(ok([occupied(8)]));
  const { ancestors, reply } = await expectChain(overseer, 1);
  assert.deepEqual(ancestors, []);
  reply([]);
  assert.equal((await answer).ok, true);
  await overseer.conclude(running);
});

test("a para with two cores is asked for two, behind the candidate that goes on waiting", async () => {
  const { overseer, running, tick } = world();
  await tick(2000);
  const answer = request(overseer);
  const cores = [scheduled, occupied(99), scheduled];
  (await overseer.expect("runtime-api", "availabilityCores")).reply(ok(cores));
  const { ancestors, reply } = await expectChain(overseer, 2);
  assert.deepEqual(ancestors, [occupant]);
  reply.cancel();
  assert.deepEqual(await answer, ok({ bitfields: [], backedCandidates: [], disputes: [] }));
  await overseer.conclude(running);
});

test("whoever waits for a leaf that is gone is told so", async () => {
  const { overseer, running } = world();
  const answer = request(overseer);
  overseer.deactivate(leaf);
  assert.deepEqual(await answer, { ok: false, error: { code: "leafNotActive" } });
  assert.deepEqual(await request(overseer), { ok: false, error: { code: "leafNotActive" } });
  await overseer.conclude(running);
});

test("an author is not held up by a runtime that does not answer", async () => {
  const { overseer, running, tick } = world();
  await tick(2000);
  const answer = request(overseer);
  const question = await overseer.expect("runtime-api", "availabilityCores");
  await tick(2500);
  assert.deepEqual(await answer, { ok: false, error: { code: "timeout" } });
  question.reply.cancel();
  await overseer.conclude(running);
});

test("only one candidate with a code upgrade goes into a block", async () => {
  const { overseer, running, tick } = world();
  await tick(2000);
  const answer = request(overseer);
  (await overseer.expect("runtime-api", "availabilityCores")).reply(ok([scheduled]));
  (await expectChain(overseer, 1)).reply([chosen]);
  const upgrade = {
    candidate: { commitments: { newValidationCode: new Uint8Array([1]) } },
  } as unknown as BackedCandidate;
  (await overseer.expect("candidate-backing", "getBackableCandidates")).reply(
    new Map([[para, [upgrade, upgrade]]]),
  );
  const result = await answer;
  assert.equal(result.ok && result.value.backedCandidates.length, 1);
  await overseer.conclude(running);
});

const receipt = sampleReceipt();
const listed: DisputeListEntry = {
  session: SESSION,
  candidateHash: candidateHash(receipt),
  status: { type: "confirmed", value: 3 },
};
const { session, candidateHash: disputed } = listed;

/** The request is made, and the coordinator says what is disputed. */
async function disputedWorld() {
  const begun = world({ disputed: true });
  await begun.tick(2000);
  const answer = request(begun.overseer);
  (await begun.overseer.expect("dispute-coordinator", "recentDisputes")).reply([listed]);
  (await begun.overseer.expect("runtime-api", "availabilityCores")).reply(ok([]));
  (await begun.overseer.expect("dispute-coordinator", "activeDisputes")).reply([listed]);
  return { ...begun, answer };
}

test("the votes of a dispute that the chain lacks go into the block", async () => {
  const { overseer, running, answer } = await disputedWorld();
  const state = {
    validatorsFor: bitsAt(7, [1]),
    validatorsAgainst: bitsAt(7, [3]),
    start: 5,
    concludedAt: undefined,
  };
  const entry = { session, candidateHash: disputed, state };
  (await overseer.expect("runtime-api", "disputes")).reply(ok([entry]));
  const asked = await overseer.expect("dispute-coordinator", "queryCandidateVotes");
  assert.deepEqual(asked.disputes, [listed]);
  const votes = [inFavour(1, receipt), against(3, receipt), against(4, receipt)];
  const record = withVotes(noVotes(receipt), votes).votes;
  asked.reply([{ session, candidateHash: disputed, votes: record }]);
  const statements = [inFavour(1, receipt), against(4, receipt)];
  assert.deepEqual(
    await answer,
    ok({
      bitfields: [],
      backedCandidates: [],
      disputes: [{ session, candidateHash: disputed, statements }],
    }),
  );
  await overseer.conclude(running);
});

test("where the chain does not say what it knows, there are no disputes in the block", async () => {
  const { overseer, running, answer } = await disputedWorld();
  (await overseer.expect("runtime-api", "disputes")).reply.cancel();
  assert.deepEqual(await answer, ok({ bitfields: [], backedCandidates: [], disputes: [] }));
  await overseer.conclude(running);
});

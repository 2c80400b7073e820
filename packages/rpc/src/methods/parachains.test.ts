import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { NodeEvent } from "@parahost/node";
import { asCandidateHash, asParaId, type GroupIndex } from "@parahost/primitives";
import { Simulation } from "@parahost/sim/simulation";
import { TestClient } from "../testing/client.ts";
import { CANDIDATES_MAX, type CandidateEntry, CandidateLog } from "./candidate-log.ts";
import { type ParaFacts, whyOf } from "./para-why.ts";
import { parachainsMethods } from "./parachains.ts";

let simulation: Simulation;
let client: TestClient;
before(async () => {
  simulation = new Simulation({
    seed: 5,
    validators: 4,
    paras: 2,
    configuration: { acceptancePeriod: 3 },
  });
  const [node] = simulation.validators;
  assert.ok(node !== undefined);
  const log = new CandidateLog((listener) => node.events.subscribe(listener));
  client = new TestClient(parachainsMethods(node, log));
  await simulation.runUntilFinalized(5, 600_000);
});
after(async () => {
  client.close();
  await simulation.stop();
});

interface Candidate {
  readonly candidate: string;
  readonly para: number;
  readonly stage: string;
  readonly steps: readonly { readonly stage: string; readonly relayNumber?: number }[];
}

test("candidates are told newest first with the stages that they went through", async () => {
  const all = await client.call<Candidate[]>("para_candidates", 1000);
  const done = all.find(({ stage }) => stage === "approved");
  assert.ok(done !== undefined);
  const stages = done.steps.map(({ stage }) => stage).filter((stage) => stage !== "seconded");
  assert.deepEqual(stages, ["backed", "included", "approved"]);
  const [included, approved] = [1, 2].map((index) => done.steps.at(index - 3));
  assert.ok((included?.relayNumber ?? 0) <= (approved?.relayNumber ?? 0));
  assert.deepEqual(await client.call("para_candidate", done.candidate), done);
  assert.equal(await client.call("para_candidate", `0x${"00".repeat(32)}`), null);
  assert.deepEqual(await client.call("para_candidates", 7), []);
  assert.equal((await client.call<unknown[]>("para_candidates", null, 1)).length, 1);
  assert.equal((await client.refusal("para_candidate", "0x00")).code, -32602);
});

test("a candidate is accepted once it is old enough, and in its own session only", async () => {
  const candidates = await client.call<Candidate[]>("para_candidates", 1000);
  const [oldest, newest] = [candidates.at(-1), candidates[0]];
  assert.ok(oldest !== undefined && newest !== undefined && oldest !== newest);
  const isAccepted = (session: number, candidate: string) =>
    client.call("para_isAccepted", session, candidate);
  assert.equal(await isAccepted(0, oldest.candidate), true);
  assert.equal(await isAccepted(1, oldest.candidate), false);
  assert.equal(await isAccepted(0, newest.candidate), false);
  assert.equal(await isAccepted(0, `0x${"00".repeat(32)}`), false);
  assert.equal((await client.refusal("para_isAccepted", oldest.candidate)).code, -32602);
  assert.equal((await client.refusal("para_isAccepted", 0, "0x00")).code, -32602);
});

test("cores, groups and sessions are those of the state", async () => {
  const [core] = await client.call<{ core: number; state: string; next: number[] }[]>("para_cores");
  assert.ok(core?.state === "occupied" || core?.state === "scheduled");
  assert.equal(core.core, 0);
  assert.ok(core.next.includes(1000));
  const { groups } = await client.call<{ groups: { validator: string }[][] }>("para_groups");
  const session = await client.call<{ session: number; validators: string[] }>("para_session");
  assert.deepEqual(
    groups
      .flat()
      .map(({ validator }) => validator)
      .toSorted(),
    session.validators.toSorted(),
  );
  assert.equal(await client.call("para_session", 4000), null);
  assert.deepEqual(await client.call("para_disputes"), []);
});

test("a parachain that gets on is said to, and one that is none is not", async () => {
  const well = await client.call<{ isProgressing: boolean; reasons: string[] }>("para_why", 1000);
  assert.equal(well.isProgressing, true);
  assert.match(well.reasons[0] ?? "", /^its last block was included in relay chain block \d+/);
  const none = await client.call<{ isProgressing: boolean; reasons: string[] }>("para_why", 9);
  assert.equal(none.isProgressing, false);
  assert.deepEqual(none.reasons, ["para 9 is not registered on this relay chain"]);
  assert.equal((await client.refusal("para_why")).code, -32602);
});

// What a peaceful network does not show

const PARA = asParaId(1000);
const candidateOf = (index: number) => asCandidateHash(`0x${index.toString(16).padStart(64, "0")}`);

const entry = (...steps: CandidateEntry["steps"]): CandidateEntry => ({
  candidate: candidateOf(1),
  para: PARA,
  steps,
});
const step = (stage: CandidateEntry["steps"][number]["stage"], relayNumber: number) => ({
  stage,
  relayNumber,
  time: 0,
  node: "alice",
});

const FACTS: ParaFacts = {
  para: PARA,
  now: 100,
  isRegistered: true,
  cores: [{ type: "scheduled", value: { paraId: PARA, collator: undefined } }],
  queue: [[PARA]],
  validatorCount: 4,
  minimumBackingVotes: 2,
  candidates: [],
  disputed: [],
  suspendedBy: undefined,
};

test("what is missing is the reason", () => {
  const because = (facts: Partial<ParaFacts>): readonly string[] => {
    const { isProgressing, reasons } = whyOf({ ...FACTS, ...facts });
    assert.equal(isProgressing, false);
    return reasons;
  };
  assert.match(because({})[0] ?? "", /no candidate of it was seconded: is a collator running/);
  assert.match(because({ cores: [], queue: [] })[0] ?? "", /no core is assigned to it now/);
  assert.match(
    because({ suspendedBy: candidateOf(1) })[0] ?? "",
    /is suspended.*Suspensions\.lift/,
  );
  const seconded = because({ candidates: [entry(step("seconded", 95))] });
  assert.match(
    seconded[0] ?? "",
    /was seconded by alice, 5 blocks ago, and is not backed: 2 votes/,
  );
  const timedOut = because({ candidates: [entry(step("backed", 90), step("timedOut", 98))] });
  assert.match(timedOut[0] ?? "", /timed out, 2 blocks ago/);
  const backed = because({ candidates: [entry(step("backed", 90))] });
  assert.match(backed[0] ?? "", /was backed, 10 blocks ago, and its data is not available yet/);
  const old = because({ candidates: [entry(step("included", 50))] });
  assert.match(old[0] ?? "", /nothing was seconded since candidate/);
  assert.match(old[1] ?? "", /1 included candidates are not approved/);
  const disputed = because({ candidates: [entry(step("backed", 90))], disputed: [candidateOf(1)] });
  assert.match(disputed[0] ?? "", /is disputed: finality waits for the verdict/);
});

test("an occupied core says whose data is missing", () => {
  const cores = [
    {
      type: "occupied",
      value: {
        nextUpOnAvailable: undefined,
        occupiedSince: 96,
        timeOutAt: 106,
        nextUpOnTimeOut: undefined,
        availability: { length: 4, bytes: new Uint8Array([0b0001]) },
        groupResponsible: 0 as GroupIndex,
        candidateHash: candidateOf(3),
        candidateDescriptor: { paraId: PARA },
      },
    },
  ] as unknown as ParaFacts["cores"];
  const [first] = whyOf({ ...FACTS, cores }).reasons;
  assert.match(first ?? "", /core 0 waits since 4 blocks for the data .*: 1 of 3 validators/);
});

test("only so many candidates are remembered, each stage once", () => {
  let tell: (event: NodeEvent) => void = () => undefined;
  const log = new CandidateLog((listener) => {
    tell = listener;
    return () => undefined;
  });
  const seconded = (index: number, node: string): NodeEvent => ({
    event: "candidate.seconded",
    para: PARA,
    candidate: candidateOf(index),
    relayNumber: 1,
    time: 1,
    node,
  });
  for (let i = 0; i <= CANDIDATES_MAX; i++) tell(seconded(i, "alice"));
  tell(seconded(1, "bob"));
  assert.equal(log.all().length, CANDIDATES_MAX);
  assert.equal(log.get(candidateOf(0)), undefined);
  assert.deepEqual(
    log.get(candidateOf(1))?.steps.map(({ node }) => node),
    ["alice"],
  );
  tell({
    event: "dispute.concluded",
    para: PARA,
    candidate: candidateOf(1),
    outcome: "invalid",
    time: 2,
    node: "bob",
  });
  assert.equal(log.get(candidateOf(1))?.steps.at(-1)?.outcome, "invalid");
  log.clear();
  assert.deepEqual(log.all(), []);
});

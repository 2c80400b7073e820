import assert from "node:assert/strict";
import { test } from "node:test";
import { err, expectOk, ok, type Result } from "@parahost/base";
import { DirectVerifier } from "@parahost/crypto";
import {
  asCandidateHash,
  asValidatorIndex,
  bitfieldPayload,
  type CandidateHash,
  candidateHash,
  type GuideCompactStatement,
  statementPayload,
} from "@parahost/primitives";
import { decodeExtrinsic, type RuntimeCall } from "@parahost/runtime";
import { bitsFrom } from "@parahost/scale";
import { everybody, SESSION, sessionInfoOf, validators } from "../dispute-votes/testing.ts";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { sampleHash, sampleReceipt } from "../sample-candidate.ts";
import type { MisbehaviorArbitrationMessage } from "./messages.ts";
import { type MisbehaviorArbitrationSends, run } from "./subsystem.ts";

const PARENT = sampleHash(0xaa);
const receipt = sampleReceipt({ relayParent: PARENT });
const ours = candidateHash(receipt);
const other = asCandidateHash(sampleHash(2));
const eve = asValidatorIndex(4);
const context = { sessionIndex: SESSION, parentHash: PARENT };

function sign(validator: number, payload: Uint8Array): Uint8Array {
  const key = validators[validator] ?? assert.fail("one of the seven");
  return everybody.sign("para", key, payload) ?? assert.fail("a key");
}

function said(type: GuideCompactStatement["type"], value: CandidateHash = ours, validator = 4) {
  const statement = { type, value };
  return { statement, signature: sign(validator, statementPayload(statement, context)) };
}

function start(pool: () => Result<unknown, { readonly code: string }> = () => ok(undefined)) {
  const reports: RuntimeCall[] = [];
  const logged: string[] = [];
  const overseer = new FakeOverseer<"misbehavior-arbitration", MisbehaviorArbitrationSends>();
  const running = run(overseer.context, {
    logger: { log: (level, _, message) => level === "warn" && logged.push(message) },
    verifier: new DirectVerifier(),
    submit: (extrinsic) => {
      reports.push(expectOk(decodeExtrinsic(extrinsic), "an extrinsic").call as RuntimeCall);
      return pool();
    },
  });
  return { overseer, running, reports, logged };
}

type World = ReturnType<typeof start>;

/** Accuses, and answers what the arbiter asks about the scene. */
async function accuse(
  { overseer }: World,
  accusation: MisbehaviorArbitrationMessage,
  maxCandidateDepth?: number,
): Promise<void> {
  overseer.message(accusation);
  const session = await overseer.expect("runtime-api", "sessionIndexForChild");
  assert.equal(session.relayParent, PARENT);
  session.reply(ok(SESSION));
  (await overseer.expect("runtime-api", "sessionInfo")).reply(ok(sessionInfoOf()));
  if (maxCandidateDepth !== undefined)
    (await overseer.expect("runtime-api", "asyncBackingParams")).reply(
      ok({ maxCandidateDepth, allowedAncestryLen: 0 }),
    );
  await overseer.settle();
}

const contradiction = {
  type: "selfContradiction",
  relayParent: PARENT,
  validatorIndex: eve,
  votes: [said("seconded"), said("valid")],
} as const;
const doubleVote = {
  type: "doubleVote",
  relayParent: PARENT,
  validatorIndex: eve,
  votes: [said("seconded"), said("seconded", other)],
} as const;

test("a contradiction becomes a report that the chain can verify", async () => {
  const world = start();
  await accuse(world, contradiction);
  const [first, second] = contradiction.votes;
  assert.deepEqual(world.reports, [
    {
      type: "parasSlashing",
      value: {
        type: "reportBackingMisbehaviour",
        value: {
          session: SESSION,
          parentHash: PARENT,
          validatorIndex: eve,
          first: first.statement,
          firstSignature: first.signature,
          second: second.statement,
          secondSignature: second.signature,
        },
      },
    },
  ]);
  await world.overseer.conclude(world.running);
});

test("seconding two candidates is reported where one is allowed, and dismissed where several are", async () => {
  for (const [depth, reports] of [
    [0, 1],
    [3, 0],
  ] as const) {
    const world = start();
    await accuse(world, doubleVote, depth);
    assert.equal(world.reports.length, reports);
    await world.overseer.conclude(world.running);
  }
});

test("what the accused did not sign is dismissed", async () => {
  const world = start();
  const [first, second] = contradiction.votes;
  const forged = { ...second, signature: new Uint8Array(64) };
  const elses = said("valid", ours, 5);
  for (const vote of [forged, elses])
    await accuse(world, { ...contradiction, votes: [first, vote] });
  await accuse(world, { ...contradiction, validatorIndex: asValidatorIndex(9) });
  assert.deepEqual([world.reports, world.logged], [[], []]);
  await world.overseer.conclude(world.running);
});

test("statements that do not exclude each other are no offence", async () => {
  const world = start();
  await accuse(world, { ...contradiction, votes: [said("seconded"), said("seconded")] });
  await accuse(world, { ...doubleVote, votes: [said("seconded"), said("valid", other)] }, 0);
  assert.deepEqual(world.reports, []);
  await world.overseer.conclude(world.running);
});

test("an offence is proven once, whoever reports it again", async () => {
  const world = start();
  await accuse(world, contradiction);
  world.overseer.message(contradiction);
  assert.equal(world.reports.length, 1);
  await world.overseer.conclude(world.running);
});

test("what the pool does not take is offered again at the next leaf", async () => {
  let room = false;
  const world = start(() => (room ? ok(undefined) : err({ code: "poolFull" })));
  await accuse(world, contradiction);
  room = true;
  for (const leaf of [sampleHash(1), sampleHash(2)]) {
    world.overseer.activate(leaf, 5);
    (await world.overseer.expect("runtime-api", "sessionIndexForChild")).reply(ok(SESSION));
    await world.overseer.settle();
  }
  assert.equal(world.reports.length, 2);
  await world.overseer.conclude(world.running);
});

test("a contradiction with the guide's `invalid` stays on our record: the chain knows no such word", async () => {
  const world = start();
  await accuse(world, { ...contradiction, votes: [said("valid"), said("invalid")] });
  assert.deepEqual([world.reports, world.logged], [[], ["offence proven"]]);
  await world.overseer.conclude(world.running);
});

test("a relay parent whose state is gone proves nothing", async () => {
  const world = start();
  world.overseer.message(contradiction);
  (await world.overseer.expect("runtime-api", "sessionIndexForChild")).reply(
    err({ code: "unavailable", relayParent: PARENT }),
  );
  await world.overseer.conclude(world.running);
  assert.deepEqual(world.reports, []);
});

const disagreement = {
  type: "candidateValidityDisagreement",
  relayParent: PARENT,
  candidateReceipt: receipt,
  statements: [
    { validatorIndex: eve, ...said("seconded") },
    { validatorIndex: asValidatorIndex(5), ...said("invalid", ours, 5) },
  ],
  foundInvalid: false,
} as const;

test("a disagreement goes to the dispute coordinator with the backing votes as evidence", async () => {
  const world = start();
  await accuse(world, disagreement);
  const asked = await world.overseer.expect("dispute-coordinator", "candidateInQuestion");
  assert.deepEqual(asked.statements, [
    {
      statement: { type: "valid", value: { type: "backingSeconded", value: PARENT } },
      validatorIndex: eve,
      signature: disagreement.statements[0].signature,
    },
  ]);
  assert.deepEqual([asked.session, asked.foundInvalid], [SESSION, false]);
  await world.overseer.conclude(world.running);
});

test("our own finding is disagreement enough", async () => {
  const world = start();
  const statements = [disagreement.statements[0]];
  await accuse(world, { ...disagreement, statements, foundInvalid: true });
  const asked = await world.overseer.expect("dispute-coordinator", "candidateInQuestion");
  assert.equal(asked.foundInvalid, true);
  await world.overseer.conclude(world.running);
});

test("without a backer, a doubter, or signatures, nobody disagrees", async () => {
  const world = start();
  const [backer, doubter] = disagreement.statements;
  const unsigned = { ...doubter, signature: new Uint8Array(64) };
  const elsewhere = { ...doubter, ...said("invalid", other, 5) };
  for (const statements of [[doubter], [backer], [backer, unsigned], [backer, elsewhere]])
    await accuse(world, { ...disagreement, statements });
  await world.overseer.conclude(world.running);
});

test("statements of strangers to the group and second bitfields are noted when they are signed", async () => {
  const world = start();
  const vote = said("valid");
  const unauthorized = {
    type: "unauthorizedStatement",
    relayParent: PARENT,
    validatorIndex: eve,
  } as const;
  await accuse(world, { ...unauthorized, vote: { ...vote, signature: new Uint8Array(64) } });
  await accuse(world, { ...unauthorized, vote });
  const bitfield = (bits: readonly boolean[], validator = 4) => {
    const payload = bitsFrom(bits);
    const signature = sign(validator, bitfieldPayload(payload, context));
    return { payload, validatorIndex: asValidatorIndex(validator), signature };
  };
  const equivocation = { type: "bitfieldEquivocation", relayParent: PARENT } as const;
  const first = bitfield([true]);
  for (const second of [
    first,
    bitfield([false], 5),
    { ...bitfield([false]), signature: first.signature },
  ])
    await accuse(world, { ...equivocation, bitfields: [first, second] });
  await accuse(world, { ...equivocation, bitfields: [first, bitfield([false])] });
  assert.deepEqual(world.logged, [
    "a statement about a candidate of another group",
    "two bitfields for one block",
  ]);
  await world.overseer.conclude(world.running);
});

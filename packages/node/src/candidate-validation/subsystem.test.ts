import assert from "node:assert/strict";
import test from "node:test";
import { expectOk, ok, silentLogger, VirtualClock } from "@parahost/base";
import { DirectVerifier, MemoryKeystore } from "@parahost/crypto";
import type { ExecutionOutcome, Executor } from "@parahost/executor";
import {
  asCollatorId,
  asCoreIndex,
  asHash,
  asParaId,
  asSessionIndex,
  type CandidateCommitments,
  type CandidateReceipt,
  type CollatorSignature,
  collatorSignaturePayload,
  commitmentsHash,
  type PersistedValidationData,
  type PoV,
  paraHeadHash,
  persistedValidationDataHash,
  povHash,
  type ValidationResult,
  validationCodeHash,
} from "@parahost/primitives";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import type { ValidationPurpose } from "./messages.ts";
import { run } from "./subsystem.ts";

const leaf = asHash(`0x${"11".repeat(32)}`);
const code = new Uint8Array([0, 97, 115, 109]);
const validationData: PersistedValidationData = {
  parentHead: new Uint8Array([1]),
  relayParentNumber: 7,
  relayParentStorageRoot: leaf,
  maxPovSize: 100,
};
const pov: PoV = { blockData: new Uint8Array([5, 6]) };
const result: ValidationResult = {
  headData: new Uint8Array([2]),
  newValidationCode: undefined,
  upwardMessages: [],
  horizontalMessages: [],
  processedDownwardMessages: 0,
  hrmpWatermark: 7,
};
const commitments: CandidateCommitments = {
  upwardMessages: [],
  horizontalMessages: [],
  newValidationCode: undefined,
  headData: new Uint8Array([2]),
  processedDownwardMessages: 0,
  hrmpWatermark: 7,
};
const common = {
  paraId: asParaId(1000),
  relayParent: leaf,
  persistedValidationDataHash: persistedValidationDataHash(validationData),
  povHash: povHash(pov),
  erasureRoot: leaf,
  paraHead: paraHeadHash(result.headData),
  validationCodeHash: validationCodeHash(code),
};
const receiptOf = (
  changed: object = {},
  claimed: CandidateCommitments = commitments,
): CandidateReceipt => ({
  descriptor: {
    version: 2,
    ...common,
    coreIndex: asCoreIndex(0),
    sessionIndex: asSessionIndex(3),
    ...changed,
  },
  commitmentsHash: commitmentsHash(claimed),
});
const backing: ValidationPurpose = { type: "backing", relayParent: leaf };

const valid: ExecutionOutcome = { type: "valid", result, cpuMs: 1 };
const died: ExecutionOutcome = {
  type: "possiblyInvalid",
  reason: { code: "workerDied", signal: "SIGSEGV" },
};
const killed: ExecutionOutcome = {
  type: "internal",
  reason: { code: "workerKilled", signal: "SIGKILL" },
};

function world(...outcomes: ExecutionOutcome[]) {
  const clock = new VirtualClock(0);
  const asked: unknown[] = [];
  const executor: Executor = {
    prepare: async (request) => {
      asked.push(request.kind);
      return {
        type: "refused",
        reason: { code: "decompression", cause: { code: "decompressionBomb", limit: 1 } },
      };
    },
    validate: async (request) => {
      asked.push(request.params);
      const outcome = outcomes.shift();
      assert.ok(outcome !== undefined, "executed more often than expected");
      return outcome;
    },
    close: async () => {},
  };
  const overseer = new FakeOverseer<"candidate-validation", "runtime-api">();
  const running = run(overseer.context, {
    clock,
    logger: silentLogger,
    executor,
    verifier: new DirectVerifier(),
  });
  const validate = (receipt: CandidateReceipt, purpose = backing, itsPov = pov) =>
    overseer.ask({
      type: "validateFromExhaustive",
      persistedValidationData: validationData,
      validationCode: code,
      candidateReceipt: receipt,
      pov: itsPov,
      executorParams: [],
      purpose,
    });
  const answerSession = async () =>
    (await overseer.expect("runtime-api", "sessionIndexForChild")).reply(ok(asSessionIndex(3)));
  const answerLimit = async () =>
    (await overseer.expect("runtime-api", "validationCodeBombLimit")).reply(ok(1_000_000));
  return { clock, asked, overseer, running, validate, answerSession, answerLimit };
}

test("a candidate that is what it claims is valid", async () => {
  const net = world(valid);
  const answer = net.validate(receiptOf());
  await net.answerSession();
  await net.answerLimit();
  assert.deepEqual(await answer, {
    ok: true,
    value: { type: "valid", commitments, persistedValidationData: validationData },
  });
  await net.overseer.conclude(net.running);
});

const refusedBefore: readonly (readonly [string, CandidateReceipt, string])[] = [
  ["a PoV of another hash", receiptOf({ povHash: leaf }), "povHashMismatch"],
  ["code of another hash", receiptOf({ validationCodeHash: leaf }), "codeHashMismatch"],
  ["another session", receiptOf({ sessionIndex: asSessionIndex(4) }), "invalidSessionIndex"],
];
for (const [name, receipt, reason] of refusedBefore)
  test(`${name} is invalid and nothing is executed`, async () => {
    const net = world();
    const answer = net.validate(receipt);
    await net.answerSession();
    assert.deepEqual(await answer, {
      ok: true,
      value: { type: "invalid", reason: { code: reason } },
    });
    await net.overseer.conclude(net.running);
  });

test("a PoV above the limit is invalid", async () => {
  const net = world();
  const answer = net.validate(receiptOf(), backing, { blockData: new Uint8Array(200) });
  await net.answerSession();
  const outcome = await answer;
  assert.deepEqual(outcome.ok && outcome.value, {
    type: "invalid",
    reason: { code: "paramsTooLarge", bytes: 202 },
  });
  await net.overseer.conclude(net.running);
});

test("a version 1 descriptor needs its collator's signature", async () => {
  const keystore = new MemoryKeystore();
  const collator = asCollatorId(expectOk(keystore.insert("coll", "//C"), "valid"));
  const signature = keystore.sign("coll", collator, collatorSignaturePayload(common));
  const descriptor = { version: 1, ...common, collator, signature: signature as CollatorSignature };
  const signed = { ...receiptOf(), descriptor } as CandidateReceipt;
  const net = world(valid);
  const first = net.validate(signed);
  await net.answerSession();
  await net.answerLimit();
  const outcome = await first;
  assert.equal(outcome.ok && outcome.value.type, "valid");
  const forged = {
    ...signed,
    descriptor: { ...descriptor, erasureRoot: leaf, paraId: asParaId(1) },
  };
  const second = net.validate(forged as CandidateReceipt);
  await net.answerSession();
  assert.deepEqual(await second, {
    ok: true,
    value: { type: "invalid", reason: { code: "badSignature" } },
  });
  await net.overseer.conclude(net.running);
});

const refusedAfter: readonly (readonly [string, CandidateReceipt, ExecutionOutcome, string])[] = [
  ["another head", receiptOf({ paraHead: leaf }), valid, "paraHeadHashMismatch"],
  [
    "other commitments",
    receiptOf({}, { ...commitments, hrmpWatermark: 6 }),
    valid,
    "commitmentsHashMismatch",
  ],
  [
    "a repeated signal",
    receiptOf(),
    {
      type: "valid",
      cpuMs: 1,
      result: {
        ...result,
        upwardMessages: [[], [0, 1, 0], [0, 1, 0]].map((bytes) => new Uint8Array(bytes)),
      },
    },
    "invalidUmpSignals",
  ],
  ["too much time", receiptOf(), { type: "invalid", reason: { code: "timeout" } }, "timeout"],
  [
    "nonsense as a result",
    receiptOf(),
    { type: "invalid", reason: { code: "badReturn", message: "" } },
    "badReturn",
  ],
  [
    "a bomb for a PoV",
    receiptOf(),
    {
      type: "invalid",
      reason: { code: "povDecompression", cause: { code: "decompressionBomb", limit: 1 } },
    },
    "povDecompressionFailure",
  ],
];
for (const [name, receipt, outcome, reason] of refusedAfter)
  test(`${name} is invalid`, async () => {
    const net = world(outcome);
    const answer = net.validate(receipt);
    await net.answerSession();
    await net.answerLimit();
    assert.deepEqual(await answer, {
      ok: true,
      value: { type: "invalid", reason: { code: reason } },
    });
    await net.overseer.conclude(net.running);
  });

test("in backing a worker that came to harm is the candidate's fault, without a retry", async () => {
  const net = world(died);
  const answer = net.validate(receiptOf());
  await net.answerSession();
  await net.answerLimit();
  const outcome = await answer;
  assert.equal(outcome.ok && outcome.value.type, "invalid");
  await net.overseer.conclude(net.running);
});

test("in approval a worker that came to harm gets a second chance after a pause", async () => {
  const net = world(died, valid);
  const answer = net.validate(receiptOf(), { type: "approval" });
  await net.overseer.settle();
  assert.equal(net.asked.length, 1);
  await net.clock.runUntil(3000, () => net.overseer.settle());
  const outcome = await answer;
  assert.equal(outcome.ok && outcome.value.type, "valid");
  await net.overseer.conclude(net.running);
});

test("a fault of our own is never a vote", async () => {
  const net = world(killed, killed);
  const answer = net.validate(receiptOf(), { type: "dispute" });
  await net.overseer.settle();
  await net.clock.runUntil(3000, () => net.overseer.settle());
  const outcome = await answer;
  assert.equal(!outcome.ok && outcome.error.code, "validationFailed");
  await net.overseer.conclude(net.running);
});

test("code that cannot be prepared fails its pre-check", async () => {
  const net = world();
  const answer = net.overseer.ask({
    type: "preCheck",
    relayParent: leaf,
    validationCodeHash: validationCodeHash(code),
  });
  await net.answerSession();
  (await net.overseer.expect("runtime-api", "validationCodeByHash")).reply(ok(code));
  (await net.overseer.expect("runtime-api", "sessionExecutorParams")).reply(ok([]));
  await net.answerLimit();
  assert.equal(await answer, "invalid");
  assert.deepEqual(net.asked, ["precheck"]);
  await net.overseer.conclude(net.running);
});

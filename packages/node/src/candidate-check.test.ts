import assert from "node:assert/strict";
import { test } from "node:test";
import { ok } from "@parahost/base";
import { asSessionIndex, ZERO_HASH } from "@parahost/primitives";
import { checkIncluded } from "./candidate-check.ts";
import { ManualClock } from "./overseer/manual-clock.ts";
import { sampleHash, sampleReceipt } from "./sample-candidate.ts";

const candidate = {
  receipt: sampleReceipt({ paraId: 2000 }),
  session: asSessionIndex(1),
  includedIn: sampleHash(1),
  core: undefined,
  group: undefined,
};

test("a check is as good as its data and its execution, and silent about faults of ours", async () => {
  const validationData = {
    parentHead: new Uint8Array(0),
    relayParentNumber: 1,
    relayParentStorageRoot: ZERO_HASH,
    maxPovSize: 1,
  };
  const data = ok({ pov: { blockData: new Uint8Array(1) }, validationData });
  const outcomeOf = (answers: Readonly<Record<string, unknown>>) =>
    checkIncluded(
      { ask: (_: string, { type }: { type: string }) => Promise.resolve(answers[type]) } as never,
      new ManualClock(),
      candidate,
      () => true,
      new AbortController().signal,
    );
  const good = {
    recoverAvailableData: data,
    validationCodeByHash: ok(new Uint8Array(1)),
    sessionExecutorParams: ok([]),
  };
  const answer = (validateFromExhaustive: unknown) =>
    outcomeOf({ ...good, validateFromExhaustive });
  assert.equal(await answer(ok({ type: "valid" })), "valid");
  assert.equal(await answer(ok({ type: "invalid" })), "invalid");
  assert.equal(await answer({ ok: false, error: { code: "validationFailed" } }), "unknown");
  assert.equal(await outcomeOf({ ...good, validationCodeByHash: ok(undefined) }), "unknown");
  const root = { ok: false, error: { code: "invalid" } };
  assert.equal(await outcomeOf({ ...good, recoverAvailableData: root }), "invalid");
});

test("data that stays away is reported as that, after sixteen attempts while somebody wants it", async () => {
  const attempts = async (wanted: number) => {
    const clock = new ManualClock();
    let count = 0;
    const ask = () => {
      count += 1;
      return Promise.resolve({ ok: false, error: { code: "unavailable" } });
    };
    const isWanted = () => count < wanted;
    const signal = new AbortController().signal;
    const outcome = checkIncluded({ ask } as never, clock, candidate, isWanted, signal);
    for (let i = 0; i < 16; i++) await clock.advance(12_000);
    return [await outcome, count];
  };
  assert.deepEqual(await attempts(99), ["unavailable", 16]);
  assert.deepEqual(await attempts(2), ["unknown", 2]);
});

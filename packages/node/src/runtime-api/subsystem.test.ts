import assert from "node:assert/strict";
import { test } from "node:test";
import { AssertionError, HostError, ok, silentLogger } from "@parahost/base";
import { asHash, asSessionIndex, asValidatorId, type ParaId } from "@parahost/primitives";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import type { RuntimeApiAt } from "./runtime-api-at.ts";
import { run } from "./subsystem.ts";

const leaf = asHash(`0x${"aa".repeat(32)}`);
const validators = [asValidatorId(`0x${"01".repeat(32)}`)];

function start(functions: Partial<RuntimeApiAt>) {
  const overseer = new FakeOverseer<"runtime-api", never>();
  const asked: string[] = [];
  const provider = {
    at: (hash: string) => {
      asked.push(hash);
      return hash === leaf ? (functions as RuntimeApiAt) : undefined;
    },
  };
  return { overseer, asked, running: run(overseer.context, { provider, logger: silentLogger }) };
}

test("a question is executed once per block and answered from memory afterwards", async () => {
  let calls = 0;
  const { overseer, running } = start({
    validators: () => {
      calls += 1;
      return validators;
    },
  });
  const question = { type: "validators", relayParent: leaf, args: [] } as const;
  assert.deepEqual(await overseer.ask(question), ok(validators));
  assert.deepEqual(await overseer.ask(question), ok(validators));
  assert.equal(calls, 1);
  await overseer.conclude(running);
});

test("answers are remembered by their arguments", async () => {
  const { overseer, running } = start({
    minimumBackingVotes: (session) => session + 1,
  });
  for (const session of [1, 2]) {
    const args = [asSessionIndex(session)] as const;
    const answer = await overseer.ask({ type: "minimumBackingVotes", relayParent: leaf, args });
    assert.deepEqual(answer, ok(session + 1));
  }
  await overseer.conclude(running);
});

test("an unknown block is unavailable, and asked about again", async () => {
  const { overseer, asked, running } = start({});
  const relayParent = asHash(`0x${"bb".repeat(32)}`);
  for (let i = 0; i < 2; i++) {
    const answer = await overseer.ask({ type: "validators", relayParent, args: [] });
    assert.deepEqual(answer, { ok: false, error: { code: "unavailable", relayParent } });
  }
  assert.equal(asked.length, 2);
  await overseer.conclude(running);
});

test("a failing call is an answer, a broken invariant is not", async () => {
  const failing = start({
    paraIds: () => {
      throw new HostError("statePruned");
    },
  });
  const answer = await failing.overseer.ask({ type: "paraIds", relayParent: leaf, args: [] });
  assert.deepEqual(answer, { ok: false, error: { code: "execution", message: "statePruned" } });
  await failing.overseer.conclude(failing.running);

  const broken = start({
    paraIds: (): readonly ParaId[] => {
      throw new AssertionError("impossible");
    },
  });
  void broken.overseer.ask({ type: "paraIds", relayParent: leaf, args: [] });
  await assert.rejects(broken.running, AssertionError);
});

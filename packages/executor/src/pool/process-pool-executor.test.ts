import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ExecutorParams } from "@parahost/primitives";
import type { ExecutionOutcome, ExecutionRequest } from "../executor.ts";
import { executorSuite, requestFor } from "../testing/executor-suite.ts";
import { GOOD_MODULE, HOSTILE_MODULES } from "../testing/hostile-modules.ts";
import { MISBEHAVIOUR } from "../testing/misbehaviour.ts";
import { i32Const, packedConst, validationModule } from "../testing/module-builder.ts";
import { OP } from "../wasm/opcodes.ts";
import { ProcessPoolExecutor, type ProcessPoolOptions } from "./process-pool-executor.ts";

// The machine that runs the tests may be busy; only the test of the wall clock minds it.
executorSuite(
  "the process pool",
  () => new ProcessPoolExecutor({ retryPauseMs: 1, worker: { wallClockFactor: 100 } }),
);

const LOOPS_FOR_EVER = HOSTILE_MODULES.find(({ name }) => name === "loops for ever")?.code;
assert.ok(LOOPS_FOR_EVER !== undefined);
const endless = requestFor(LOOPS_FOR_EVER, { timeoutMs: 60_000 });

const MISBEHAVING: ProcessPoolOptions = {
  workers: 1,
  retryPauseMs: 1,
  worker: { script: new URL("../testing/misbehaving-worker.ts", import.meta.url) },
};

const words = (outcome: ExecutionOutcome): string =>
  outcome.type === "valid" ? "valid" : `${outcome.type}.${outcome.reason.code}`;

/** A job for the misbehaving worker. */
function jobThat(does: keyof typeof MISBEHAVIOUR, rest: Partial<ExecutionRequest> = {}) {
  const request = requestFor(GOOD_MODULE, rest);
  return { ...request, params: { ...request.params, relayParentNumber: MISBEHAVIOUR[does] } };
}

async function withPool<T>(
  options: ProcessPoolOptions,
  use: (pool: ProcessPoolExecutor) => Promise<T>,
): Promise<T> {
  const pool = new ProcessPoolExecutor(options);
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

/** Waits until the only worker is at work: it says when it starts, and has nothing before that in hand. */
async function pidAtWork(pool: ProcessPoolExecutor): Promise<number> {
  await pool.prepare({ code: endless.code, executorParams: endless.executorParams });
  const pid = pool.pids[0];
  assert.ok(pid !== undefined);
  return pid;
}

describe("workers that fall ill", { concurrency: false }, () => {
  test("a worker that is killed from outside says nothing about the candidate", () =>
    withPool({ workers: 1 }, async (pool) => {
      const pid = await pidAtWork(pool);
      const outcome = pool.validate(endless);
      process.kill(pid, "SIGKILL");
      assert.deepEqual(await outcome, {
        type: "internal",
        reason: { code: "workerKilled", signal: "SIGKILL" },
      });
      assert.equal(words(await pool.validate(requestFor(GOOD_MODULE))), "valid");
    }));

  test("a worker that is stopped runs into the wall clock, not into the time limit", () =>
    withPool({ workers: 1 }, async (pool) => {
      const pid = await pidAtWork(pool);
      process.kill(pid, "SIGSTOP");
      const outcome = await pool.validate({ ...endless, timeoutMs: 20 });
      assert.equal(words(outcome), "internal.wallClock");
      assert.equal(words(await pool.validate(requestFor(GOOD_MODULE))), "valid");
    }));

  test("answers that cannot be meant are our fault, and the worker is replaced", () =>
    withPool(MISBEHAVING, async (pool) => {
      for (const does of [
        "halfAnAnswer",
        "anotherJob",
        "hugeFrame",
        "garbage",
        "unknownReply",
        "unknownFault",
        "timeTooSmall",
      ] as const) {
        const outcome = await pool.validate(jobThat(does, { timeoutMs: 2_000 }));
        assert.equal(words(outcome), "internal.badAnswer", does);
        assert.equal(words(await pool.validate(jobThat("none"))), "valid", `after ${does}`);
      }
    }));

  test("a second answer is not taken for that of the next job", () =>
    withPool(MISBEHAVING, async (pool) => {
      assert.equal(words(await pool.validate(jobThat("twoAnswers"))), "valid");
      const next = await pool.validate(jobThat("none", { kind: "approval" }));
      assert.equal(words(next), "valid");
    }));

  test("a worker that comes to harm by itself is tried again once, for checkers only", () =>
    withPool(MISBEHAVING, async (pool) => {
      for (const kind of ["backing", "approval", "dispute"] as const) {
        assert.deepEqual(await pool.validate(jobThat("segmentationFault", { kind })), {
          type: "possiblyInvalid",
          reason: { code: "workerDied", signal: "SIGSEGV" },
        });
      }
      const outcome = await pool.validate(jobThat("exception"));
      assert.equal(words(outcome), "possiblyInvalid.jobError");
    }));

  test(
    "memory that the machine does not have is not the guest's limit",
    {
      skip: process.platform !== "linux",
    },
    () =>
      // Some 1.2 GB of the limit are V8's; the guest may have 4 GiB and asks for 3.
      withPool({ workers: 1, worker: { memoryLimitMb: 2048 } }, async (pool) => {
        const greedy = validationModule([
          ...[...i32Const(48 * 1024), OP.memoryGrow, 0, OP.drop, ...packedConst(0, 0)],
        ]);
        const executorParams: ExecutorParams = [{ type: "maxMemoryPages", value: 65_536 }];
        const outcome = await pool.validate(requestFor(greedy, { executorParams }));
        assert.deepEqual(outcome, { type: "internal", reason: { code: "outOfHostMemory" } });
      }),
  );

  test("want of memory is our fault", () =>
    withPool(MISBEHAVING, async (pool) => {
      assert.equal(words(await pool.validate(jobThat("noMemory"))), "internal.outOfHostMemory");
    }));

  test("a worker of another build is refused", () =>
    withPool(
      {
        workers: 1,
        worker: { script: new URL("../testing/stranger-worker.ts", import.meta.url) },
      },
      async (pool) => {
        assert.equal(words(await pool.validate(requestFor(GOOD_MODULE))), "internal.spawnFailed");
      },
    ));

  test("a job is cancelled while it waits; a full queue takes none", () =>
    withPool({ workers: 1, queueCapacity: 1 }, async (pool) => {
      await pidAtWork(pool);
      const running = pool.validate(endless);
      const controller = new AbortController();
      const waiting = pool.validate(requestFor(GOOD_MODULE, { signal: controller.signal }));
      assert.equal(words(await pool.validate(requestFor(GOOD_MODULE))), "internal.queueFull");
      controller.abort();
      assert.equal(words(await waiting), "internal.cancelled");
      await pool.close();
      assert.equal(words(await running), "internal.closed");
    }));

  test("disputes go before approvals, and these before backing", () =>
    withPool({ workers: 1 }, async (pool) => {
      await pidAtWork(pool);
      const ended: string[] = [];
      // The first takes the only worker while the others come in.
      await Promise.all(
        (["backing", "backing", "approval", "dispute"] as const).map((kind, index) =>
          pool.validate(requestFor(GOOD_MODULE, { kind })).then((outcome) => {
            assert.equal(words(outcome), "valid");
            ended.push(`${index} ${kind}`);
          }),
        ),
      );
      assert.deepEqual(ended, ["0 backing", "3 dispute", "2 approval", "1 backing"]);
    }));

  test("closing ends what runs and what waits, at once", async () => {
    const pool = new ProcessPoolExecutor({ workers: 1 });
    await pidAtWork(pool);
    const jobs = [pool.validate(endless), pool.validate(requestFor(GOOD_MODULE))];
    const before = performance.now();
    await pool.close();
    assert.ok(performance.now() - before < 1000);
    assert.deepEqual((await Promise.all(jobs)).map(words), ["internal.closed", "internal.closed"]);
    assert.deepEqual(pool.pids, []);
  });
});

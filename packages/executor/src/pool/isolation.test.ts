import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { type BrokenOut, MISBEHAVIOUR, TAKEN_BYTES } from "../testing/misbehaviour.ts";
import { REPLY, REQUEST } from "./frame.ts";
import { workerIsolation } from "./isolation.ts";
import { decodeMessage } from "./messages.ts";
import { type RequestEnd, type RequestLimits, WorkerProcess } from "./worker-process.ts";

const MISBEHAVING = new URL("../testing/misbehaving-worker.ts", import.meta.url);
const MIB = 2 ** 20;

const isInForce = (name: string): boolean => {
  const measure = workerIsolation().measures.find((candidate) => candidate.name === name);
  assert.ok(measure !== undefined, name);
  return measure.inForce;
};

/** A job for the misbehaving worker: what to do stands 36 bytes before the end. */
const ask = (
  worker: WorkerProcess,
  what: keyof typeof MISBEHAVIOUR,
  limits: RequestLimits = { cpuMs: 20_000 },
): Promise<RequestEnd> => {
  const payload = new Uint8Array(36);
  payload[0] = MISBEHAVIOUR[what];
  return worker.request(REQUEST.prepare, payload, limits);
};

const said = (end: RequestEnd): string => {
  assert.ok(end.type === "reply", end.type);
  return decodeMessage(end.body);
};

describe("what keeps a worker to itself", () => {
  let worker: WorkerProcess;
  before(() => {
    worker = new WorkerProcess({ script: MISBEHAVING });
  });
  after(() => worker.close());

  test("every measure says what it does, or why it is not taken", () => {
    const { measures } = workerIsolation();
    assert.deepEqual(
      measures.map(({ name }) => name),
      [
        "process group",
        "environment",
        "permissions",
        "network namespace",
        "user namespace",
        "no new privileges",
        "resource limits",
        "low priority",
      ],
    );
    for (const { detail } of measures) assert.ok(detail.length > 5, detail);
  });

  test("it has no environment", async () => {
    assert.doesNotMatch(said(await ask(worker, "tellEnvironment")), /PATH|HOME/);
  });

  test("it reads and writes no files, starts no programs and reaches no network", async () => {
    const outcome = JSON.parse(said(await ask(worker, "breakOut"))) as BrokenOut;
    if (isInForce("permissions")) {
      assert.equal(outcome.read, "ERR_ACCESS_DENIED");
      assert.equal(outcome.write, "ERR_ACCESS_DENIED");
      assert.equal(outcome.spawn, "ERR_ACCESS_DENIED");
    }
    assert.notEqual(outcome.connect, "done");
    if (isInForce("network namespace")) assert.equal(outcome.connect, "ENETUNREACH");
  });

  test("the system confirms what is in force", { skip: process.platform !== "linux" }, async () => {
    await worker.ready;
    const { pid } = worker;
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    if (isInForce("no new privileges")) assert.match(status, /^NoNewPrivs:\s+1$/m);
    if (isInForce("user namespace")) assert.match(status, /^CapEff:\s+0+$/m);
    const isShared = (namespace: string): boolean =>
      readlinkSync(`/proc/${pid}/ns/${namespace}`) === readlinkSync(`/proc/self/ns/${namespace}`);
    assert.equal(isShared("net"), !isInForce("network namespace"));
    assert.equal(isShared("user"), !isInForce("user namespace"));
    const limits = readFileSync(`/proc/${pid}/limits`, "latin1");
    for (const limit of [
      /^Max core file size\s+0\s/m,
      /^Max file size\s+0\s/m,
      /^Max open files\s+64\s/m,
      /^Max data size\s+3221225472\s/m,
    ])
      assert.match(limits, limit);
    const targets = readdirSync(`/proc/${pid}/fd`).map((fd) =>
      readlinkSync(`/proc/${pid}/fd/${fd}`),
    );
    assert.deepEqual(
      targets.filter((target) => target.startsWith("/") && !target.startsWith("/dev/")),
      [],
      "files of ours that it has open",
    );
  });
});

describe("memory that a job may take", { skip: process.platform !== "linux" }, () => {
  const withWorker = async (use: (worker: WorkerProcess) => Promise<void>): Promise<void> => {
    const worker = new WorkerProcess({ script: MISBEHAVING, wallClockFactor: 100 });
    try {
      await worker.ready;
      await use(worker);
    } finally {
      await worker.close();
    }
  };
  const memoryBytes = TAKEN_BYTES / 2;

  test("a job that takes more is ended, while it runs or when it answers", async () => {
    for (const what of ["takeMemory", "takeMemoryAndAnswer"] as const)
      await withWorker(async (worker) => {
        const end = await ask(worker, what, { cpuMs: 20_000, memoryBytes });
        assert.deepEqual(end, { type: "outOfMemory", limitBytes: memoryBytes }, what);
        assert.equal(worker.isUsable, false);
      });
  });

  test("a job that keeps within its limit, or has none, is answered", () =>
    withWorker(async (worker) => {
      for (const limits of [
        { cpuMs: 20_000, memoryBytes: TAKEN_BYTES + 100 * MIB },
        { cpuMs: 20_000 },
      ]) {
        const end = await ask(worker, "takeMemoryAndAnswer", limits);
        assert.ok(end.type === "reply" && end.replyType === REPLY.prepared, end.type);
      }
    }));
});

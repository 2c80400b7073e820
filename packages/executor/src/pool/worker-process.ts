/**
 * The pool's end of one worker process. It has one request under way at a time, watches the CPU time that the
 * system charges to the process meanwhile, and kills the process group when a limit is passed or when the
 * worker says something that it cannot mean. A killed worker is not used again.
 *
 * Limits are on CPU time. The wall clock may run four times as long: a machine that is merely busy has not proved
 * anything about the guest.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { HostError } from "@parahost/base";
import { tryDecode } from "@parahost/scale";
import { cpuTimeOf } from "./cpu-time.ts";
import { type ExitMeaning, meaningOfExit } from "./exit.ts";
import { encodeFrame, type Frame, FrameDecoder, PROTOCOL, REPLY } from "./frame.ts";
import { workerIsolation } from "./isolation.ts";
import { grownSince, type MemoryUse, memoryUseOf } from "./memory-use.ts";
import { Ready, Timed } from "./messages.ts";

export interface WorkerOptions {
  /** Main module of the process; ours unless said otherwise. */
  readonly script?: URL;
  /** Private memory that the process may have, MiB. */
  readonly memoryLimitMb?: number;
  /** Milliseconds that it may take to start. */
  readonly startTimeoutMs?: number;
  /** How many times its CPU limit a job may take by the wall clock; 4 unless said otherwise. */
  readonly wallClockFactor?: number;
}

/** How one request ended. */
export type RequestEnd =
  | {
      readonly type: "reply";
      readonly replyType: number;
      readonly body: Uint8Array;
      readonly cpuMs: number;
    }
  /** The CPU limit was passed; the worker is gone. */
  | { readonly type: "timeout" }
  /** The memory limit of the job was passed; the worker is gone. */
  | { readonly type: "outOfMemory"; readonly limitBytes: number }
  /** Our fault, or possibly the guest's; the worker is gone. */
  | ExitMeaning;

/**
 * Of this V8 reserves some 1.2 GB without using it. The Wasm memory of the largest guest by default is 130 MiB; the
 * worst code that we accept wants 0.8 GB while it is compiled.
 */
const MEMORY_LIMIT_MB = 3072;
const START_TIMEOUT_MS = 10_000;
/** Wall clock to CPU time. */
const WALL_CLOCK_FACTOR = 4;
/** CPU time that a job may take beyond its limit: starting up, and the steps in which time is counted. */
const START_UP_MS = 50;
/** How often the CPU time is looked at, at least. */
const LOOK_MS = 100;
/** By how much a worker's own figure may fall short of ours. */
const FIGURE_TOLERANCE_MS = 60;
const LAST_WORDS_MAX = 4096;

/**
 * Limits of the system, then the program: no core dumps, no files, few descriptors (beside ours Node wants some
 * thirty), memory where the system limits it.
 */
const LAUNCH =
  'ulimit -c 0; ulimit -f 0; ulimit -n 64; ulimit -d "$1" 2>/dev/null; shift; exec "$@"';

/** What a request may take. */
export interface RequestLimits {
  /** CPU milliseconds. */
  readonly cpuMs: number;
  /** Bytes of resident memory that may come on top of what the worker has, where the system tells. */
  readonly memoryBytes?: number | undefined;
}

interface Request {
  readonly job: number;
  readonly limits: RequestLimits;
  readonly settle: (end: RequestEnd) => void;
  /** Readings from which the limits count: of the system's CPU clock, of the wall clock, of memory. */
  cpuStart: number;
  wallStart: number;
  readonly memoryStart: MemoryUse | undefined;
  look: NodeJS.Timeout;
}

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #pid: number;
  readonly #wallClockFactor: number;
  /** The thread whose time counts. */
  #thread = 0;
  readonly #decoder = new FrameDecoder();
  readonly #ready: Promise<void>;
  #request: Request | undefined;
  #lastJob = 0;
  #lastWords = "";
  /** The process exists. */
  #isAlive = true;
  #hasStarted = false;
  #isClosed = false;
  #onReady: (failure?: HostError) => void = () => {};
  /** Why it is not to be used any more. */
  #verdict: RequestEnd | undefined;
  readonly #gone: Promise<void>;

  constructor(options: WorkerOptions = {}) {
    const script = options.script ?? new URL("./worker-main.ts", import.meta.url);
    const dataKb = (options.memoryLimitMb ?? MEMORY_LIMIT_MB) * 1024;
    const { launcher, nodeFlags } = workerIsolation();
    const program = [...launcher, process.execPath, ...nodeFlags, fileURLToPath(script)];
    this.#child = spawn("/bin/sh", ["-c", LAUNCH, "sh", String(dataKb), ...program], {
      cwd: "/",
      env: {},
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#pid = this.#child.pid ?? 0;
    this.#wallClockFactor = options.wallClockFactor ?? WALL_CLOCK_FACTOR;
    this.#gone = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        this.#ended(code ?? undefined, signal ?? undefined);
        resolve();
      });
    });
    this.#ready = this.#started(options.startTimeoutMs ?? START_TIMEOUT_MS);
    // Whoever starts a request hears of it; until then it is nobody's error.
    this.#ready.catch(() => {});
    this.#child.stdout?.on("data", (piece: Buffer) => this.#received(piece));
    this.#child.stderr?.on("data", (piece: Buffer) => {
      this.#lastWords = (this.#lastWords + piece.toString("latin1")).slice(-LAST_WORDS_MAX);
    });
    // A pipe whose reader is gone; the process's end says why.
    this.#child.stdin?.on("error", () => this.kill());
  }

  /** Whether it can take requests, now or once it has started. */
  get isUsable(): boolean {
    return this.#isAlive && this.#verdict === undefined;
  }

  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  get pid(): number {
    return this.#pid;
  }

  /** Settles when the worker can take requests. Throws `HostError` when it does not start. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Sends one request and waits for its end, in bounded time. */
  async request(type: number, payload: Uint8Array, limits: RequestLimits): Promise<RequestEnd> {
    await this.#ready;
    if (!this.isUsable) return this.#isClosed ? CLOSED : GONE;
    this.#lastJob = (this.#lastJob + 1) >>> 0;
    const job = this.#lastJob;
    return new Promise((resolve) => {
      this.#request = {
        job,
        limits,
        settle: resolve,
        cpuStart: this.#cpuTime(),
        wallStart: performance.now(),
        memoryStart: limits.memoryBytes === undefined ? undefined : memoryUseOf(this.#pid),
        look: setInterval(() => this.#look(), Math.min(LOOK_MS, Math.max(limits.cpuMs / 4, 5))),
      };
      this.#child.stdin?.write(encodeFrame({ job, type, payload }));
    });
  }

  /** Ends the whole process group at once. */
  kill(): void {
    if (!this.#isAlive || this.#pid === 0) return;
    try {
      process.kill(-this.#pid, "SIGKILL");
    } catch (error) {
      // It has ended by itself in this moment.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  /** Ends the process and waits until it is gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#verdict ??= CLOSED;
    this.kill();
    await this.#gone;
  }

  #started(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.kill();
        settle(new HostError("spawnFailed", { message: `no word in ${timeoutMs} ms` }));
      }, timeoutMs);
      const settle = (failure?: HostError): void => {
        clearTimeout(timer);
        if (failure !== undefined) {
          reject(failure);
          return;
        }
        this.#hasStarted = true;
        resolve();
      };
      this.#onReady = settle;
      this.#child.once("error", (cause) => {
        this.#isAlive = false;
        settle(new HostError("spawnFailed", { message: cause.message, cause }));
      });
    });
  }

  #cpuTime(): number {
    return cpuTimeOf(this.#pid, this.#thread) ?? 0;
  }

  /** Whether the request at hand has passed a limit. */
  #look(): void {
    const request = this.#request;
    if (request === undefined) return;
    const cpuMs = this.#cpuTime() - request.cpuStart;
    const wallMs = performance.now() - request.wallStart;
    const limitMs = request.limits.cpuMs + START_UP_MS;
    const excess = this.#memoryExcess(request);
    if (excess !== undefined) this.#condemn(excess);
    else if (cpuMs > limitMs) this.#condemn({ type: "timeout" });
    else if (wallMs > this.#wallClockFactor * limitMs)
      this.#condemn({ type: "internal", reason: { code: "wallClock", wallMs, cpuMs } });
  }

  #memoryExcess({ limits, memoryStart }: Request): RequestEnd | undefined {
    const limitBytes = limits.memoryBytes;
    if (limitBytes === undefined || memoryStart === undefined) return undefined;
    const now = memoryUseOf(this.#pid);
    if (now === undefined || grownSince(memoryStart, now) <= limitBytes) return undefined;
    return { type: "outOfMemory", limitBytes };
  }

  /** Settles the request and ends the worker, which has made itself impossible. */
  #condemn(end: RequestEnd): void {
    this.#verdict ??= end;
    this.kill();
    this.#settle(this.#verdict);
  }

  #mistrust(detail: string): void {
    this.#condemn({ type: "internal", reason: { code: "badAnswer", detail } });
  }

  #settle(end: RequestEnd): void {
    const request = this.#request;
    this.#request = undefined;
    if (request === undefined) return;
    clearInterval(request.look);
    request.settle(end);
  }

  #received(piece: Uint8Array): void {
    try {
      for (const frame of this.#decoder.push(piece)) this.#heard(frame);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.#mistrust(error.message);
    }
  }

  #heard({ job, type, payload }: Frame): void {
    if (this.#verdict !== undefined) return;
    if (type === REPLY.ready) {
      const ready = tryDecode(Ready, payload);
      if (!ready.ok || ready.value.protocol !== PROTOCOL) {
        this.#refuseBuild();
        return;
      }
      this.#thread = ready.value.thread;
      this.#onReady();
      return;
    }
    const request = this.#request;
    if (request === undefined || job !== request.job) {
      this.#mistrust(`answer to job ${job}, asked was ${request?.job ?? "nothing"}`);
      return;
    }
    const timed = tryDecode(Timed, payload);
    if (!timed.ok) {
      this.#mistrust(timed.error.message);
      return;
    }
    const measured = this.#cpuTime();
    if (type === REPLY.started) {
      request.cpuStart = measured;
      request.wallStart = performance.now();
      return;
    }
    this.#answered(request, type, timed.value, measured - request.cpuStart);
  }

  #answered(request: Request, type: number, timed: Timed, measuredMs: number): void {
    const ownMs = timed.cpuMicros / 1000;
    if (ownMs < measuredMs - FIGURE_TOLERANCE_MS) {
      this.#mistrust(`it says ${ownMs} ms, the system says ${measuredMs}`);
      return;
    }
    const excess = this.#memoryExcess(request);
    if (excess !== undefined || measuredMs > request.limits.cpuMs + START_UP_MS) {
      this.#condemn(excess ?? { type: "timeout" });
      return;
    }
    this.#settle({ type: "reply", replyType: type, body: timed.body, cpuMs: measuredMs });
  }

  #refuseBuild(): void {
    this.#onReady(new HostError("spawnFailed", { message: "a worker of another build" }));
    this.kill();
  }

  #ended(code: number | undefined, signal: NodeJS.Signals | undefined): void {
    this.#isAlive = false;
    const meaning = meaningOfExit({
      signal,
      code,
      lastWords: this.#lastWords,
      isWithinAnswer: this.#decoder.isWithinFrame,
    });
    this.#verdict ??= meaning;
    this.#onReady(
      new HostError("spawnFailed", { message: `exit ${signal ?? code}: ${this.#lastWords}` }),
    );
    this.#settle(this.#verdict);
  }
}

const CLOSED: RequestEnd = { type: "internal", reason: { code: "closed" } };
/** It ended while nothing was asked of it. */
const GONE: RequestEnd = { type: "internal", reason: { code: "workerKilled", signal: "none" } };

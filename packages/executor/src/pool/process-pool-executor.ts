/**
 * The executor of the world: jobs run in a fixed number of OS processes that can be killed, without environment,
 * with bounded memory, one job at a time, in a fresh instance each. A worker that ends in any other way than
 * by answering is replaced. Compiled code stays in the workers; code and PoVs travel over pipes.
 *
 * Guide: Candidate Validation ("process pool"). Reference: node-side.md 5.18.
 */

import { HostError } from "@parahost/base";
import { ValidationParams, ValidationResult, validationCodeHash } from "@parahost/primitives";
import { encode, tryDecode } from "@parahost/scale";
import { oversizedBlockData } from "../engine.ts";
import { type EngineParameters, engineParameters, preparationHash } from "../engine-parameters.ts";
import {
  CODE_LIMIT_BYTES,
  type ExecutionOutcome,
  type ExecutionPriority,
  type ExecutionRequest,
  type Executor,
  type InternalReason,
  type PreparationRefusal,
  type PreparationRequest,
  type PrepareResult,
} from "../executor.ts";
import { executionTimeout } from "../inline-executor.ts";
import { RETRY_PAUSE_MS, verdictOf } from "../verdict.ts";
import { REPLY, REQUEST } from "./frame.ts";
import { JobQueue } from "./job-queue.ts";
import {
  decodeFault,
  decodeHostFailure,
  decodeMessage,
  decodeRefusal,
  ExecuteRequest,
  PrepareRequest,
} from "./messages.ts";
import { type RequestEnd, type WorkerOptions, WorkerProcess } from "./worker-process.ts";

export interface ProcessPoolOptions {
  /** Processes; 2 unless said otherwise. */
  readonly workers?: number;
  /** Jobs that may wait. */
  readonly queueCapacity?: number;
  /** Pause before a job that failed through no certain fault of the candidate is tried again. */
  readonly retryPauseMs?: number;
  readonly worker?: WorkerOptions;
}

const WORKERS = 2;
/** A validator meets a few dozen candidates per block; beyond that it could not finish in time. */
const QUEUE_CAPACITY = 256;

/** Something that wants a worker for a while. */
interface Job {
  readonly run: (worker: WorkerProcess) => Promise<void>;
  readonly abandon: (reason: InternalReason) => void;
}

/** A place in the pool: its process comes and goes. */
interface Seat {
  worker: WorkerProcess;
  isBusy: boolean;
}

export class ProcessPoolExecutor implements Executor {
  readonly #options: ProcessPoolOptions;
  readonly #seats: Seat[];
  readonly #queue: JobQueue<Job>;
  readonly #pauses = new Map<NodeJS.Timeout, () => void>();
  #closed = false;
  readonly #killAll = (): void => {
    for (const seat of this.#seats) seat.worker.kill();
  };

  /** Starts the processes; they get ready in the background. */
  constructor(options: ProcessPoolOptions = {}) {
    this.#options = options;
    this.#queue = new JobQueue(options.queueCapacity ?? QUEUE_CAPACITY);
    this.#seats = Array.from({ length: options.workers ?? WORKERS }, () => ({
      worker: new WorkerProcess(options.worker),
      isBusy: false,
    }));
    process.once("exit", this.#killAll);
  }

  /** Process ids of the workers that live now. */
  get pids(): readonly number[] {
    return this.#seats.filter(({ worker }) => worker.isUsable).map(({ worker }) => worker.pid);
  }

  async prepare(request: PreparationRequest): Promise<PrepareResult> {
    const parameters = engineParameters(request.executorParams);
    if (!parameters.ok) return { type: "failed", reason: parameters.error };
    const refusal = oversizedCode(request);
    if (refusal !== undefined) return { type: "refused", reason: refusal };
    const { timeouts, precheckingMemoryBytes } = parameters.value;
    const limits =
      request.kind === "precheck"
        ? { cpuMs: timeouts.precheck, memoryBytes: precheckingMemoryBytes }
        : { cpuMs: timeouts.prepare };
    const end = await this.#withWorker("backing", undefined, (worker) =>
      worker.request(REQUEST.prepare, preparePayload(request, parameters.value), limits),
    );
    return prepareResult(end);
  }

  async validate(request: ExecutionRequest): Promise<ExecutionOutcome> {
    const parameters = engineParameters(request.executorParams);
    if (!parameters.ok) return internal(parameters.error);
    const first = await this.#attempt(request, parameters.value);
    if (verdictOf(first, request.kind, false) !== "retry") return first;
    if (!(await this.#pause())) return first;
    return this.#attempt(request, parameters.value);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    process.removeListener("exit", this.#killAll);
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift())
      job.abandon({ code: "closed" });
    for (const [timer, wake] of this.#pauses) {
      clearTimeout(timer);
      wake();
    }
    await Promise.all(this.#seats.map(({ worker }) => worker.close()));
  }

  // Jobs

  async #attempt(
    request: ExecutionRequest,
    parameters: EngineParameters,
  ): Promise<ExecutionOutcome> {
    const priority = request.priority ?? request.kind;
    const limits = { cpuMs: request.timeoutMs ?? executionTimeout(parameters, request.kind) };
    // Neither is worth a frame, and larger ones would not fit.
    const tooLarge = oversizedBlockData(request.params);
    if (tooLarge !== undefined) return { type: "invalid", reason: tooLarge };
    const refusal = oversizedCode(request);
    if (refusal !== undefined) return internal({ code: "preparation", cause: refusal });
    const execute = encode(ExecuteRequest, {
      codeHash: request.codeHash,
      preparation: preparationHash(request.executorParams),
      params: encode(ValidationParams, request.params),
    });
    const end = await this.#withWorker(priority, request.signal, async (worker) => {
      const once = await worker.request(REQUEST.execute, execute, limits);
      if (once.type !== "reply" || once.replyType !== REPLY.needsCode) return once;
      const prepared = prepareResult(
        await worker.request(REQUEST.prepare, preparePayload(request, parameters), {
          cpuMs: parameters.timeouts.prepare,
        }),
      );
      if (prepared.type !== "prepared") return { type: "unprepared", prepared } as const;
      return worker.request(REQUEST.execute, execute, limits);
    });
    return executionOutcome(end);
  }

  /** Runs `use` with a worker once it is its turn. */
  #withWorker<T>(
    priority: ExecutionPriority,
    signal: AbortSignal | undefined,
    use: (worker: WorkerProcess) => Promise<T>,
  ): Promise<T | InternalEnd> {
    if (this.#closed) return Promise.resolve(internal({ code: "closed" }));
    if (signal?.aborted === true) return Promise.resolve(internal({ code: "cancelled" }));
    return new Promise((resolve, reject) => {
      const job: Job = {
        run: async (worker) => {
          signal?.removeEventListener("abort", onAbort);
          await use(worker).then(resolve, (error: unknown) => {
            if (error instanceof HostError && error.code === "spawnFailed")
              resolve(internal({ code: "spawnFailed", message: error.message }));
            else reject(error);
          });
        },
        abandon: (reason) => {
          signal?.removeEventListener("abort", onAbort);
          resolve(internal(reason));
        },
      };
      const onAbort = (): void => {
        if (this.#queue.remove(job)) job.abandon({ code: "cancelled" });
      };
      if (!this.#queue.push(priority, job)) {
        job.abandon({ code: "queueFull", capacity: this.#queue.capacity });
        return;
      }
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#assign();
    });
  }

  /** Gives waiting jobs to free workers, first to those that have started. */
  #assign(): void {
    for (;;) {
      const free = this.#seats.filter(({ isBusy }) => !isBusy);
      const seat = free.find(({ worker }) => worker.hasStarted && worker.isUsable) ?? free[0];
      if (seat === undefined || this.#closed) return;
      const job = this.#queue.shift();
      if (job === undefined) return;
      this.#replaceIfGone(seat);
      seat.isBusy = true;
      void job.run(seat.worker).finally(() => {
        seat.isBusy = false;
        this.#replaceIfGone(seat);
        this.#assign();
      });
    }
  }

  #replaceIfGone(seat: Seat): void {
    if (this.#closed || seat.worker.isUsable) return;
    seat.worker = new WorkerProcess(this.#options.worker);
  }

  /** False when the pool is closed meanwhile. */
  #pause(): Promise<boolean> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#pauses.delete(timer);
        resolve(!this.#closed);
      };
      const timer = setTimeout(wake, this.#options.retryPauseMs ?? RETRY_PAUSE_MS);
      this.#pauses.set(timer, wake);
    });
  }
}

type InternalEnd = { readonly type: "internal"; readonly reason: InternalReason };
type Unprepared = {
  readonly type: "unprepared";
  readonly prepared: Exclude<PrepareResult, { readonly type: "prepared" }>;
};

const internal = (reason: InternalReason): InternalEnd => ({ type: "internal", reason });
const badAnswer = (detail: string): InternalEnd => internal({ code: "badAnswer", detail });

/** Code that is above its limit before it is decompressed. */
function oversizedCode({
  code,
  codeLimitBytes = CODE_LIMIT_BYTES,
}: Pick<PreparationRequest, "code" | "codeLimitBytes">): PreparationRefusal | undefined {
  if (code.length <= codeLimitBytes) return undefined;
  return {
    code: "decompression",
    cause: { code: "decompressionBomb", limit: codeLimitBytes },
  };
}

function preparePayload(
  request: Pick<PreparationRequest, "code" | "executorParams" | "codeLimitBytes"> &
    Partial<Pick<ExecutionRequest, "codeHash">>,
  parameters: EngineParameters,
): Uint8Array {
  return encode(PrepareRequest, {
    codeHash: request.codeHash ?? validationCodeHash(request.code),
    preparation: preparationHash(request.executorParams),
    maxMemoryPages: parameters.maxMemoryPages,
    stackLimit: parameters.stackLimit,
    bulkMemory: parameters.bulkMemory,
    codeLimitBytes: request.codeLimitBytes ?? CODE_LIMIT_BYTES,
    code: request.code,
  });
}

function prepareResult(end: RequestEnd): PrepareResult {
  switch (end.type) {
    case "internal":
      return { type: "failed", reason: end.reason };
    case "possiblyInvalid":
      return { type: "failed", reason: { code: "workerKilled", signal: end.reason.code } };
    case "timeout":
      return { type: "timeout" };
    case "outOfMemory":
      return { type: "refused", reason: { code: "outOfMemory", limitBytes: end.limitBytes } };
    case "reply":
      break;
  }
  const { replyType, body, cpuMs } = end;
  if (replyType === REPLY.prepared) {
    if (body.length === 0) return { type: "prepared", cpuMs };
    const refusal = decodeRefusal(body);
    return refusal.ok
      ? { type: "refused", reason: refusal.value }
      : { type: "failed", reason: { code: "badAnswer", detail: refusal.error } };
  }
  const other = executionOutcome(end);
  return {
    type: "failed",
    reason:
      other.type === "internal"
        ? other.reason
        : { code: "badAnswer", detail: `reply ${replyType} to a preparation` },
  };
}

function executionOutcome(end: RequestEnd | Unprepared): ExecutionOutcome {
  switch (end.type) {
    case "internal":
    case "possiblyInvalid":
      return end;
    case "timeout":
      return { type: "invalid", reason: { code: "timeout" } };
    case "outOfMemory":
      // Executions have no such limit: their memory is that of the guest, and the process's own is the machine's.
      return internal({ code: "outOfHostMemory" });
    case "unprepared":
      return unpreparedOutcome(end.prepared);
    case "reply":
      break;
  }
  const { replyType, body, cpuMs } = end;
  switch (replyType) {
    case REPLY.returned: {
      const result = tryDecode(ValidationResult, body);
      return result.ok
        ? { type: "valid", result: result.value, cpuMs }
        : { type: "invalid", reason: { code: "badReturn", message: result.error.message } };
    }
    case REPLY.faulted: {
      const fault = decodeFault(body);
      return fault.ok ? { type: "invalid", reason: fault.value } : badAnswer(fault.error);
    }
    case REPLY.hostFailed: {
      const failure = decodeHostFailure(body);
      return failure.ok ? internal(failure.value) : badAnswer(failure.error);
    }
    case REPLY.jobFailed:
      return {
        type: "possiblyInvalid",
        reason: { code: "jobError", message: decodeMessage(body) },
      };
    default:
      return badAnswer(`reply ${replyType}`);
  }
}

function unpreparedOutcome(prepared: Unprepared["prepared"]): ExecutionOutcome {
  switch (prepared.type) {
    case "refused":
      return internal({ code: "preparation", cause: prepared.reason });
    case "timeout":
      return internal({ code: "preparationTimeout" });
    case "failed":
      return internal(prepared.reason);
  }
}

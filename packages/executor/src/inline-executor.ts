/**
 * The executor of the simulator: synchronous, in the caller's thread, and the same on every machine. Time is fuel:
 * a guest may spend `fuelPerMs` instructions for each millisecond of its limit, so a loop that never ends
 * times out after a fixed number of instructions, and the CPU time reported is made from the count.
 */

import { HostError } from "@parahost/base";
import { ValidationResult, validationCodeHash } from "@parahost/primitives";
import { tryDecode } from "@parahost/scale";
import { DeepStackThread } from "./deep-stack.ts";
import { Engine, hostErrorAsReason } from "./engine.ts";
import { type EngineParameters, engineParameters, preparationHash } from "./engine-parameters.ts";
import {
  CODE_LIMIT_BYTES,
  type ExecutionKind,
  type ExecutionOutcome,
  type ExecutionRequest,
  type Executor,
  type InternalReason,
  type PreparationRequest,
  type PrepareResult,
} from "./executor.ts";
import { callValidateBlock } from "./validate-block.ts";

/** About what compiled code executes in a millisecond. */
const FUEL_PER_MS = 1_000_000;

export interface InlineExecutorOptions {
  /** Instructions that count as one millisecond. */
  readonly fuelPerMs?: number;
}

export class InlineExecutor implements Executor {
  readonly #fuelPerMs: number;
  readonly #engine = new Engine(true);
  readonly #deepStack = new DeepStackThread();
  #closed = false;

  constructor(options: InlineExecutorOptions = {}) {
    this.#fuelPerMs = options.fuelPerMs ?? FUEL_PER_MS;
  }

  prepare(request: PreparationRequest): Promise<PrepareResult> {
    return Promise.resolve(this.#prepare(request));
  }

  validate(request: ExecutionRequest): Promise<ExecutionOutcome> {
    return Promise.resolve(this.#validate(request));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#deepStack.close();
  }

  #prepare({ code, executorParams, codeLimitBytes }: PreparationRequest): PrepareResult {
    if (this.#closed) return { type: "failed", reason: { code: "closed" } };
    const parameters = engineParameters(executorParams);
    if (!parameters.ok) return { type: "failed", reason: parameters.error };
    const prepared = this.#engine.prepare(
      code,
      preparationHash(executorParams),
      parameters.value,
      codeLimitBytes ?? CODE_LIMIT_BYTES,
    );
    return prepared.ok
      ? { type: "prepared", cpuMs: 0 }
      : { type: "refused", reason: prepared.error };
  }

  #validate(request: ExecutionRequest): ExecutionOutcome {
    if (this.#closed) return internal({ code: "closed" });
    if (request.signal?.aborted === true) return internal({ code: "cancelled" });
    const parameters = engineParameters(request.executorParams);
    if (!parameters.ok) return internal(parameters.error);
    const key = {
      codeHash: request.codeHash,
      preparation: preparationHash(request.executorParams),
    };
    let pvf = this.#engine.find(key);
    if (pvf === undefined) {
      if (validationCodeHash(request.code) !== request.codeHash)
        return internal({ code: "codeHashMismatch" });
      const prepared = this.#engine.prepare(
        request.code,
        key.preparation,
        parameters.value,
        request.codeLimitBytes ?? CODE_LIMIT_BYTES,
      );
      if (!prepared.ok) return internal({ code: "preparation", cause: prepared.error });
      pvf = prepared.value;
    }
    const limitMs = request.timeoutMs ?? executionTimeout(parameters.value, request.kind);
    const fuel = BigInt(Math.round(limitMs * this.#fuelPerMs));
    const answer = hostErrorAsReason(() =>
      this.#engine.execute(pvf, request.params, fuel, this.#call),
    );
    if ("internal" in answer) return internal(answer.internal);
    if (!answer.ok) return { type: "invalid", reason: answer.error };
    const result = tryDecode(ValidationResult, answer.value.output);
    if (!result.ok)
      return { type: "invalid", reason: { code: "badReturn", message: result.error.message } };
    const cpuMs = Number(answer.value.fuelUsed) / this.#fuelPerMs;
    return { type: "valid", result: result.value, cpuMs };
  }

  /**
   * Calls on this thread's stack. A guest within its logical limit may still be too deep for that stack;
   * then the call, which has changed nothing, is repeated where the stack is deep enough.
   */
  readonly #call: typeof callValidateBlock = (pvf, input, fuel) => {
    try {
      return callValidateBlock(pvf, input, fuel);
    } catch (error) {
      if (!(error instanceof HostError) || error.code !== "nativeStackExhausted") throw error;
      return this.#deepStack.call(pvf, input, fuel);
    }
  };
}

const internal = (reason: InternalReason): ExecutionOutcome => ({ type: "internal", reason });

/** CPU milliseconds that an execution of this kind may take. Disputes have the time of approvals. */
export function executionTimeout(parameters: EngineParameters, kind: ExecutionKind): number {
  return kind === "backing" ? parameters.timeouts.backing : parameters.timeouts.approval;
}

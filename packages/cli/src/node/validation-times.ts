/** How much processor time validation code takes: an executor that tells before it answers. */
import type {
  ExecutionOutcome,
  ExecutionRequest,
  Executor,
  PreparationRequest,
  PrepareResult,
} from "@parahost/executor";

/** Nobody is told unless told otherwise. */
export class ValidationTimes implements Executor {
  /** Called with the seconds of processor time of each execution that came to a result. */
  onExecuted: (seconds: number) => void = () => {};
  onPrepared: (seconds: number) => void = () => {};
  readonly #executor: Executor;

  constructor(executor: Executor) {
    this.#executor = executor;
  }

  async prepare(request: PreparationRequest): Promise<PrepareResult> {
    const result = await this.#executor.prepare(request);
    if (result.type === "prepared") this.onPrepared(result.cpuMs / 1000);
    return result;
  }

  async validate(request: ExecutionRequest): Promise<ExecutionOutcome> {
    const outcome = await this.#executor.validate(request);
    if (outcome.type === "valid") this.onExecuted(outcome.cpuMs / 1000);
    return outcome;
  }

  close(): Promise<void> {
    return this.#executor.close();
  }
}

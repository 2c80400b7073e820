/** A subsystem's jobs: started, cancelled and watched in one place. */
import type { Job } from "./context.ts";
import { Cancelled } from "./reply.ts";

export class Jobs {
  readonly #running = new Set<AbortController>();
  readonly #onFailure: (name: string, failure: unknown) => void;
  #ended = false;

  /** `onFailure` hears of jobs that end with anything but `Cancelled`. */
  constructor(onFailure: (name: string, failure: unknown) => void) {
    this.#onFailure = onFailure;
  }

  get size(): number {
    return this.#running.size;
  }

  spawn(name: string, job: (signal: AbortSignal) => Promise<void>): Job {
    const abort = new AbortController();
    if (this.#ended) {
      abort.abort();
      return { ended: Promise.resolve(), cancel: () => {} };
    }
    this.#running.add(abort);
    return { ended: this.#watch(name, job, abort), cancel: () => abort.abort() };
  }

  /** Aborts all jobs; later ones do not start. */
  end(): void {
    this.#ended = true;
    for (const abort of this.#running) abort.abort();
  }

  async #watch(
    name: string,
    job: (signal: AbortSignal) => Promise<void>,
    abort: AbortController,
  ): Promise<void> {
    try {
      await job(abort.signal);
    } catch (failure) {
      if (!(failure instanceof Cancelled)) this.#onFailure(name, failure);
    } finally {
      this.#running.delete(abort);
    }
  }
}

/**
 * A thread with a native stack that is deep enough for every guest within its logical limit, called
 * synchronously: the caller's thread waits. The logical limit decides the outcome, so it is the same as it would
 * be in the caller's thread with a deeper stack.
 */

import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from "node:worker_threads";
import { HostError, type Result } from "@parahost/base";
import type { PreparedPvf } from "./pvf.ts";
import type { GuestFault, RawAnswer } from "./validate-block.ts";

/**
 * Native stack of threads that run guests. The largest logical limit, 131,072 values, needs some 6 MB: a frame of
 * the baseline compiler takes at most some 90 bytes for its two units of cost, and 8 for each value.
 */
export const GUEST_STACK_MB = 64;
/** Longer than any guest can take with the fuel it is given. */
const PATIENCE_MS = 300_000;

/** Positions in the shared memory: number of questions asked, number answered. */
export const ASKED = 0;
export const ANSWERED = 1;

export type DeepStackQuestion =
  | {
      readonly type: "call";
      readonly pvf: PreparedPvf;
      readonly input: Uint8Array;
      readonly fuel: bigint | undefined;
    }
  /** Ends the thread, which cannot be ended from outside while it waits. */
  | { readonly type: "end" };

export type DeepStackAnswer =
  | { readonly type: "result"; readonly result: Result<RawAnswer, GuestFault> }
  | { readonly type: "failed"; readonly code: string; readonly message: string };

interface Running {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly counters: Int32Array;
}

export class DeepStackThread {
  readonly #stackMb: number;
  #thread: Running | undefined;

  constructor(stackMb: number = GUEST_STACK_MB) {
    this.#stackMb = stackMb;
  }

  /** As `callValidateBlock`. Throws `HostError` when the thread does not answer. */
  call(pvf: PreparedPvf, input: Uint8Array, fuel?: bigint): Result<RawAnswer, GuestFault> {
    const { port, counters } = this.#running();
    const answered = Atomics.load(counters, ANSWERED);
    this.#ask({ type: "call", pvf, input, fuel });
    Atomics.wait(counters, ANSWERED, answered, PATIENCE_MS);
    const answer = receiveMessageOnPort(port)?.message as DeepStackAnswer | undefined;
    if (answer === undefined) throw new HostError("deepStackSilent");
    if (answer.type === "failed") throw new HostError(answer.code, { message: answer.message });
    return answer.result;
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) return;
    const ended = new Promise((resolve) => thread.worker.once("exit", resolve));
    this.#ask({ type: "end" });
    this.#thread = undefined;
    thread.worker.ref();
    await ended;
    thread.port.close();
  }

  #ask(question: DeepStackQuestion): void {
    const { port, counters } = this.#running();
    port.postMessage(question);
    Atomics.add(counters, ASKED, 1);
    Atomics.notify(counters, ASKED);
  }

  #running(): Running {
    if (this.#thread !== undefined) return this.#thread;
    const counters = new Int32Array(new SharedArrayBuffer(8));
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(new URL("./deep-stack-thread.ts", import.meta.url), {
      workerData: { counters, port: port2 },
      transferList: [port2],
      resourceLimits: { stackSizeMb: this.#stackMb },
      execArgv: [],
      env: {},
    });
    // A forgotten executor must not keep the program alive.
    worker.unref();
    port1.unref();
    this.#thread = { worker, port: port1, counters };
    return this.#thread;
  }
}

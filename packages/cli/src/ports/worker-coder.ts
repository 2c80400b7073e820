/**
 * Codes large payloads in a thread of its own, so that they do not hold up the event loop. Small ones are coded where
 * they are: handing over costs as much. Performance budget, 5.
 */
import { Worker } from "node:worker_threads";
import { BoundedQueue, type Hex, type Logger, ok, type Result } from "@parahost/base";
import {
  type CodedPayload,
  directCoder,
  type EncodeError,
  type ErasureCoder,
  type ErasureError,
  type IndexedChunk,
} from "@parahost/erasure";
import { unpackProofs } from "@parahost/erasure/packed-proofs";
import type { CoderAnswer, CoderQuestion } from "./coder-thread.ts";

/** From here on the coding of a payload takes about a millisecond. */
const BYTES_MIN = 64 * 1024;
/** The commitment to so many chunks does too. */
const VALIDATORS_MIN = 100;
/** Payloads that may wait; whoever brings more waits to be let in. */
const QUEUE_CAPACITY = 16;

const PROGRAM = new URL("./coder-thread.ts", import.meta.url);
const TARGET = "erasure";

type Kind = CoderQuestion["kind"];
type AnswerTo<K extends Kind> = Extract<CoderAnswer, { readonly kind: K }>;

interface Job {
  readonly question: CoderQuestion;
  /** `undefined` when the thread has died over it, or is closed. */
  readonly resolve: (answer: CoderAnswer | undefined) => void;
}

export class WorkerCoder implements ErasureCoder {
  readonly #logger: Logger;
  readonly #program: URL;
  readonly #queue = new BoundedQueue<Job>(QUEUE_CAPACITY);
  readonly #loop: Promise<void>;
  #worker: Worker | undefined;
  /** Ends the wait for the answer to the question at hand. */
  #giveUp: () => void = () => {};

  /** The thread starts with the first large payload, and again after it has died; `program` is what it runs. */
  constructor(logger: Logger, program: URL = PROGRAM) {
    this.#logger = logger;
    this.#program = program;
    this.#loop = this.#run();
  }

  async encode(n: number, data: Uint8Array): Promise<Result<CodedPayload, EncodeError>> {
    const answer = await this.#ask("encode", n, data.length, () => ({
      kind: "encode",
      n,
      data: new Uint8Array(data),
    }));
    if (answer === undefined) return directCoder.encode(n, data);
    if (!answer.result.ok) return answer.result;
    const { memory, ends, proofs } = answer.result.value;
    const chunks = ends.map(([start, end]) => memory.subarray(start, end));
    return ok({ chunks, commitment: unpackProofs(proofs) });
  }

  async root(n: number, data: Uint8Array): Promise<Result<Hex, EncodeError>> {
    const answer = await this.#ask("root", n, data.length, () => ({
      kind: "root",
      n,
      data: new Uint8Array(data),
    }));
    return answer?.result ?? directCoder.root(n, data);
  }

  async reconstruct(
    n: number,
    chunks: readonly IndexedChunk[],
  ): Promise<Result<Uint8Array, ErasureError>> {
    const bytes = chunks.reduce((sum, [, chunk]) => sum + chunk.length, 0);
    const answer = await this.#ask("reconstruct", 0, bytes, () => ({
      kind: "reconstruct",
      n,
      chunks: chunks.map(([index, chunk]) => [index, new Uint8Array(chunk)] as const),
    }));
    return answer?.result ?? directCoder.reconstruct(n, chunks);
  }

  /** Finishes what has been let in, and ends the thread. What comes later is coded in place. */
  async close(): Promise<void> {
    this.#queue.close();
    await this.#loop;
  }

  /** `undefined` for what is to be done in place. The question has copies, since views would take all behind them along. */
  async #ask<K extends Kind>(
    kind: K,
    n: number,
    bytes: number,
    question: () => CoderQuestion & { readonly kind: K },
  ): Promise<AnswerTo<K> | undefined> {
    if (bytes < BYTES_MIN && n < VALIDATORS_MIN) return undefined;
    const answer = await new Promise<CoderAnswer | undefined>((resolve) => {
      void this.#queue.push({ question: question(), resolve }).then((accepted) => {
        if (!accepted) resolve(undefined);
      });
    });
    return answer?.kind === kind ? (answer as AnswerTo<K>) : undefined;
  }

  async #run(): Promise<void> {
    for await (const { question, resolve } of this.#queue) resolve(await this.#answer(question));
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #answer(question: CoderQuestion): Promise<CoderAnswer | undefined> {
    const worker = this.#worker ?? this.#start();
    return new Promise<CoderAnswer | undefined>((resolve) => {
      this.#giveUp = () => resolve(undefined);
      worker.once("message", resolve);
      // An idle thread does not keep the process alive, one with work does.
      worker.ref();
      worker.postMessage(question, buffersOf(question));
    }).finally(() => worker.unref());
  }

  #start(): Worker {
    const worker = new Worker(this.#program, { execArgv: [] });
    worker.unref();
    const died = (cause: unknown): void => {
      // An error is followed by an exit, when another thread may be at work already.
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#logger.log("warn", TARGET, "the thread died: coding in place", {
        cause: String(cause),
      });
      this.#giveUp();
    };
    worker.once("error", died);
    worker.once("exit", (code) => died(`exit code ${code}`));
    this.#worker = worker;
    return worker;
  }
}

/** What is handed over instead of copied. */
const buffersOf = (question: CoderQuestion): ArrayBuffer[] =>
  question.kind === "reconstruct"
    ? question.chunks.map(([, chunk]) => chunk.buffer)
    : [question.data.buffer];

/**
 * Checks large batches in a thread of its own, so that hundreds of signatures do not hold up the event
 * loop, and in both threads when they are wanted at once. It answers when the thread does, hence not for
 * the simulator.
 *
 * Small batches are checked where they are: handing over costs as much as they do. What waits for the
 * thread is bounded; callers beyond that wait to be let in.
 *
 * Reference: performance-budget.md 5.
 */
import { Worker } from "node:worker_threads";
import { BoundedQueue, HostError } from "@parahost/base";
import { collectShared, shareBatch } from "./shared-batch.ts";
import { isPackable, packBatch } from "./signature-batch.ts";
import {
  type SignatureItem,
  type SignatureVerifier,
  verifySignature,
  verifySignatures,
} from "./verifier.ts";

/** From here on a batch goes to the thread. */
const BATCH_MIN = 16;
/** Larger batches are handed over in pieces of this size, about 10 ms of work each. */
const PIECE_MAX = 1_024;
/** Pieces that may wait: 16,384 signatures, three blocks' worth at 1000 validators and 100 cores. */
const QUEUE_CAPACITY = 16;
/** From here on what is wanted at once is halved between this thread and the other. */
const SHARED_MIN = 256;

/** A thread that has begun with its half and does not end it in this time is dead. */
const PATIENCE_MS = 2_000;

const PROGRAM = new URL("./signature-worker.ts", import.meta.url);

interface Job {
  readonly items: readonly SignatureItem[];
  readonly resolve: (answers: readonly boolean[]) => void;
  readonly reject: (error: HostError) => void;
}

export class WorkerVerifier implements SignatureVerifier {
  readonly #queue: BoundedQueue<Job>;
  readonly #program: URL;
  #worker: Worker | undefined;
  /** One as soon as the thread reads messages. */
  #awake = new Int32Array(new SharedArrayBuffer(4));
  /** Ends the wait for the thread's answer to the piece at hand. */
  #fail: ((error: HostError) => void) | undefined;
  readonly #loop: Promise<void>;

  /**
   * The thread starts with the first large batch, and again after it has died. `queueCapacity` counts
   * pieces of at most 1,024 claims; `program` is what the thread runs.
   */
  constructor(queueCapacity: number = QUEUE_CAPACITY, program: URL = PROGRAM) {
    this.#queue = new BoundedQueue(queueCapacity);
    this.#program = program;
    this.#loop = this.#run();
  }

  verify(item: SignatureItem): boolean {
    return verifySignature(item);
  }

  /** Holds up this thread, but for half as long when there are hundreds and the other thread is awake. */
  verifyAll(items: readonly SignatureItem[]): readonly boolean[] {
    if (items.length < SHARED_MIN || this.#queue.closed) return verifySignatures(items);
    const worker = this.#worker ?? this.#start();
    if (Atomics.load(this.#awake, 0) !== 1 || !items.every(isPackable))
      return verifySignatures(items);
    const middle = items.length >> 1;
    const theirs = items.slice(middle);
    const shared = shareBatch(theirs);
    worker.postMessage(shared);
    const ours = verifySignatures(items.slice(0, middle));
    return [...ours, ...(collectShared(shared, PATIENCE_MS) ?? verifySignatures(theirs))];
  }

  /**
   * Rejects with `HostError` `verifierClosed` once closed, and with `verifierThread` when the thread
   * dies over the batch: its claims are then neither true nor false.
   */
  async verifyBatch(items: readonly SignatureItem[]): Promise<readonly boolean[]> {
    if (this.#queue.closed) throw new HostError("verifierClosed");
    if (items.length < BATCH_MIN) return verifySignatures(items);
    const answers = new Array<boolean>(items.length).fill(false);
    const packable = [...items.keys()].filter((i) => isPackable(items[i] as SignatureItem));
    const pieces: Promise<void>[] = [];
    for (let start = 0; start < packable.length; start += PIECE_MAX) {
      const piece = packable.slice(start, start + PIECE_MAX);
      pieces.push(
        this.#enqueue(piece.map((i) => items[i] as SignatureItem)).then((valid) => {
          for (const [k, i] of piece.entries()) answers[i] = valid[k] === true;
        }),
      );
    }
    await Promise.all(pieces);
    return answers;
  }

  /** Finishes what has been let in, refuses what has not, and ends the thread. */
  async close(): Promise<void> {
    this.#queue.close();
    await this.#loop;
  }

  #enqueue(items: readonly SignatureItem[]): Promise<readonly boolean[]> {
    return new Promise((resolve, reject) => {
      const job: Job = { items, resolve, reject };
      void this.#queue.push(job).then((accepted) => {
        if (!accepted) reject(new HostError("verifierClosed"));
      });
    });
  }

  async #run(): Promise<void> {
    for await (const { items, resolve, reject } of this.#queue) {
      try {
        resolve(await this.#ask(items));
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        reject(error);
      }
    }
    await this.#worker?.terminate();
  }

  #ask(items: readonly SignatureItem[]): Promise<readonly boolean[]> {
    const worker = this.#worker ?? this.#start();
    return new Promise<readonly boolean[]>((resolve, reject) => {
      this.#fail = reject;
      worker.once("message", (answers: Uint8Array) => {
        resolve(Array.from(answers, (answer) => answer === 1));
      });
      // An idle thread does not keep the process alive, one with work does.
      worker.ref();
      const packed = packBatch(items);
      worker.postMessage(packed, [packed.buffer]);
    }).finally(() => {
      this.#fail = undefined;
      worker.unref();
    });
  }

  #start(): Worker {
    this.#awake = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(this.#program, { execArgv: [], workerData: this.#awake });
    worker.unref();
    const died = (cause?: unknown): void => {
      // An error is followed by an exit, when another thread may be at work already.
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#fail?.(new HostError("verifierThread", { cause }));
    };
    worker.once("error", died);
    worker.once("exit", (code) => died(new Error(`exit code ${code}`)));
    this.#worker = worker;
    return worker;
  }
}

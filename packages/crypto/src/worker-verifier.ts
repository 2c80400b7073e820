/**
 * Checks large batches in a thread of its own, so that hundreds of signatures do not hold up the event
 * loop. It answers when the thread does, hence not for the simulator.
 *
 * Small batches are checked where they are: handing over costs as much as they do. What waits for the
 * thread is bounded; callers beyond that wait to be let in.
 *
 * Reference: performance-budget.md 5.
 */
import { Worker } from "node:worker_threads";
import { BoundedQueue, HostError } from "@parahost/base";
import { isPackable, packBatch } from "./signature-batch.ts";
import { type SignatureItem, type SignatureVerifier, verifySignature } from "./verifier.ts";

/** From here on a batch goes to the thread. */
const BATCH_MIN = 16;
/** Larger batches are handed over in pieces of this size, about 25 ms of work each. */
const PIECE_MAX = 256;
/** Pieces that may wait: 16,384 signatures, three blocks' worth at 1000 validators and 100 cores. */
const QUEUE_CAPACITY = 64;

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
  /** Ends the wait for the thread's answer to the piece at hand. */
  #fail: ((error: HostError) => void) | undefined;
  readonly #loop: Promise<void>;

  /**
   * The thread starts with the first large batch, and again after it has died. `queueCapacity` counts
   * pieces of at most 256 claims; `program` is what the thread runs.
   */
  constructor(queueCapacity: number = QUEUE_CAPACITY, program: URL = PROGRAM) {
    this.#queue = new BoundedQueue(queueCapacity);
    this.#program = program;
    this.#loop = this.#run();
  }

  verify(item: SignatureItem): boolean {
    return verifySignature(item);
  }

  /**
   * Rejects with `HostError` `verifierClosed` once closed, and with `verifierThread` when the thread
   * dies over the batch: its claims are then neither true nor false.
   */
  async verifyBatch(items: readonly SignatureItem[]): Promise<readonly boolean[]> {
    if (this.#queue.closed) throw new HostError("verifierClosed");
    if (items.length < BATCH_MIN) return items.map(verifySignature);
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
    const worker = new Worker(this.#program, { execArgv: [] });
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

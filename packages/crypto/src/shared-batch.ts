/**
 * A batch of claims in memory that two threads share: one asks, the other answers. Who asks can take the
 * batch back until the other has begun with it, so that nobody waits for a thread that is busy.
 *
 * Layout: state (i32), number of claims (i32), an answer of one byte for each claim, the packed claims.
 */
import { packBatch, unpackBatch } from "./signature-batch.ts";
import { type SignatureItem, verifySignatures } from "./verifier.ts";

const OPEN = 0;
const BEGUN = 1;
const DONE = 2;
const WITHDRAWN = 3;

const HEAD_BYTES = 8;

/** Claims that fit into a packed batch, for the other thread to answer. */
export function shareBatch(items: readonly SignatureItem[]): SharedArrayBuffer {
  const packed = packBatch(items);
  const memory = new SharedArrayBuffer(HEAD_BYTES + items.length + packed.length);
  new Int32Array(memory, 0, 2).set([OPEN, items.length]);
  new Uint8Array(memory, HEAD_BYTES + items.length).set(packed);
  return memory;
}

/** Answers a batch, unless it was withdrawn. */
export function answerShared(memory: SharedArrayBuffer): void {
  const head = new Int32Array(memory, 0, 2);
  if (Atomics.compareExchange(head, 0, OPEN, BEGUN) !== OPEN) return;
  const count = head[1] as number;
  // A copy, since hashing and hex conversion take no views of shared memory.
  const claims = unpackBatch(new Uint8Array(memory).slice(HEAD_BYTES + count));
  const answers = new Uint8Array(memory, HEAD_BYTES, count);
  for (const [i, isTrue] of verifySignatures(claims).entries()) answers[i] = isTrue ? 1 : 0;
  Atomics.store(head, 0, DONE);
  Atomics.notify(head, 0);
}

/**
 * The answers; `undefined` when the other thread had not begun, or does not end in `timeoutMs`. Blocks this
 * thread while the other works.
 */
export function collectShared(
  memory: SharedArrayBuffer,
  timeoutMs: number,
): readonly boolean[] | undefined {
  const head = new Int32Array(memory, 0, 2);
  if (Atomics.compareExchange(head, 0, OPEN, WITHDRAWN) === OPEN) return undefined;
  Atomics.wait(head, 0, BEGUN, timeoutMs);
  if (Atomics.load(head, 0) !== DONE) return undefined;
  return Array.from(new Uint8Array(memory, HEAD_BYTES, head[1] as number), (byte) => byte === 1);
}

/**
 * The arithmetic of the code behind one interface: payload in, chunks out, and back. Everything a
 * caller could get wrong has been refused before a kernel is asked (`chunks.ts`).
 *
 * `tableKernel` is plain TypeScript over product tables; `wasmKernel` must give its bytes, and is the one used.
 */
import { EXP, ORDER } from "./field.ts";
import { locatorLogs } from "./locator.ts";
import { chunkLength, type ErasureParameters } from "./parameters.ts";
import { AdditiveTransform, differentiate, type RowTable, rowTable } from "./transform.ts";

/** A chunk with the index that says which point of the code it is. */
export type IndexedChunk = readonly [index: number, bytes: Uint8Array];

export interface ErasureKernel {
  /** The `n` chunks of a payload of at least one byte. They may share one memory. */
  encode(parameters: ErasureParameters, data: Uint8Array): Uint8Array[];
  /**
   * The payload with its zero padding, from exactly `k` chunks of one even length with distinct
   * indices below `n` in ascending order.
   */
  reconstruct(parameters: ErasureParameters, chunks: readonly IndexedChunk[]): Uint8Array;
}

/** Symbols that a tile of the transposition spans: one cache line of the rows. */
const TILE = 32;

function symbolsOf(table: RowTable): Uint16Array {
  return new Uint16Array(table.words.buffer);
}

/** Symbol j of codeword r goes to column r of row j. */
function spreadPayload(table: RowTable, data: Uint8Array, k: number, codewords: number): void {
  const padded = new Uint8Array(2 * k * codewords);
  padded.set(data);
  const payload = new Uint16Array(padded.buffer);
  const rows = symbolsOf(table);
  const rowLength = 2 * table.stride;
  for (let r0 = 0; r0 < codewords; r0 += TILE) {
    const r1 = Math.min(r0 + TILE, codewords);
    for (let j = 0; j < k; j++)
      for (let r = r0; r < r1; r++) rows[j * rowLength + r] = payload[r * k + j] as number;
  }
}

/** The inverse of `spreadPayload`. */
function collectPayload(table: RowTable, k: number, codewords: number): Uint8Array {
  const payload = new Uint16Array(k * codewords);
  const rows = symbolsOf(table);
  const rowLength = 2 * table.stride;
  for (let r0 = 0; r0 < codewords; r0 += TILE) {
    const r1 = Math.min(r0 + TILE, codewords);
    for (let j = 0; j < k; j++)
      for (let r = r0; r < r1; r++) payload[r * k + j] = rows[j * rowLength + r] as number;
  }
  return new Uint8Array(payload.buffer);
}

function putRow(table: RowTable, row: number, bytes: Uint8Array): void {
  new Uint8Array(table.words.buffer, 4 * table.stride * row).set(bytes);
}

class TableKernel implements ErasureKernel {
  readonly #transform = new AdditiveTransform();

  encode(parameters: ErasureParameters, data: Uint8Array): Uint8Array[] {
    const { n, k } = parameters;
    const length = chunkLength(parameters, data.length);
    const codewords = length / 2;
    const table = rowTable(Math.ceil(n / k) * k, codewords);
    spreadPayload(table, data, k, codewords);

    const { words, stride } = table;
    words.copyWithin(k * stride, 0, k * stride);
    this.#transform.inverse(table, k, k, 0);
    for (let block = 2 * k; block < n; block += k) {
      words.copyWithin(block * stride, k * stride, 2 * k * stride);
      this.#transform.forward(table, block, k, block, n);
    }
    this.#transform.forward(table, k, k, k, n);

    return Array.from(
      { length: n },
      (_, index) => new Uint8Array(words.buffer, 4 * stride * index, length),
    );
  }

  reconstruct(parameters: ErasureParameters, chunks: readonly IndexedChunk[]): Uint8Array {
    const { k, codeLength } = parameters;
    const codewords = (chunks[0]?.[1].length ?? 0) / 2;
    if (chunks.every(([index]) => index < k)) {
      const table = rowTable(k, codewords);
      for (const [index, bytes] of chunks) putRow(table, index, bytes);
      return collectPayload(table, k, codewords);
    }

    // With Q the polynomial of the payload and Λ that of the missing points, Λ·Q is known at every
    // point, and at a missing point (Λ·Q)' = Λ'·Q.
    const missing = new Uint8Array(codeLength).fill(1);
    for (const [index] of chunks) missing[index] = 0;
    const logs = locatorLogs(missing);
    const table = rowTable(codeLength, codewords);
    const { words, stride } = table;
    const occupied = new Set<number>();
    for (const [index, bytes] of chunks) {
      putRow(table, index, bytes);
      this.#transform.scale(table, index, EXP[logs[index] as number] as number);
      occupied.add(index - (index % k));
    }
    for (const block of occupied) this.#transform.inverse(table, block, k, block);
    this.#transform.inverse(table, 0, codeLength, 0, k);
    differentiate(table, codeLength, k);
    this.#transform.forward(table, 0, k, 0);

    for (let row = 0; row < k; row++) {
      if (missing[row] === 1)
        this.#transform.scale(table, row, EXP[ORDER - (logs[row] as number)] as number);
    }
    for (const [index, bytes] of chunks) {
      if (index >= k) break;
      words.fill(0, index * stride, (index + 1) * stride);
      putRow(table, index, bytes);
    }
    return collectPayload(table, k, codewords);
  }
}

/** The kernel in plain TypeScript, and the measure of every other. */
export const tableKernel: ErasureKernel = new TableKernel();

/**
 * The arithmetic of the code in WebAssembly, sixteen symbols at a time: the same bytes as `tableKernel`
 * many times faster.
 *
 * The subfield GF(2^8), the symbols below 256, is closed under multiplication, and every symbol is
 * a + b·γ for two of its elements, γ being the symbol 256. The kernel keeps symbols in this form, and
 * is told here what it has to know of the field.
 */
import { assert } from "@parahost/base";
import { type ErasureExports, instantiateErasure } from "@parahost/kernels";
import { EXP, multiply, ORDER } from "./field.ts";
import type { ErasureKernel, IndexedChunk } from "./kernel.ts";
import { locatorLogs } from "./locator.ts";
import { chunkLength, type ErasureParameters } from "./parameters.ts";

/** γ, the first symbol outside the subfield. */
const GAMMA = 256;
const PAGE_BYTES = 65_536;

/** What a linear map of bytes makes of 0 to 15, and of 0, 16, … 240. */
const nibbleTables = (map: (byte: number) => number): number[] =>
  [0, 4].flatMap((shift) => Array.from({ length: 16 }, (_, nibble) => map(nibble << shift)));

function writeField({ memory, PRODUCTS, MAPS }: ErasureExports): void {
  const bytes = new Uint8Array(memory.buffer);
  for (let element = 0; element < 256; element++)
    bytes.set(
      nibbleTables((byte) => multiply(element, byte)),
      PRODUCTS.value + 32 * element,
    );
  const upperOfB = (b: number): number => multiply(b, GAMMA) >> 8;
  const lowerOfB = (b: number): number => multiply(b, GAMMA) & 255;
  const bOfUpper = new Uint8Array(256);
  for (let b = 0; b < 256; b++) bOfUpper[upperOfB(b)] = b;
  const maps = [
    (upper: number) => bOfUpper[upper] as number,
    (upper: number) => lowerOfB(bOfUpper[upper] as number),
    upperOfB,
    lowerOfB,
  ];
  for (const [i, map] of maps.entries()) bytes.set(nibbleTables(map), MAPS.value + 32 * i);
}

/** Hands out stretches of the kernel's memory, which grows to the largest sum there is. */
class Layout {
  readonly #memory: WebAssembly.Memory;
  readonly #tile: number;
  #end: number;

  constructor({ memory, FREE, TILE }: ErasureExports) {
    this.#memory = memory;
    this.#tile = TILE.value;
    this.#end = FREE.value;
  }

  /** The address of `length` bytes. */
  take(length: number): number {
    const address = this.#end;
    this.#end += this.toTiles(length);
    return address;
  }

  /** `length` rounded up to whole tiles. */
  toTiles(length: number): number {
    return Math.ceil(length / this.#tile) * this.#tile;
  }

  /** The memory, long enough for all that was taken. */
  bytes(): Uint8Array<ArrayBuffer> {
    const missing = this.#end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    return new Uint8Array(this.#memory.buffer as ArrayBuffer);
  }
}

export class WasmKernel implements ErasureKernel {
  readonly #kernel: ErasureExports;

  /** The build that the engine runs best, unless one is named. */
  constructor(build?: "relaxed" | "portable") {
    this.#kernel = instantiateErasure(build);
    writeField(this.#kernel);
  }

  encode(parameters: ErasureParameters, data: Uint8Array): Uint8Array[] {
    const { n, k } = parameters;
    const length = chunkLength(parameters, data.length);
    const layout = new Layout(this.#kernel);
    const stride = layout.toTiles(length);
    const work = layout.take(2 * k * this.#kernel.TILE.value);
    const payload = layout.take(k * stride);
    const chunks = layout.take(n * stride);
    const bytes = layout.bytes();
    bytes.set(data, payload);
    bytes.fill(0, payload + data.length, payload + k * length);
    this.#kernel.encode(n, k, payload, chunks, stride, work);
    // One copy, since a thousand buffers a call keep the engine's collector busy.
    const { buffer } = bytes.slice(chunks, chunks + n * stride);
    return Array.from({ length: n }, (_, index) => new Uint8Array(buffer, index * stride, length));
  }

  reconstruct(parameters: ErasureParameters, chunks: readonly IndexedChunk[]): Uint8Array {
    const { k, codeLength } = parameters;
    assert(chunks.length === k, `${k} chunks are needed, not ${chunks.length}`);
    const length = chunks[0]?.[1].length ?? 0;
    const layout = new Layout(this.#kernel);
    const stride = layout.toTiles(length);
    const work = layout.take(codeLength * this.#kernel.TILE.value);
    const [indices, locator, repair] = [layout.take(4 * k), layout.take(4 * k), layout.take(4 * k)];
    const given = layout.take(k * stride);
    const payload = layout.take(k * stride);
    const bytes = layout.bytes();
    for (const [i, [, chunk]] of chunks.entries()) bytes.set(chunk, given + i * stride);
    if (chunks.every(([index]) => index < k)) this.#kernel.collect(k, payload, given, stride, work);
    else {
      const missing = new Uint8Array(codeLength).fill(1);
      for (const [index] of chunks) missing[index] = 0;
      const logs = locatorLogs(missing);
      const words = new Uint32Array(bytes.buffer);
      for (const [i, [index]] of chunks.entries()) {
        words[indices / 4 + i] = index;
        words[locator / 4 + i] = EXP[logs[index] as number] as number;
      }
      for (let row = 0; row < k; row++)
        words[repair / 4 + row] =
          missing[row] === 1 ? (EXP[ORDER - (logs[row] as number)] as number) : 0;
      this.#kernel.reconstruct(
        k,
        codeLength,
        payload,
        given,
        stride,
        indices,
        locator,
        repair,
        work,
      );
    }
    return bytes.slice(payload, payload + k * length);
  }
}

/** The kernel that everybody uses. */
export const wasmKernel: ErasureKernel = new WasmKernel();

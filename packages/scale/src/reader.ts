/**
 * Reads bytes front to back. Every read is bounded by the input; nothing is allocated from a length
 * that the input merely claims.
 */
import { DecodeError } from "./error.ts";

/** Nested containers deeper than this are refused: no type of the protocol comes near it. */
export const DEPTH_MAX = 64;

export class Reader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  offset = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  /** Moves on by `count` bytes and returns where they start. */
  take(count: number): number {
    const start = this.offset;
    if (count > this.bytes.length - start) this.#short(count);
    this.offset = start + count;
    return start;
  }

  u8(): number {
    const start = this.offset;
    if (start >= this.bytes.length) this.#short(1);
    this.offset = start + 1;
    return this.bytes[start] as number;
  }

  u16(): number {
    return this.#view.getUint16(this.take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.take(8), true);
  }

  i32(): number {
    return this.#view.getInt32(this.take(4), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.take(8), true);
  }

  /** A view of the next `count` bytes, not a copy. */
  view(count: number): Uint8Array {
    const start = this.take(count);
    return this.bytes.subarray(start, start + count);
  }

  /** A compact number of at most 32 bits; the common case of lengths, counts and block numbers. */
  compactU32(): number {
    const start = this.offset;
    const first = this.u8();
    switch (first & 3) {
      case 0:
        return first >> 2;
      case 1: {
        const value = (first | (this.u8() << 8)) >> 2;
        if (value < 64) this.#notMinimal(start);
        return value;
      }
      case 2: {
        this.offset = start;
        const value = this.u32() >>> 2;
        if (value < 0x4000) this.#notMinimal(start);
        return value;
      }
      default: {
        if (first !== 3) this.#compactTooBig(start, (first >> 2) + 4, 4);
        const value = this.u32();
        if (value < 0x4000_0000) this.#notMinimal(start);
        return value;
      }
    }
  }

  /** A compact number of at most `byteLengthMax` bytes (8 or 16). */
  compactBig(byteLengthMax: number): bigint {
    const start = this.offset;
    const first = this.u8();
    if ((first & 3) !== 3) {
      this.offset = start;
      return BigInt(this.compactU32());
    }
    const length = (first >> 2) + 4;
    if (length > byteLengthMax) this.#compactTooBig(start, length, byteLengthMax);
    const at = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--)
      value = (value << 8n) | BigInt(this.bytes[at + i] as number);
    if (this.bytes[at + length - 1] === 0 || value < 0x4000_0000n) this.#notMinimal(start);
    return value;
  }

  /**
   * A claimed number of items, refused unless that many items of at least `itemSizeMin` bytes can
   * still follow. Items that may be empty count as one byte, which bounds them by the input too.
   */
  count(itemSizeMin: number, countMax: number): number {
    const start = this.offset;
    const count = this.compactU32();
    if (count > countMax)
      throw new DecodeError("boundExceeded", start, `${count} items, at most ${countMax}`);
    if (count * (itemSizeMin === 0 ? 1 : itemSizeMin) > this.remaining)
      throw new DecodeError(
        "lengthTooLarge",
        start,
        `${count} items claimed, ${this.remaining} bytes left`,
      );
    return count;
  }

  enter(): void {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX)
      throw new DecodeError("tooDeep", this.offset, `nested deeper than ${DEPTH_MAX}`);
  }

  leave(): void {
    this.#depth -= 1;
  }

  #short(count: number): never {
    throw new DecodeError(
      "unexpectedEnd",
      this.bytes.length,
      `input ends at ${this.bytes.length}, wanted ${this.offset + count}`,
    );
  }

  #notMinimal(start: number): never {
    throw new DecodeError("notMinimal", start, "compact number is not in its shortest form");
  }

  #compactTooBig(start: number, length: number, lengthMax: number): never {
    throw new DecodeError(
      "outOfRange",
      start,
      `compact number of ${length} bytes, at most ${lengthMax}`,
    );
  }
}

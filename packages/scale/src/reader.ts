/**
 * Reads bytes front to back. Every read is bounded by the input; nothing is allocated from a length
 * that the input merely claims.
 */
import { type Hex, hexOfRange } from "@parahost/base";
import { DecodeError } from "./error.ts";

/** Containers nested deeper than this are refused: no type of the protocol comes near it. */
export const DEPTH_MAX = 64;

/** The largest count or length that the format can express for lists. */
export const COUNT_MAX = 0xffff_ffff;

/** No input of the protocol is larger; who claims more does not mean it. */
const INPUT_MAX_BYTES = 64 * 1024 * 1024;

/** Items that take no bytes cannot be bounded by the input; more of them than this are refused. */
export const EMPTY_ITEMS_MAX = 256;

export class Reader {
  readonly bytes: Uint8Array;
  /** Position of the next byte. */
  offset = 0;
  readonly #view: DataView;
  readonly #buffer: ArrayBufferLike;
  readonly #base: number;
  #end: number;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#buffer = bytes.buffer;
    this.#base = bytes.byteOffset;
    this.#end = bytes.length;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Bytes that are left. */
  get remaining(): number {
    return this.#end - this.offset;
  }

  /** Moves on by `count` bytes and returns where they start. */
  take(count: number): number {
    const start = this.offset;
    if (count > this.#end - start) this.#short(count);
    this.offset = start + count;
    return start;
  }

  u8(): number {
    const start = this.offset;
    if (start >= this.#end) this.#short(1);
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

  i8(): number {
    return this.#view.getInt8(this.take(1));
  }

  i16(): number {
    return this.#view.getInt16(this.take(2), true);
  }

  i32(): number {
    return this.#view.getInt32(this.take(4), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.take(8), true);
  }

  /** A view of the next `count` bytes, not a copy. */
  view(count: number): Uint8Array {
    return new Uint8Array(this.#buffer, this.#base + this.take(count), count);
  }

  /** The next `count` bytes as `0x` text. */
  hex(count: number): Hex {
    const start = this.take(count);
    return hexOfRange(this.bytes, start, start + count);
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
        if (value < 0x40) this.#notMinimal(start);
        return value;
      }
      case 2: {
        this.offset = start;
        const value = this.u32() >>> 2;
        if (value < 0x4000) this.#notMinimal(start);
        return value;
      }
      default: {
        const length = (first >> 2) + 4;
        if (length > 4) {
          this.#checkTop(start, length);
          this.#compactTooBig(start, length, 4);
        }
        const value = this.u32();
        if (value < 0x4000_0000) this.#notMinimal(start);
        return value;
      }
    }
  }

  /** A compact number of at most `byteLengthMax` bytes (8, 16 or 32). */
  compactBig(byteLengthMax: number): bigint {
    const start = this.offset;
    const first = this.u8();
    if ((first & 3) !== 3) {
      this.offset = start;
      return BigInt(this.compactU32());
    }
    const length = (first >> 2) + 4;
    this.#checkTop(start, length);
    if (length > byteLengthMax) this.#compactTooBig(start, length, byteLengthMax);
    let value = 0n;
    for (let i = length; i > 0; i--)
      value = (value << 8n) | BigInt(this.bytes[start + i] as number);
    if (value < 0x4000_0000n) this.#notMinimal(start);
    return value;
  }

  /**
   * A claimed number of items, refused unless that many items of at least `itemSizeMin` bytes can
   * still follow.
   */
  count(itemSizeMin: number, countMax: number): number {
    const start = this.offset;
    const count = this.length();
    if (count > countMax)
      throw new DecodeError("boundExceeded", start, `${count} items, at most ${countMax}`);
    if (itemSizeMin === 0) {
      if (count > EMPTY_ITEMS_MAX) this.#tooLarge(start, count);
    } else if (count * itemSizeMin > this.remaining) this.expect(count * itemSizeMin, start);
    return count;
  }

  /** A compact number that claims a length, which may be more than can follow. */
  length(): number {
    const start = this.offset;
    const first = this.bytes[start] as number;
    if (start < this.#end && (first & 3) === 3 && first > 3) {
      this.offset += 1;
      this.#checkTop(start, (first >> 2) + 4);
      this.#tooLarge(start, 2 ** 32);
    }
    return this.compactU32();
  }

  /** Refuses the length claimed at `claimedAt` unless `count` bytes follow. */
  expect(count: number, claimedAt: number): void {
    if (count <= this.remaining) return;
    if (count > INPUT_MAX_BYTES) this.#tooLarge(claimedAt, count);
    this.#short(count);
  }

  /** Notes that a container begins inside another. */
  enter(): void {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX)
      throw new DecodeError("tooDeep", this.offset, `nested deeper than ${DEPTH_MAX}`);
  }

  /** Notes that a container is complete. */
  leave(): void {
    this.#depth -= 1;
  }

  /** Ends the input after the next `count` bytes; gives what `widen` needs to undo it. */
  narrow(count: number): number {
    const outer = this.#end;
    this.#end = this.take(count) + count;
    this.offset -= count;
    return outer;
  }

  /** Restores the end from before `narrow`; what was inside must have been read to its last byte. */
  widen(outer: number): void {
    if (this.remaining > 0)
      throw new DecodeError("trailingBytes", this.offset, `${this.remaining} bytes left over`);
    this.#end = outer;
  }

  #short(count: number): never {
    throw new DecodeError(
      "unexpectedEnd",
      this.#end,
      `input ends at ${this.#end}, wanted ${this.offset + count}`,
    );
  }

  #tooLarge(claimedAt: number, count: number): never {
    throw new DecodeError(
      "lengthTooLarge",
      claimedAt,
      `${count} claimed, ${this.remaining} bytes left`,
    );
  }

  /** The highest byte of a big compact number is there and not zero. */
  #checkTop(start: number, length: number): void {
    if (this.bytes[this.take(length) + length - 1] === 0) this.#notMinimal(start);
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

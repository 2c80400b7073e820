/** SCALE: strict reading of what came from outside, writing of what we answer. */

import { Bytes } from "./bytes";
import { U128 } from "./u128";

export class Reader {
  private at: i32 = 0;

  constructor(private readonly input: Bytes) {}

  get remaining(): i32 {
    return this.input.length - this.at;
  }

  /** Ends the guest when something is left over. */
  end(): void {
    assert(this.remaining == 0, "bytes left over");
  }

  bytes(length: i32): Bytes {
    assert(length >= 0 && length <= this.remaining, "the input ends too early");
    this.at += length;
    return this.input.slice(this.at - length, this.at);
  }

  u8(): u8 {
    return load<u8>(this.bytes(1).pointer);
  }

  u16(): u16 {
    return load<u16>(this.bytes(2).pointer);
  }

  /** Refuses everything but 0 and 1. */
  bool(): bool {
    const value = this.u8();
    assert(value < 2, "a truth value that is neither");
    return value == 1;
  }

  u32(): u32 {
    return load<u32>(this.bytes(4).pointer);
  }

  u64(): u64 {
    return load<u64>(this.bytes(8).pointer);
  }

  /** A compact number below 2^30; longer forms are refused, since no length or count comes near it. */
  compact(): i32 {
    const first = this.u8();
    switch (first & 3) {
      case 0:
        return first >> 2;
      case 1: {
        const value = (<i32>first | (<i32>this.u8() << 8)) >> 2;
        assert(value >= 1 << 6, "a compact number is not in its shortest form");
        return value;
      }
      case 2: {
        const high = this.bytes(3);
        const word =
          <u32>first |
          (<u32>high.at(0) << 8) |
          (<u32>high.at(1) << 16) |
          (<u32>high.at(2) << 24);
        assert(word >> 2 >= 1 << 14, "a compact number is not in its shortest form");
        return <i32>(word >> 2);
      }
      default:
        assert(false, "a length of a gigabyte or more");
        return 0;
    }
  }

  /** A compact number of any size up to 128 bits. */
  compactU128(): U128 {
    assert(this.remaining > 0, "the input ends too early");
    const first = this.input.at(this.at);
    if ((first & 3) != 3) return U128.of(this.compact());
    this.at += 1;
    const length = <i32>(first >> 2) + 4;
    assert(length <= 16, "a compact number has too many bytes");
    const digits = this.bytes(length);
    assert(digits.at(length - 1) != 0, "a compact number is not in its shortest form");
    let low: u64 = 0;
    let high: u64 = 0;
    for (let index = 0; index < length; index++) {
      const digit = <u64>digits.at(index);
      if (index < 8) low |= digit << (8 * <u64>index);
      else high |= digit << (8 * <u64>(index - 8));
    }
    assert(length > 4 || low >> 30 != 0, "a compact number is not in its shortest form");
    return new U128(low, high);
  }

  /** A compact number of up to 64 bits. */
  compactU64(): u64 {
    const value = this.compactU128();
    assert(value.high == 0, "a compact number is too large");
    return value.low;
  }

  /** A compact number of up to 32 bits. */
  compactU32(): u32 {
    const value = this.compactU64();
    assert(value <= <u64>u32.MAX_VALUE, "a compact number is too large");
    return <u32>value;
  }

  /** Where the reader stands: bytes taken so far. */
  get position(): i32 {
    return this.at;
  }

  /** All that is left. */
  rest(): Bytes {
    return this.bytes(this.remaining);
  }

  /** Bytes behind their length. */
  blob(): Bytes {
    return this.bytes(this.compact());
  }

  /** A count of items of at least `itemBytes` each, which must still be there. */
  count(itemBytes: i32): i32 {
    const count = this.compact();
    assert(count <= this.remaining / itemBytes, "fewer items than announced");
    return count;
  }
}

export class Writer {
  private buffer: ArrayBuffer;
  private length: i32 = 0;

  constructor(capacity: i32) {
    this.buffer = new ArrayBuffer(capacity);
  }

  private reserve(extra: i32): usize {
    const wanted = this.length + extra;
    if (wanted > this.buffer.byteLength) {
      const larger = new ArrayBuffer(max(wanted, 2 * this.buffer.byteLength));
      memory.copy(
        changetype<usize>(larger),
        changetype<usize>(this.buffer),
        this.length,
      );
      this.buffer = larger;
    }
    const at = changetype<usize>(this.buffer) + this.length;
    this.length = wanted;
    return at;
  }

  /** Forgets what was written; views of it become invalid. */
  reset(): void {
    this.length = 0;
  }

  u8(value: u8): void {
    store<u8>(this.reserve(1), value);
  }

  u16(value: u16): void {
    store<u16>(this.reserve(2), value);
  }

  u32(value: u32): void {
    store<u32>(this.reserve(4), value);
  }

  u64(value: u64): void {
    store<u64>(this.reserve(8), value);
  }

  bytes(bytes: Bytes): void {
    memory.copy(this.reserve(bytes.length), bytes.pointer, bytes.length);
  }

  compact(value: i32): void {
    if (value < 1 << 6) this.u8(<u8>(value << 2));
    else if (value < 1 << 14) this.u16(<u16>((value << 2) | 1));
    else this.u32((<u32>value << 2) | 2);
  }

  compactU128(value: U128): void {
    if (value.high == 0 && value.low < 1 << 30) {
      this.compact(<i32>value.low);
      return;
    }
    let length = value.high == 0 ? 8 : 16;
    while (length > 4 && value.byteAt(length - 1) == 0) length -= 1;
    this.u8(<u8>(((length - 4) << 2) | 3));
    for (let index = 0; index < length; index++) this.u8(value.byteAt(index));
  }

  compactU32(value: u32): void {
    this.compactU128(U128.of(value));
  }

  compactU64(value: u64): void {
    this.compactU128(U128.of(value));
  }

  bool(value: bool): void {
    this.u8(value ? 1 : 0);
  }

  /** How many bytes have been written. */
  get size(): i32 {
    return this.length;
  }

  /** Forgets what was written behind the first `length` bytes. */
  truncate(length: i32): void {
    this.length = length;
  }

  blob(bytes: Bytes): void {
    this.compact(bytes.length);
    this.bytes(bytes);
  }

  /** A view of what has been written, good until more is. */
  view(): Bytes {
    return new Bytes(changetype<usize>(this.buffer), this.length);
  }

  /** What has been written, as a copy of its own. */
  copy(): Bytes {
    const copied = Bytes.fresh(this.length);
    memory.copy(copied.pointer, changetype<usize>(this.buffer), this.length);
    return copied;
  }
}

/** Reads the WebAssembly binary format: bytes, LEB128 numbers and names, within one range of the module. */

import { WasmError } from "./refusal.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class WasmReader {
  readonly bytes: Uint8Array;
  /** Next byte to read. */
  offset: number;
  /** First byte that no longer belongs to the range. */
  readonly end: number;

  constructor(bytes: Uint8Array, offset = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get done(): boolean {
    return this.offset >= this.end;
  }

  u8(): number {
    if (this.offset >= this.end)
      throw new WasmError("unexpectedEnd", this.offset, "wanted 1 byte more");
    return this.bytes[this.offset++] as number;
  }

  /** Unsigned 32-bit LEB128: at most five bytes, unused bits zero. */
  u32(): number {
    const start = this.offset;
    const first = this.u8();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; ; shift += 7) {
      const byte = this.u8();
      if (shift === 28) {
        if (byte >= 0x80) throw new WasmError("lebTooLong", start, "a u32 has at most 5 bytes");
        if (byte > 0x0f) throw new WasmError("lebOutOfRange", start, "number above 2^32 - 1");
        return (value | (byte << 28)) >>> 0;
      }
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  /** Signed 32-bit LEB128. */
  s32(): number {
    const start = this.offset;
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      if (shift === 28) {
        if (byte >= 0x80) throw new WasmError("lebTooLong", start, "an i32 has at most 5 bytes");
        // The four bits that do not fit must repeat the sign.
        const spare = byte & 0x78;
        if (spare !== 0 && spare !== 0x78)
          throw new WasmError("lebOutOfRange", start, "number outside of i32");
        return value | (byte << 28);
      }
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value << (25 - shift)) >> (25 - shift);
    }
  }

  /** Checks and passes over a signed 64-bit LEB128. */
  skipS64(): void {
    const start = this.offset;
    for (let length = 1; ; length++) {
      const byte = this.u8();
      if (length === 10) {
        if (byte >= 0x80) throw new WasmError("lebTooLong", start, "an i64 has at most 10 bytes");
        if (byte !== 0 && byte !== 0x7f)
          throw new WasmError("lebOutOfRange", start, "number outside of i64");
        return;
      }
      if (byte < 0x80) return;
    }
  }

  skip(length: number): void {
    if (length > this.end - this.offset)
      throw new WasmError(
        "unexpectedEnd",
        this.offset,
        `wanted ${length} bytes, ${this.end - this.offset} left`,
      );
    this.offset += length;
  }

  /** A length-prefixed UTF-8 name. */
  name(): string {
    const length = this.u32();
    const start = this.offset;
    this.skip(length);
    try {
      return utf8.decode(this.bytes.subarray(start, this.offset));
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw new WasmError("badUtf8", start, "a name is not UTF-8");
    }
  }

  /** A reader of the next `length` bytes, which are passed over here. */
  range(length: number): WasmReader {
    const start = this.offset;
    this.skip(length);
    return new WasmReader(this.bytes, start, this.offset);
  }
}

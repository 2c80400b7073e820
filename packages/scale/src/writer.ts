/** Grows as it is written; a top-level `encode` reuses one writer, so hot paths do not allocate. */
import { assert, type Hex, hexInto } from "@parahost/base";

/** Shorter byte strings are copied faster in a loop than by a call. */
const LOOP_MAX_BYTES = 24;

export class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written since the last `reset`. */
  get length(): number {
    return this.#length;
  }

  /** A copy of what was written since the last `reset`. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Begins anew, keeping the buffer. */
  reset(): void {
    this.#length = 0;
  }

  /** Room for `count` bytes; returns where they start. The caller fills them through `target`. */
  reserve(count: number): number {
    const start = this.#length;
    const end = start + count;
    if (end > this.#bytes.length) this.#grow(end);
    this.#length = end;
    return start;
  }

  /** The buffer behind the writer; valid until the next write. */
  get target(): Uint8Array {
    return this.#bytes;
  }

  u8(value: number): void {
    const at = this.reserve(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.reserve(2);
    this.#view.setUint16(at, value, true);
  }

  u32(value: number): void {
    const at = this.reserve(4);
    this.#view.setUint32(at, value, true);
  }

  u64(value: bigint): void {
    const at = this.reserve(8);
    this.#view.setBigUint64(at, value, true);
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    const at = this.reserve(length);
    if (length > LOOP_MAX_BYTES) this.#bytes.set(bytes, at);
    else for (let i = 0; i < length; i++) this.#bytes[at + i] = bytes[i] as number;
  }

  /** The bytes that hex text stands for, `length` of them. */
  hex(text: Hex, length: number): void {
    const at = this.reserve(length);
    if (hexInto(text, this.#bytes, at) !== length) assert(false, `${text} is not ${length} bytes`);
  }

  compactU32(value: number): void {
    if (value < 0x40) this.u8(value << 2);
    else if (value < 0x4000) this.u16((value << 2) | 1);
    else if (value < 0x4000_0000) this.u32(((value << 2) | 2) >>> 0);
    else {
      this.u8(3);
      this.u32(value);
    }
  }

  compactBig(value: bigint): void {
    if (value < 0n) assert(false, `compact numbers are not negative: ${value}`);
    if (value < 0x4000_0000n) {
      this.compactU32(Number(value));
      return;
    }
    let length = 4;
    while (value >> BigInt(length * 8) > 0n) length += 1;
    this.u8(((length - 4) << 2) | 3);
    const at = this.reserve(length);
    let rest = value;
    for (let i = 0; i < length; i++) {
      this.#bytes[at + i] = Number(rest & 0xffn);
      rest >>= 8n;
    }
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

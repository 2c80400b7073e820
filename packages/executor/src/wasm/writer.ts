/** Writes the WebAssembly binary format into a buffer that grows. */

const PADDED_U32 = 5;

export class WasmWriter {
  #buffer: Uint8Array;
  #length = 0;

  constructor(capacity = 1024) {
    this.#buffer = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  #reserve(extra: number): void {
    const wanted = this.#length + extra;
    if (wanted <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(wanted, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }

  u8(byte: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = byte;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** `source[from, to)`, for copying code through. */
  copy(source: Uint8Array, from: number, to: number): void {
    const length = to - from;
    this.#reserve(length);
    if (length > 32) {
      this.#buffer.set(source.subarray(from, to), this.#length);
    } else {
      for (let i = 0; i < length; i++) this.#buffer[this.#length + i] = source[from + i] as number;
    }
    this.#length += length;
  }

  u32(value: number): void {
    this.#reserve(PADDED_U32);
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#length++] = rest;
  }

  /** An i32 or i64 that fits 32 bits, signed LEB128. */
  s32(value: number): void {
    this.#reserve(PADDED_U32);
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
      this.#buffer[this.#length++] = isLast ? low : low | 0x80;
      if (isLast) return;
    }
  }

  /** Room for a number below 2^31 that is known later; returns its position for `patch`. */
  placeholder(): number {
    const at = this.#length;
    this.#reserve(PADDED_U32);
    this.#length += PADDED_U32;
    this.patch(at, 0);
    return at;
  }

  /** Fills a placeholder with five bytes that are both its unsigned and its signed LEB128 form. */
  patch(at: number, value: number): void {
    for (let index = 0; index < PADDED_U32 - 1; index++)
      this.#buffer[at + index] = ((value >>> (7 * index)) & 0x7f) | 0x80;
    this.#buffer[at + PADDED_U32 - 1] = (value >>> 28) & 0x07;
  }

  name(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.u32(bytes.length);
    this.bytes(bytes);
  }

  /** A section: its id, its length, and what `content` writes. */
  section(id: number, content: () => void): void {
    this.u8(id);
    const at = this.placeholder();
    const start = this.#length;
    content();
    this.patch(at, this.#length - start);
  }

  /** A copy of what has been written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(0, this.#length) as Uint8Array<ArrayBuffer>;
  }
}

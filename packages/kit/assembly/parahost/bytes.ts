/** A stretch of memory: a view of the parameters, of a hash, or of something written. Never copied by itself. */

export class Bytes {
  constructor(
    readonly pointer: usize,
    readonly length: i32,
  ) {}

  static of(buffer: ArrayBuffer): Bytes {
    return new Bytes(changetype<usize>(buffer), buffer.byteLength);
  }

  /** Fresh zeroed memory. */
  static fresh(length: i32): Bytes {
    return Bytes.of(new ArrayBuffer(length));
  }

  /** Pointer below, length above, as host and guest hand bytes to each other. */
  packed(): u64 {
    return <u64>this.pointer | ((<u64>this.length) << 32);
  }

  at(index: i32): u8 {
    return load<u8>(this.pointer + index);
  }

  slice(start: i32, end: i32): Bytes {
    return new Bytes(this.pointer + start, end - start);
  }

  /** Below 0, 0 or above, as byte strings are ordered. */
  compare(other: Bytes): i32 {
    const order = memory.compare(this.pointer, other.pointer, min(this.length, other.length));
    return order != 0 ? order : this.length - other.length;
  }

  startsWith(prefix: Bytes): bool {
    return (
      this.length >= prefix.length &&
      memory.compare(this.pointer, prefix.pointer, prefix.length) == 0
    );
  }

  /** A copy in memory of its own. */
  copy(): Bytes {
    const copied = Bytes.fresh(this.length);
    memory.copy(copied.pointer, this.pointer, this.length);
    return copied;
  }

  equals(other: Bytes): bool {
    return (
      this.length == other.length && memory.compare(this.pointer, other.pointer, this.length) == 0
    );
  }
}

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

  at(index: i32): u8 {
    return load<u8>(this.pointer + index);
  }

  slice(start: i32, end: i32): Bytes {
    return new Bytes(this.pointer + start, end - start);
  }

  equals(other: Bytes): bool {
    return (
      this.length == other.length && memory.compare(this.pointer, other.pointer, this.length) == 0
    );
  }
}

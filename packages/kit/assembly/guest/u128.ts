/** Unsigned numbers of 128 bits, as far as balances need them. */

import { Reader, Writer } from "./scale";

export class U128 {
  constructor(
    readonly low: u64,
    readonly high: u64,
  ) {}

  static read(reader: Reader): U128 {
    const low = reader.u64();
    return new U128(low, reader.u64());
  }

  write(writer: Writer): void {
    writer.u64(this.low);
    writer.u64(this.high);
  }

  get isZero(): bool {
    return (this.low | this.high) == 0;
  }

  isLessThan(other: U128): bool {
    return this.high != other.high ? this.high < other.high : this.low < other.low;
  }

  /** The sum; ends the guest when it does not fit. */
  plus(other: U128): U128 {
    const low = this.low + other.low;
    const carry: u64 = low < this.low ? 1 : 0;
    const high = this.high + other.high;
    const sum = high + carry;
    assert(high >= this.high && sum >= high, "a balance overflows");
    return new U128(low, sum);
  }

  /** The difference; ends the guest below zero. */
  minus(other: U128): U128 {
    assert(!this.isLessThan(other), "a balance falls below zero");
    const borrow: u64 = this.low < other.low ? 1 : 0;
    return new U128(this.low - other.low, this.high - other.high - borrow);
  }
}

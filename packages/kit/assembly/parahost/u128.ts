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

  /** A byte of it, the lowest first. */
  byteAt(index: i32): u8 {
    return <u8>(index < 8 ? this.low >> (8 * <u64>index) : this.high >> (8 * <u64>(index - 8)));
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

  static of(value: u64): U128 {
    return new U128(value, 0);
  }

  /** Whether the sum fits. */
  static canAdd(a: U128, b: U128): bool {
    return !U128.max.minus(a).isLessThan(b);
  }

  static get max(): U128 {
    return new U128(u64.MAX_VALUE, u64.MAX_VALUE);
  }

  equals(other: U128): bool {
    return this.low == other.low && this.high == other.high;
  }

  /** The product with a small number; ends the guest when it does not fit. */
  times(factor: u64): U128 {
    const low = wide(this.low, factor);
    const high = wide(this.high, factor);
    assert(high.high == 0, "a balance overflows");
    return new U128(low.low, 0).plus(new U128(0, low.high)).plus(new U128(0, high.low));
  }

  /** The quotient, rounded down; ends the guest for 0. */
  dividedBy(divisor: u64): U128 {
    assert(divisor != 0, "a division by zero");
    let rest: u64 = 0;
    let high: u64 = 0;
    let low: u64 = 0;
    for (let bit = 127; bit >= 0; bit--) {
      const digit = bit >= 64 ? (this.high >> <u64>(bit - 64)) & 1 : (this.low >> <u64>bit) & 1;
      const carried = rest >> 63;
      rest = (rest << 1) | digit;
      if (carried == 1 || rest >= divisor) {
        rest -= divisor;
        if (bit >= 64) high |= <u64>1 << <u64>(bit - 64);
        else low |= <u64>1 << <u64>bit;
      }
    }
    return new U128(low, high);
  }
}

/** All 128 bits of a product. */
function wide(a: u64, b: u64): U128 {
  const aLow = a & 0xffff_ffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffff_ffff;
  const bHigh = b >> 32;
  const lowest = aLow * bLow;
  const middle = aHigh * bLow + (lowest >> 32);
  const crossed = aLow * bHigh + (middle & 0xffff_ffff);
  return new U128(
    (crossed << 32) | (lowest & 0xffff_ffff),
    aHigh * bHigh + (middle >> 32) + (crossed >> 32),
  );
}

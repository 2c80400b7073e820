/**
 * What every plain instruction (operands on the stack, no immediate) computes, written from the WebAssembly
 * specification with canonical NaNs. i32 values are numbers, i64 values bigints, both signed; floats are kept as their
 * bits, f32 as an unsigned number and f64 as an unsigned bigint, so that no NaN loses its payload on the way.
 */

import { F32, F64, FIRST_OPERAND, I32, I64, RESULT } from "../wasm/opcodes.ts";

export type Value = number | bigint;

/** How a guest of the interpreter ends without an answer. */
export class ModelTrap extends Error {
  override readonly name = "ModelTrap";
}

const view = new DataView(new ArrayBuffer(8));

const f32FromBits = (bits: number): number => {
  view.setUint32(0, bits);
  return view.getFloat32(0);
};
const f32ToBits = (value: number): number => {
  if (Number.isNaN(value)) return 0x7fc0_0000;
  view.setFloat32(0, value);
  return view.getUint32(0);
};
const f64FromBits = (bits: bigint): number => {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
};
const f64ToBits = (value: number): bigint => {
  if (Number.isNaN(value)) return 0x7ff8_0000_0000_0000n;
  view.setFloat64(0, value);
  return view.getBigUint64(0);
};

const s64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const bool = (value: boolean): number => (value ? 1 : 0);

type Binary<T> = (a: T, b: T) => Value;
type Unary<T> = (a: T) => Value;

function nonZero<T extends Value>(divisor: T): T {
  if (divisor === 0 || divisor === 0n) throw new ModelTrap("divide by zero");
  return divisor;
}

const MIN_32 = -(2 ** 31);
const MIN_64 = -(2n ** 63n);

const I32_COMPARISONS: readonly Binary<number>[] = [
  (a, b) => bool(a === b),
  (a, b) => bool(a !== b),
  (a, b) => bool(a < b),
  (a, b) => bool(a >>> 0 < b >>> 0),
  (a, b) => bool(a > b),
  (a, b) => bool(a >>> 0 > b >>> 0),
  (a, b) => bool(a <= b),
  (a, b) => bool(a >>> 0 <= b >>> 0),
  (a, b) => bool(a >= b),
  (a, b) => bool(a >>> 0 >= b >>> 0),
];
const I64_COMPARISONS: readonly Binary<bigint>[] = [
  (a, b) => bool(a === b),
  (a, b) => bool(a !== b),
  (a, b) => bool(a < b),
  (a, b) => bool(u64(a) < u64(b)),
  (a, b) => bool(a > b),
  (a, b) => bool(u64(a) > u64(b)),
  (a, b) => bool(a <= b),
  (a, b) => bool(u64(a) <= u64(b)),
  (a, b) => bool(a >= b),
  (a, b) => bool(u64(a) >= u64(b)),
];
const FLOAT_COMPARISONS: readonly Binary<number>[] = [
  (a, b) => bool(a === b),
  (a, b) => bool(a !== b),
  (a, b) => bool(a < b),
  (a, b) => bool(a > b),
  (a, b) => bool(a <= b),
  (a, b) => bool(a >= b),
];

const bitLength = (value: number): number => 32 - Math.clz32(value);
const popcount = (value: number): number => {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count += 1;
  return count;
};
const halves = (value: bigint): readonly [high: number, low: number] => [
  Number(u64(value) >> 32n) | 0,
  Number(value & 0xffff_ffffn) | 0,
];

const I32_UNARY: readonly Unary<number>[] = [
  (a) => Math.clz32(a),
  (a) => (a === 0 ? 32 : bitLength(a & -a) - 1),
  (a) => popcount(a),
];
const I64_UNARY: readonly Unary<bigint>[] = [
  (a) => {
    const [high, low] = halves(a);
    return BigInt(high === 0 ? 32 + Math.clz32(low) : Math.clz32(high));
  },
  (a) => {
    const [high, low] = halves(a);
    if (low !== 0) return BigInt(bitLength(low & -low) - 1);
    return BigInt(high === 0 ? 64 : 32 + bitLength(high & -high) - 1);
  },
  (a) => {
    const [high, low] = halves(a);
    return BigInt(popcount(high) + popcount(low));
  },
];

const I32_BINARY: readonly Binary<number>[] = [
  (a, b) => a + b,
  (a, b) => a - b,
  (a, b) => Math.imul(a, b),
  (a, b) => {
    if (nonZero(b) === -1 && a === MIN_32) throw new ModelTrap("integer overflow");
    return Math.trunc(a / b);
  },
  (a, b) => Math.floor((a >>> 0) / (nonZero(b) >>> 0)),
  (a, b) => a % nonZero(b),
  (a, b) => (a >>> 0) % (nonZero(b) >>> 0),
  (a, b) => a & b,
  (a, b) => a | b,
  (a, b) => a ^ b,
  (a, b) => a << b,
  (a, b) => a >> b,
  (a, b) => a >>> b,
  (a, b) => (a << b) | ((b & 31) === 0 ? 0 : a >>> (32 - (b & 31))),
  (a, b) => (a >>> b) | ((b & 31) === 0 ? 0 : a << (32 - (b & 31))),
];
const I64_BINARY: readonly Binary<bigint>[] = [
  (a, b) => a + b,
  (a, b) => a - b,
  (a, b) => a * b,
  (a, b) => {
    if (nonZero(b) === -1n && a === MIN_64) throw new ModelTrap("integer overflow");
    return a / b;
  },
  (a, b) => u64(a) / u64(nonZero(b)),
  (a, b) => a % nonZero(b),
  (a, b) => u64(a) % u64(nonZero(b)),
  (a, b) => a & b,
  (a, b) => a | b,
  (a, b) => a ^ b,
  (a, b) => a << (b & 63n),
  (a, b) => a >> (b & 63n),
  (a, b) => u64(a) >> (b & 63n),
  (a, b) => (u64(a) << (b & 63n)) | (u64(a) >> (64n - (b & 63n))),
  (a, b) => (u64(a) >> (b & 63n)) | (u64(a) << (64n - (b & 63n))),
];

/** To the nearest whole number, halves to the even one. */
function nearest(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (Number.isNaN(rest) || rest === 0) return value;
  const rounded = rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
  // The sign of zero is that of the value.
  return rounded === 0 && value < 0 ? -0 : rounded;
}

/** abs and neg work on bits and stand apart. */
const FLOAT_UNARY: readonly Unary<number>[] = [
  Math.ceil,
  Math.floor,
  Math.trunc,
  nearest,
  Math.sqrt,
];
const FLOAT_BINARY: readonly Binary<number>[] = [
  (a, b) => a + b,
  (a, b) => a - b,
  (a, b) => a * b,
  (a, b) => a / b,
  Math.min,
  Math.max,
];

/** The whole number in `value` where it lies between the bounds, both excluded. */
function whole(value: number, above: number, below: number): number {
  if (Number.isNaN(value)) throw new ModelTrap("NaN to an integer");
  const truncated = Math.trunc(value);
  if (truncated <= above || truncated >= below) throw new ModelTrap("float out of range");
  return truncated;
}
const toI32 = (value: number): number => whole(value, MIN_32 - 1, 2 ** 31) | 0;
const toU32 = (value: number): number => whole(value, -1, 2 ** 32) | 0;
/** -2^63 itself is allowed, and no double lies between it and the next one below. */
const toI64 = (value: number): bigint => BigInt(whole(value, -(2 ** 63) - 2048, 2 ** 63));
const toU64 = (value: number): bigint => s64(BigInt(whole(value, -1, 2 ** 64)));

/** Rounded once: through a double with the lost bits gathered in the last one. */
function i64ToF32(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  const excess = BigInt(Math.max(0, magnitude.toString(2).length - 53));
  const kept = magnitude >> excess;
  const lost = kept << excess === magnitude ? 0n : 1n;
  const rounded = Math.fround(Number(kept | lost) * 2 ** Number(excess));
  return value < 0n ? -rounded : rounded;
}

const CONVERSIONS: readonly ((a: never) => Value)[] = [
  (a: bigint) => Number(BigInt.asIntN(32, a)), // 0xa7
  toI32,
  toU32,
  toI32,
  toU32,
  (a: number) => BigInt(a), // 0xac
  (a: number) => BigInt(a >>> 0),
  toI64,
  toU64,
  toI64,
  toU64,
  (a: number) => a, // 0xb2
  (a: number) => a >>> 0,
  i64ToF32,
  (a: bigint) => i64ToF32(u64(a)),
  (a: number) => a, // demote
  (a: number) => a, // 0xb7
  (a: number) => a >>> 0,
  (a: bigint) => Number(a),
  (a: bigint) => Number(u64(a)),
  (a: number) => a, // promote
];

const SIGN_32 = 0x8000_0000;
const SIGN_64 = 1n << 63n;

/** Instructions that see the bits of a float, and not its value. */
const ON_BITS: Readonly<Record<number, (a: never, b: never) => Value>> = {
  139: (a: number) => (a & ~SIGN_32) >>> 0, // f32.abs
  140: (a: number) => (a ^ SIGN_32) >>> 0,
  152: (a: number, b: number) => ((a & ~SIGN_32) | (b & SIGN_32)) >>> 0, // f32.copysign
  153: (a: bigint) => a & ~SIGN_64,
  154: (a: bigint) => a ^ SIGN_64,
  166: (a: bigint, b: bigint) => (a & ~SIGN_64) | (b & SIGN_64),
  188: (a: number) => a | 0, // reinterpretations
  189: s64,
  190: (a: number) => a >>> 0,
  191: u64,
};

const SIGN_EXTENSIONS: readonly ((a: never) => Value)[] = [
  (a: number) => (a << 24) >> 24,
  (a: number) => (a << 16) >> 16,
  (a: bigint) => BigInt.asIntN(8, a),
  (a: bigint) => BigInt.asIntN(16, a),
  (a: bigint) => BigInt.asIntN(32, a),
];

type Operation = (a: never, b: never) => Value;
const VALUES: (Operation | undefined)[] = [];
const define = (from: number, operations: readonly Operation[]): void => {
  operations.forEach((operation, index) => {
    VALUES[from + index] = operation;
  });
};
define(0x45, [(a: number) => bool(a === 0)]);
define(0x46, I32_COMPARISONS);
define(0x50, [(a: bigint) => bool(a === 0n)]);
define(0x51, I64_COMPARISONS);
define(0x5b, FLOAT_COMPARISONS);
define(0x61, FLOAT_COMPARISONS);
define(0x67, I32_UNARY);
define(0x6a, I32_BINARY);
define(0x79, I64_UNARY);
define(0x7c, I64_BINARY);
define(0x8d, FLOAT_UNARY);
define(0x92, FLOAT_BINARY);
define(0x9b, FLOAT_UNARY);
define(0xa0, FLOAT_BINARY);
define(0xa7, CONVERSIONS);
define(0xc0, SIGN_EXTENSIONS);

const fromStack = (value: Value, type: number): Value => {
  if (type === F32) return f32FromBits(value as number);
  return type === F64 ? f64FromBits(value as bigint) : value;
};

function toStack(value: Value, type: number): Value {
  switch (type) {
    case I32:
      return (value as number) | 0;
    case I64:
      return s64(value as bigint);
    case F32:
      return f32ToBits(value as number);
    default:
      return f64ToBits(value as number);
  }
}

/** Result of a plain instruction. Throws `ModelTrap`. */
export function compute(opcode: number, a: Value, b: Value): Value {
  const onBits = ON_BITS[opcode];
  if (onBits !== undefined) return onBits(a as never, b as never);
  const operation = VALUES[opcode];
  if (operation === undefined)
    throw new RangeError(`no plain instruction 0x${opcode.toString(16)}`);
  const type = FIRST_OPERAND[opcode] as number;
  const result = operation(fromStack(a, type) as never, fromStack(b, type) as never);
  return toStack(result, RESULT[opcode] as number);
}

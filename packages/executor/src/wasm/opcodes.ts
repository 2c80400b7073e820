/**
 * The instructions of the allowed feature set: WebAssembly 1.0 with sign extension, and the bulk memory
 * instructions for those who switch them on. The numbers are those of the specification's binary format.
 */

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
/** Stands for "any type" where code cannot be reached. Never appears in a module. */
export const UNKNOWN = 0;
/** Block type without a result. */
export const EMPTY = 0x40;
export const FUNCREF = 0x70;
export const FUNCTION_FORM = 0x60;

export type ValueType = typeof I32 | typeof I64 | typeof F32 | typeof F64;

export const isValueType = (byte: number): byte is ValueType => byte >= F64 && byte <= I32;

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [I32]: "i32",
  [I64]: "i64",
  [F32]: "f32",
  [F64]: "f64",
  [UNKNOWN]: "unknown",
  [EMPTY]: "nothing",
};
export const typeName = (type: number): string => TYPE_NAMES[type] ?? `type ${type}`;

export const OP = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  drop: 0x1a,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Load: 0x28,
  i64Store32: 0x3e,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i32Eq: 0x46,
  i32GtS: 0x4a,
  i64LtS: 0x53,
  i64LeU: 0x58,
  f32Eq: 0x5b,
  f64Eq: 0x61,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64ShrU: 0x88,
  i64ExtendI32U: 0xad,
  bulk: 0xfc,
} as const;

/** Second byte of the bulk memory instructions. */
export const BULK = {
  memoryInit: 8,
  dataDrop: 9,
  memoryCopy: 10,
  memoryFill: 11,
  tableInit: 12,
  elemDrop: 13,
  tableCopy: 14,
} as const;

/** Types of plain instructions (no immediate): `[operand, second operand or 0, result]` per opcode. */
export const FIRST_OPERAND: Uint8Array = new Uint8Array(256);
export const SECOND_OPERAND: Uint8Array = new Uint8Array(256);
export const RESULT: Uint8Array = new Uint8Array(256);
/** Type of the value that a load leaves or a store takes. */
export const ACCESS_TYPE: Uint8Array = new Uint8Array(256);
/** Natural alignment of a load or store, as an exponent of two. */
export const ACCESS_ALIGNMENT: Uint8Array = new Uint8Array(256);
/** 1 where the instruction may produce a NaN whose bits the specification leaves open. */
export const MAKES_NAN: Uint8Array = new Uint8Array(256);

function plain(from: number, to: number, operands: readonly ValueType[], result: ValueType): void {
  for (let op = from; op <= to; op++) {
    FIRST_OPERAND[op] = operands[0] ?? 0;
    SECOND_OPERAND[op] = operands[1] ?? 0;
    RESULT[op] = result;
  }
}

plain(0x45, 0x45, [I32], I32); // eqz
plain(0x46, 0x4f, [I32, I32], I32); // comparisons
plain(0x50, 0x50, [I64], I32);
plain(0x51, 0x5a, [I64, I64], I32);
plain(0x5b, 0x60, [F32, F32], I32);
plain(0x61, 0x66, [F64, F64], I32);
plain(0x67, 0x69, [I32], I32); // clz, ctz, popcnt
plain(0x6a, 0x78, [I32, I32], I32); // arithmetic
plain(0x79, 0x7b, [I64], I64);
plain(0x7c, 0x8a, [I64, I64], I64);
plain(0x8b, 0x91, [F32], F32); // abs, neg, ceil, floor, trunc, nearest, sqrt
plain(0x92, 0x98, [F32, F32], F32); // add, sub, mul, div, min, max, copysign
plain(0x99, 0x9f, [F64], F64);
plain(0xa0, 0xa6, [F64, F64], F64);
plain(0xa7, 0xa7, [I64], I32); // wrap
plain(0xa8, 0xa9, [F32], I32); // trunc
plain(0xaa, 0xab, [F64], I32);
plain(0xac, 0xad, [I32], I64); // extend
plain(0xae, 0xaf, [F32], I64);
plain(0xb0, 0xb1, [F64], I64);
plain(0xb2, 0xb3, [I32], F32); // convert
plain(0xb4, 0xb5, [I64], F32);
plain(0xb6, 0xb6, [F64], F32); // demote
plain(0xb7, 0xb8, [I32], F64);
plain(0xb9, 0xba, [I64], F64);
plain(0xbb, 0xbb, [F32], F64); // promote
plain(0xbc, 0xbc, [F32], I32); // reinterpret
plain(0xbd, 0xbd, [F64], I64);
plain(0xbe, 0xbe, [I32], F32);
plain(0xbf, 0xbf, [I64], F64);
plain(0xc0, 0xc1, [I32], I32); // sign extension
plain(0xc2, 0xc4, [I64], I64);

// Sign operations (abs, neg, copysign), constants, loads and reinterpretations keep or set bits exactly;
// everything that rounds, selects by order or changes width may choose a NaN.
MAKES_NAN.fill(1, 0x8d, 0x92); // f32 ceil, floor, trunc, nearest, sqrt
MAKES_NAN.fill(1, 0x92, 0x98); // f32 add, sub, mul, div, min, max
MAKES_NAN.fill(1, 0x9b, 0xa0);
MAKES_NAN.fill(1, 0xa0, 0xa6);
MAKES_NAN[0xb6] = 1;
MAKES_NAN[0xbb] = 1;

const ACCESSES: readonly (readonly [ValueType, number])[] = [
  [I32, 2], // 0x28 loads
  [I64, 3],
  [F32, 2],
  [F64, 3],
  [I32, 0],
  [I32, 0],
  [I32, 1],
  [I32, 1],
  [I64, 0],
  [I64, 0],
  [I64, 1],
  [I64, 1],
  [I64, 2],
  [I64, 2],
  [I32, 2], // 0x36 stores
  [I64, 3],
  [F32, 2],
  [F64, 3],
  [I32, 0],
  [I32, 1],
  [I64, 0],
  [I64, 1],
  [I64, 2],
];
ACCESSES.forEach(([type, alignment], index) => {
  ACCESS_TYPE[OP.i32Load + index] = type;
  ACCESS_ALIGNMENT[OP.i32Load + index] = alignment;
});
/** First opcode of the stores; the loads are below. */
export const FIRST_STORE = 0x36;

/** What a refused opcode belongs to, so that an author knows which compiler switch to turn off. */
export function featureOfOpcode(opcode: number): string {
  if (opcode === 0xfd) return "SIMD";
  if (opcode === 0xfe) return "threads";
  if (opcode === 0x12 || opcode === 0x13 || opcode === 0x15) return "tail calls";
  if (opcode >= 0x06 && opcode <= 0x0a) return "exceptions";
  if (opcode === 0x18 || opcode === 0x19 || opcode === 0x1f) return "exceptions";
  if (opcode === 0x1c || opcode === 0x25 || opcode === 0x26) return "reference types";
  if (opcode >= 0xd0 && opcode <= 0xd6) return "reference types";
  if (opcode === 0x14 || opcode === 0xfb) return "garbage collection";
  return `opcode 0x${opcode.toString(16).padStart(2, "0")}`;
}

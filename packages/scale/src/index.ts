export {
  type BitVec,
  bitAt,
  bitsAt,
  bitsFrom,
  bitsToBooleans,
  bitVec,
  bytes,
  countOnes,
  fixedBytes,
  fixedHex,
  hexBytes,
  onesOf,
  withBit,
} from "./bytes.ts";
export { type Codec, decode, encode, tryDecode, type ValueOf } from "./codec.ts";
export { compareKeys } from "./compare.ts";
export { DecodeError, type DecodeErrorCode, type DecodeFailure } from "./error.ts";
export { map, set } from "./map.ts";
export {
  compactU8,
  compactU16,
  compactU32,
  compactU64,
  compactU64Number,
  compactU128,
  i8,
  i16,
  i32,
  i64,
  i128,
  str,
  text,
  u8,
  u16,
  u32,
  u64,
  u64Number,
  u128,
  u256,
  unit,
} from "./primitive.ts";
export { DEPTH_MAX, EMPTY_ITEMS_MAX, Reader } from "./reader.ts";
export { array, vec } from "./sequence.ts";
export { positional, type StructValue, struct, type TupleValue, tuple } from "./struct.ts";
export type {
  FieldDescription,
  PrimitiveName,
  TypeDescription,
  TypeShape,
  VariantDescription,
} from "./type-description.ts";
export { bool, option, type ResultValue, result, type VariantValue, variant } from "./variant.ts";
export {
  branded,
  documented,
  generic,
  lazy,
  mapped,
  named,
  newtype,
  opaque,
  renamed,
} from "./wrap.ts";
export { Writer } from "./writer.ts";

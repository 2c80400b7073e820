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
export {
  array,
  compareKeys,
  lazy,
  map,
  mapped,
  named,
  opaque,
  option,
  type ResultValue,
  result,
  type StructValue,
  struct,
  type TupleValue,
  tuple,
  type VariantValue,
  variant,
  vec,
} from "./container.ts";
export { DecodeError, type DecodeErrorCode, type DecodeFailure } from "./error.ts";
export {
  bool,
  branded,
  compactU32,
  compactU64,
  compactU64Number,
  compactU128,
  i32,
  i64,
  str,
  u8,
  u16,
  u32,
  u64,
  u64Number,
  u128,
  unit,
} from "./primitive.ts";
export { DEPTH_MAX, Reader } from "./reader.ts";
export type {
  FieldDescription,
  PrimitiveName,
  TypeDescription,
  TypeShape,
  VariantDescription,
} from "./type-description.ts";
export { Writer } from "./writer.ts";

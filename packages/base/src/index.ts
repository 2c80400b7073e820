export { LruMap } from "./bounded-map.ts";
export { BoundedQueue } from "./bounded-queue.ts";
export type { Branded } from "./brand.ts";
export {
  asciiBytes,
  compareBytes,
  concatBytes,
  EMPTY_BYTES,
  equalBytes,
  u32Bytes,
  u64Bytes,
} from "./bytes.ts";
export {
  bytesToHex,
  bytesToHexPortable,
  type Hex,
  hexInto,
  hexOfRange,
  hexToBytes,
  isHex,
} from "./hex.ts";
export {
  type Clock,
  type Logger,
  type LogLevel,
  type Random,
  randomBelow,
  randomBytes,
  randomUnit,
  shuffle,
  silentLogger,
  sleep,
  type Timer,
} from "./ports.ts";
export {
  AssertionError,
  assert,
  describe,
  err,
  expectOk,
  HostError,
  ok,
  type Result,
  unreachable,
} from "./result.ts";
export { SeededRandom } from "./seeded-random.ts";
export { type Settle, VirtualClock } from "./virtual-clock.ts";

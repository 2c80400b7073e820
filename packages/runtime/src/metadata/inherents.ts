/** What an importer finds wrong with a block's inherents, encoded. Reference: consensus-and-sync.md 1.6. */
import { asciiBytes, bytesToHex, type Hex } from "@parahost/base";
import { type Block, Moment } from "@parahost/primitives";
import {
  bool,
  bytes,
  encode,
  fixedHex,
  map,
  struct,
  tryDecode,
  type ValueOf,
  variant,
} from "@parahost/scale";
import { checkInherents } from "../inherents.ts";

/** Encoded values by the eight bytes that name them. */
export const InherentData = struct({ data: map(fixedHex(8), bytes()) }, [
  "sp_inherents",
  "InherentData",
]);

export const CheckInherentsResult = struct({ okay: bool, fatalError: bool, errors: InherentData }, [
  "sp_inherents",
  "CheckInherentsResult",
]);

const TIMESTAMP = bytesToHex(asciiBytes("timstap0"));
const TimestampError = variant({ tooEarly: 0, tooFarInFuture: 1 });

/** What an importer whose clock is in `data` says of a block; without a clock it has nothing to say. */
export function checkedInherents(
  block: Block,
  { data }: ValueOf<typeof InherentData>,
): ValueOf<typeof CheckInherentsResult> {
  const errors = new Map<Hex, Uint8Array>();
  const clock = data.get(TIMESTAMP);
  const now = clock && tryDecode(Moment, clock);
  if (now?.ok && !checkInherents(block.extrinsics, now.value).ok)
    errors.set(TIMESTAMP, encode(TimestampError, { type: "tooFarInFuture" }));
  return { okay: errors.size === 0, fatalError: errors.size > 0, errors: { data: errors } };
}

/** What an importer finds wrong with a block's inherents, encoded. Reference: consensus-and-sync.md 1.6. */
import { asciiBytes, bytesToHex, err, type Hex, type Result } from "@parahost/base";
import { type Block, INHERENT_IDS, Moment } from "@parahost/primitives";
import {
  bool,
  bytes,
  type Codec,
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

const keyOf = (id: string): Hex => bytesToHex(asciiBytes(id));

const TIMESTAMP = keyOf(INHERENT_IDS.timestamp);
const TimestampError = variant({ tooEarly: 0, tooFarInFuture: 1 });

/** What is given for the inherent `id`. */
export function dataOf<T>(
  data: ValueOf<typeof InherentData>["data"],
  id: string,
  codec: Codec<T>,
): Result<T, { readonly code: string; readonly id: string }> {
  const given = data.get(keyOf(id));
  if (given === undefined) return err({ code: "inherentDataMissing", id });
  const decoded = tryDecode(codec, given);
  return decoded.ok ? decoded : err({ code: "inherentDataMalformed", id, failure: decoded.error });
}

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

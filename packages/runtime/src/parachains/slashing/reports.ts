/** Reports that prove themselves: whether the pool takes them, and punishing whom they name. */
import { asciiBytes, concatBytes, err, ok, type Result } from "@parahost/base";
import { AccountId } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import {
  type DispatchError,
  type DispatchResult,
  done,
  invalid,
  type State,
  type UnsignedValidity,
  weightOf,
} from "../../framework/index.ts";
import { blockAuthor } from "../../pallets/authorship.ts";
import { isKnownOffence, type Offence, reportOffence } from "../../pallets/offences/offences.ts";
import { errors } from "./storage.ts";

/** Two signatures or the path of a key, and what an offence changes. */
export const REPORT_WEIGHT = weightOf({ reads: 30, writes: 30, signatures: 2 });

/** Before all other transactions. */
export const REPORT_PRIORITY = (1n << 64n) - 1n;

/** Blocks. A report that is not included by then is made again, if its session is still remembered. */
export const REPORT_LONGEVITY = 1_000n;

export function reportValidity(
  state: State,
  checked: Result<Offence, DispatchError>,
): UnsignedValidity {
  if (!checked.ok) return err(invalid("badProof"));
  if (isKnownOffence(state, checked.value)) return err(invalid("stale"));
  const { kind, timeSlot, offender } = checked.value;
  return ok({
    priority: REPORT_PRIORITY,
    requires: [],
    provides: [concatBytes(asciiBytes(kind), timeSlot, encode(AccountId, offender))],
    longevity: REPORT_LONGEVITY,
    propagate: true,
  });
}

/** Punishes a proven offence; the author of the block is its reporter. */
export function submitReport(state: State, offence: Offence): DispatchResult {
  const author = blockAuthor(state);
  const reporters = author === undefined ? [] : [author];
  return reportOffence(state, reporters, offence) ? done : err(errors.duplicateSlashingReport);
}

/**
 * What reports of equivocations have in common, whatever was signed twice.
 *
 * Reference: consensus-and-sync.md 3.9, 4.7.
 */
import { asciiBytes, concatBytes, err, ok, type Result } from "@parahost/base";
import { AccountId, type Perbill } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import {
  type DispatchError,
  type DispatchResult,
  invalid,
  type State,
  type UnsignedValidity,
  weightOf,
} from "../../framework/index.ts";
import { blockAuthor } from "../authorship.ts";
import { isKnownOffence, type Offence, reportOffence } from "./offences.ts";

const BILLION = 1_000_000_000;

/** What k of n validators lose who equivocate in one slot or round: min(1, 3k/n)². */
export function equivocationFraction(offenders: number, validatorCount: number): Perbill {
  const share = Math.min(Math.floor((3 * offenders * BILLION) / validatorCount), BILLION);
  return Number((BigInt(share) * BigInt(share)) / BigInt(BILLION));
}

/** Both signatures, the path of the key, and what an offence changes. */
export const REPORT_WEIGHT = weightOf({ reads: 30, writes: 30, signatures: 2 });

/** Before all other transactions. */
const PRIORITY = (1n << 64n) - 1n;

/** Blocks. A report that is not included by then is made again, if its session is still remembered. */
const LONGEVITY = 1_000n;

/** What the pool makes of a report. It stays where it was made: every node reports what it sees. */
export function reportValidity(
  state: State,
  checked: Result<Offence, DispatchError>,
): UnsignedValidity {
  if (!checked.ok) return err(invalid("badProof"));
  const { kind, timeSlot, offender } = checked.value;
  if (isKnownOffence(state, checked.value)) return err(invalid("stale"));
  return ok({
    priority: PRIORITY,
    requires: [],
    provides: [concatBytes(asciiBytes(kind), timeSlot, encode(AccountId, offender))],
    longevity: LONGEVITY,
    propagate: false,
  });
}

/** Reports an offence that was proven. Who reports the first time does not pay for it. */
export function submitReport(
  state: State,
  checked: Result<Offence, DispatchError>,
  reporter: AccountId | undefined,
  duplicate: DispatchError,
): DispatchResult {
  if (!checked.ok) return checked;
  const rewarded = reporter ?? blockAuthor(state);
  const reporters = rewarded === undefined ? [] : [rewarded];
  return reportOffence(state, reporters, checked.value) ? ok({ paysFee: false }) : err(duplicate);
}

/**
 * What reports of equivocations have in common, whatever was signed twice.
 *
 * Reference: consensus-and-sync.md 3.9, 4.7.
 */
import { asciiBytes, concatBytes, err, ok, type Result } from "@parahost/base";
import { AccountId, KeyOwnershipProof, type Perbill } from "@parahost/primitives";
import { type Codec, encode } from "@parahost/scale";
import {
  call,
  type DispatchError,
  type DispatchResult,
  ensureNone,
  ensureSigned,
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

/** What can be reported by two calls: by an account, and by the author of a block. */
interface EquivocationKind<P> {
  /** Ends "Reports …" in the documentation. */
  readonly what: string;
  readonly proof: Codec<P>;
  /** The offence, once both signatures and the owner of their key are proven. */
  readonly proven: (
    state: State,
    proof: P,
    keyOwner: KeyOwnershipProof,
  ) => Result<Offence, DispatchError>;
  readonly duplicate: DispatchError;
}

/** The calls 0 and 1 of a pallet whose keys can sign two things of which one is allowed. */
export function equivocationCalls<P>({ what, proof, proven, duplicate }: EquivocationKind<P>) {
  const args = { equivocationProof: proof, keyOwnerProof: KeyOwnershipProof };
  return {
    reportEquivocation: call({
      index: 0,
      docs: `Reports ${what}. Free, if it was not known.`,
      args,
      class: "operational",
      weight: REPORT_WEIGHT,
      dispatch: (state, origin, { equivocationProof, keyOwnerProof }) => {
        const reporter = ensureSigned(origin);
        if (!reporter.ok) return reporter;
        const offence = proven(state, equivocationProof, keyOwnerProof);
        return submitReport(state, offence, reporter.value, duplicate);
      },
    }),
    reportEquivocationUnsigned: call({
      index: 1,
      docs: `Reports ${what}, for the block's author.`,
      args,
      class: "operational",
      weight: REPORT_WEIGHT,
      validateUnsigned: (state, { equivocationProof, keyOwnerProof }) =>
        reportValidity(state, proven(state, equivocationProof, keyOwnerProof)),
      dispatch: (state, origin, { equivocationProof, keyOwnerProof }) => {
        const none = ensureNone(origin);
        if (!none.ok) return none;
        const offence = proven(state, equivocationProof, keyOwnerProof);
        return submitReport(state, offence, undefined, duplicate);
      },
    }),
  };
}

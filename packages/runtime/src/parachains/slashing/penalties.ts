/**
 * What it costs to be wrong, in parts of 1,000,000,000 of the stake behind a validator. Offences also exclude
 * from validating until the era ends; fees do not.
 *
 * Reference: 4.7 (slashing), node 8.4.
 */
import { Perbill } from "@parahost/primitives";
import { struct, type ValueOf, variant } from "@parahost/scale";

const v = (name: string): readonly string[] => ["polkadot_runtime_parachains", "slashing", name];

/** Why a validator pays. */
export const PenaltyReason = variant(
  {
    /** Backed an invalid candidate. */
    forInvalidBacked: 0,
    /** Voted against a valid candidate. */
    againstValid: 1,
    /** Approved an invalid candidate, or voted for it. */
    forInvalidApproved: 2,
    /** Did not vote in a dispute that concluded, until it was closed. */
    absent: 3,
    /** Voted for a candidate whose dispute nobody won in its time. */
    distraction: 4,
    /** Carried a dispute here whose data did not become available. */
    wrongEscalation: 5,
    /** Seconded two candidates where one was allowed, or seconded one and called it valid, too. */
    backingMisbehaviour: 6,
  },
  v("PenaltyReason"),
);
export type PenaltyReason = ValueOf<typeof PenaltyReason>;

export const Penalties = struct(
  {
    forInvalidBacked: Perbill,
    againstValid: Perbill,
    forInvalidApproved: Perbill,
    absent: Perbill,
    distraction: Perbill,
    wrongEscalation: Perbill,
    backingMisbehaviour: Perbill,
  },
  v("Penalties"),
);
export type Penalties = ValueOf<typeof Penalties>;

export const DEFAULT_PENALTIES: Penalties = {
  forInvalidBacked: 1_000_000_000,
  againstValid: 1_000_000,
  forInvalidApproved: 20_000_000,
  absent: 100_000,
  distraction: 100_000,
  wrongEscalation: 1_000_000,
  backingMisbehaviour: 100_000_000,
};

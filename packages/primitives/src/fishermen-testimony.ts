/**
 * What validators tell of fishermen whose reports went with a chain that was abandoned. A format of our own.
 * Reference: runtime and primitives 4.7.1.
 */
import { asciiBytes, concatBytes } from "@parahost/base";
import { encode, struct, type ValueOf, vec } from "@parahost/scale";
import { PAYLOAD_MAGIC } from "./constants.ts";
import { AccountId, Balance, CandidateHash, SessionIndex, ValidatorIndex } from "./ids.ts";

/** Reports on one candidate. By then as many checkers are called as there are. */
export const FISHERMEN_REPORTS_MAX = 64;

/** Who had staked how much on a candidate being bad, before that was known. */
export const SeenReport = struct({ who: AccountId, stake: Balance }, [
  "pallet_fishermen",
  "SeenReport",
]);
export type SeenReport = ValueOf<typeof SeenReport>;

/** The reports on a candidate that a validator of its session has seen. */
export const FishermenTestimony = struct(
  {
    sessionIndex: SessionIndex,
    candidateHash: CandidateHash,
    validatorIndex: ValidatorIndex,
    reports: vec(SeenReport, FISHERMEN_REPORTS_MAX),
  },
  ["pallet_fishermen", "FishermenTestimony"],
);
export type FishermenTestimony = ValueOf<typeof FishermenTestimony>;

/** What the validator signs with its `para` key. */
export const testimonyPayload = (testimony: FishermenTestimony): Uint8Array =>
  concatBytes(asciiBytes(PAYLOAD_MAGIC.testimony), encode(FishermenTestimony, testimony));

/** What the parachain inherent leaves in the state, and why it may be refused. */
import { ScrapedOnChainVotes } from "@parahost/primitives";
import { unit } from "@parahost/scale";
import { palletErrors, storageValue } from "../../framework/index.ts";

export const storage = {
  /** Present once the inherent was applied; absent between blocks. */
  included: storageValue("ParaInherent.Included", unit),
  /** Votes of this block, for validators who may have to dispute them. */
  onChainVotes: storageValue("ParaInherent.OnChainVotes", ScrapedOnChainVotes),
};

/** Polkadot's, then those that it had before. */
export const errors = palletErrors(54, [
  "tooManyInclusionInherents",
  "invalidParentHeader",
  "inherentDataFilteredDuringExecution",
  "unscheduledCandidate",
  "inherentOverweight",
  "disputeInvalid",
]);

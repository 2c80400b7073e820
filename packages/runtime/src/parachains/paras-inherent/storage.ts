/** What the parachain inherent leaves in the state, and why it may be refused. */
import { ScrapedOnChainVotes } from "@parahost/primitives";
import { unit } from "@parahost/scale";
import { palletErrors, storageValue } from "../../framework/index.ts";

export const storage = {
  included: storageValue(
    "ParaInherent.Included",
    "Present once the inherent was applied; absent between blocks.",
    unit,
  ),
  onChainVotes: storageValue(
    "ParaInherent.OnChainVotes",
    "Votes of this block, for validators who may have to dispute them.",
    ScrapedOnChainVotes,
  ),
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

/** What GRANDPA keeps on chain, and its errors. */
import { BlockNumber, GrandpaAuthorities, SessionIndex, SetId } from "@parahost/primitives";
import { struct } from "@parahost/scale";
import { palletErrors, storageMap, storageValue } from "../../framework/index.ts";

/** A change that waits for its block. */
const StoredPendingChange = struct({
  scheduledAt: BlockNumber,
  delay: BlockNumber,
  nextAuthorities: GrandpaAuthorities,
});

export const storage = {
  /** As of the end of the block: a change announced in it is already applied. */
  authorities: storageValue("Grandpa.Authorities", GrandpaAuthorities, []),
  currentSetId: storageValue("Grandpa.CurrentSetId", SetId, 0),
  /** The latest session in which the set voted. */
  setIdSession: storageMap("Grandpa.SetIdSession", "twox64Concat", SetId, SessionIndex),
  pendingChange: storageValue("Grandpa.PendingChange", StoredPendingChange),
};

export const errors = palletErrors(11, [
  "pauseFailed",
  "resumeFailed",
  "changePending",
  "tooSoon",
  "invalidKeyOwnershipProof",
  "invalidEquivocationProof",
  "duplicateOffenceReport",
]);

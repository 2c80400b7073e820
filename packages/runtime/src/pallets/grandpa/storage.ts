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
  authorities: storageValue(
    "Grandpa.Authorities",
    "Voters and their weights, as of the end of the block: a change announced in it is already applied.",
    GrandpaAuthorities,
    [],
  ),
  currentSetId: storageValue(
    "Grandpa.CurrentSetId",
    "How often the voters have changed.",
    SetId,
    0,
  ),
  setIdSession: storageMap(
    "Grandpa.SetIdSession",
    "The latest session in which the set voted.",
    "twox64Concat",
    SetId,
    SessionIndex,
  ),
  pendingChange: storageValue(
    "Grandpa.PendingChange",
    "A change of voters that is announced and not yet applied.",
    StoredPendingChange,
  ),
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

/** What GRANDPA keeps on chain, and its errors. */
import { BlockNumber, GrandpaAuthorities, SessionIndex, SetId } from "@parahost/primitives";
import { option, positional, struct, type ValueOf } from "@parahost/scale";
import { palletErrors, storageMap, storageValue } from "../../framework/index.ts";

/** A change that waits for its block. */
const StoredPendingChange = struct({
  scheduledAt: BlockNumber,
  delay: BlockNumber,
  nextAuthorities: GrandpaAuthorities,
  /** Of a change that does not wait for finality: the block at which finality is taken to have stopped. */
  forced: option(BlockNumber),
});
export type StoredPendingChange = ValueOf<typeof StoredPendingChange>;

const Stalled = positional(struct({ furtherWait: BlockNumber, bestFinalized: BlockNumber }));

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
  nextForced: storageValue(
    "Grandpa.NextForced",
    "The first block that may announce another forced change.",
    BlockNumber,
  ),
  stalled: storageValue(
    "Grandpa.Stalled",
    "Root's word that finality has stopped: how many blocks the forced change is to wait, and the last final block. The next session acts on it.",
    Stalled,
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

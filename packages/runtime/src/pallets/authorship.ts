/** Who built the block: the account whose BABE key claimed its slot. It earns era points for it. */
import { assert } from "@parahost/base";
import { AccountId } from "@parahost/primitives";
import { pallet, type State, storageValue } from "../framework/index.ts";
import { slotClaim } from "./babe/storage.ts";
import { validators } from "./session/storage.ts";
import { AUTHORSHIP_POINTS, rewardPoints } from "./staking/points.ts";

export const storage = {
  author: storageValue(
    "Authorship.Author",
    "Author of the block; present only while a block is executed.",
    AccountId,
  ),
};

/** Of the block being executed. */
export const blockAuthor = (state: State): AccountId | undefined => storage.author.get(state);

/**
 * Notes the author. To be called after the session has changed if it had to: the claim's index refers to
 * the authorities of the epoch that its slot is in. (Polkadot looks it up before, among the old ones.)
 */
export function onInitialize(state: State): void {
  const claim = slotClaim(state);
  assert(claim !== undefined, "the claim is read before the author is noted");
  const author = validators(state)[claim.value.authorityIndex];
  if (author === undefined) return;
  storage.author.set(state, author);
  rewardPoints(state, [[author, AUTHORSHIP_POINTS]]);
}

export function onFinalize(state: State): void {
  storage.author.remove(state);
}

export const authorship = pallet({ name: "Authorship", index: 6, storage });

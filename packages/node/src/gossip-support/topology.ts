/** The gossip grid of a session, from its authorities and the epoch's randomness. Node-side reference, 3.5. */
import {
  type AuthorityDiscoveryId,
  gossipGridSeed,
  type SessionIndex,
  shuffled,
  type ValidatorIndex,
} from "@parahost/primitives";
import type { GossipTopology } from "../network-bridge/messages.ts";

/** `authorities` are the session's discovery keys in their order, `randomness` that of the BABE epoch. */
export function gossipTopology(
  session: SessionIndex,
  authorities: readonly AuthorityDiscoveryId[],
  localIndex: ValidatorIndex | undefined,
  randomness: Uint8Array,
): GossipTopology {
  const order = shuffled(
    gossipGridSeed(randomness),
    authorities.map((_, index) => index),
  );
  const shuffledIndices = new Array<number>(authorities.length).fill(0);
  const canonicalShuffling = order.map((index, position) => {
    shuffledIndices[index] = position;
    return {
      authority: authorities[index] as AuthorityDiscoveryId,
      validatorIndex: index as ValidatorIndex,
    };
  });
  return { session, localIndex, canonicalShuffling, shuffledIndices };
}

/** The block store as this node sees it; unknown blocks are `undefined`. */
import type { BlockNumber, Hash, Header } from "@parahost/primitives";

export interface ChainBackend {
  /** Any imported block that was not pruned, on whatever fork. */
  header(hash: Hash): Header | undefined;
  /** BABE weight: primary slots on the way from genesis. */
  weight(hash: Hash): number | undefined;
  /** Of the finalized chain. */
  finalizedHash(number: BlockNumber): Hash | undefined;
  finalizedNumber(): BlockNumber;
}

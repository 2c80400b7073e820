/** Which leaves may be built on and voted for. Guide: Chain Selection. */
import type { BlockNumber, Hash } from "@parahost/primitives";
import type { Reply } from "../overseer/reply.ts";

export type ChainSelectionMessage =
  /** All candidates that the block includes are approved. */
  | { readonly type: "approved"; readonly hash: Hash }
  /** Viable leaves, heaviest first, then highest. Never empty: without any it is the finalized block. */
  | { readonly type: "leaves"; readonly reply: Reply<readonly Hash[]> }
  /** The best viable leaf that is `target` or descends from it. */
  | {
      readonly type: "bestLeafContaining";
      readonly target: Hash;
      readonly reply: Reply<Hash | undefined>;
    }
  /** A dispute concluded against these blocks: neither they nor descendants are viable. */
  | { readonly type: "revertBlocks"; readonly blocks: readonly RevertedBlock[] };

export interface RevertedBlock {
  readonly number: BlockNumber;
  readonly hash: Hash;
}

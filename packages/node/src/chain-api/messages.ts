/** Questions about the block store. An unknown block is `undefined`. Guide: Chain API. */
import type { Result } from "@parahost/base";
import type { BlockNumber, Hash, Header } from "@parahost/primitives";
import type { Reply } from "../overseer/reply.ts";

/** The block store failed; the caller skips what it wanted the answer for. */
export interface ChainApiError {
  readonly code: "database";
  readonly message: string;
}

export type ChainApiReply<T> = Reply<Result<T, ChainApiError>>;

export type ChainApiMessage =
  | {
      readonly type: "blockNumber";
      readonly hash: Hash;
      readonly reply: ChainApiReply<BlockNumber | undefined>;
    }
  | {
      readonly type: "blockHeader";
      readonly hash: Hash;
      readonly reply: ChainApiReply<Header | undefined>;
    }
  /** BABE weight: the number of primary slots on the way to the block. */
  | {
      readonly type: "blockWeight";
      readonly hash: Hash;
      readonly reply: ChainApiReply<number | undefined>;
    }
  | {
      readonly type: "finalizedBlockHash";
      readonly number: BlockNumber;
      readonly reply: ChainApiReply<Hash | undefined>;
    }
  | { readonly type: "finalizedBlockNumber"; readonly reply: ChainApiReply<BlockNumber> }
  /** Parent first, at most `k`, down to genesis at most. */
  | {
      readonly type: "ancestors";
      readonly hash: Hash;
      readonly k: number;
      readonly reply: ChainApiReply<readonly Hash[]>;
    };

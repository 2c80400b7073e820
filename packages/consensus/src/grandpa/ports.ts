/** What a GRANDPA voter takes from the node around it. */

import type { Result } from "@parahost/base";
import type {
  BlockNumber,
  GrandpaEquivocationProof,
  GrandpaJustification,
  Hash,
  Header,
} from "@parahost/primitives";
import type { BlockRef } from "../block-tree.ts";
import type { AuthoritySet } from "./authority-set.ts";
import type { Ancestry } from "./vote-graph.ts";

/** A connected peer, by the name that the network uses. */
export type GrandpaPeer = string;

/** Sending. Messages may be lost; what matters is said again. */
export interface GrandpaNetwork {
  /** Sends one message to several peers. */
  gossip(peers: readonly GrandpaPeer[], message: Uint8Array): void;
  sendTo(peer: GrandpaPeer, message: Uint8Array): void;
}

/** The chain as the voter sees it. Answers are of the moment. */
export interface GrandpaChain extends Ancestry {
  finalized(): BlockRef;
  /** A block that is in the tree or on the finalized chain. */
  block(hash: Hash): BlockRef | undefined;
  header(hash: Hash): Header | undefined;
  authoritySet(): AuthoritySet;
  /** Height at which the first change that waits on the chain of `head` takes over: finality stops there. */
  finalityLimit(head: Hash): BlockNumber | undefined;
  /** The blocks, on all forks, at which a waiting change would take over. */
  changeBlocks(): readonly BlockRef[];
  /**
   * Makes a block final; the justification was verified or made by the voter. Listeners are told before
   * it returns. Refused when the chain forbids it.
   */
  finalize(justification: GrandpaJustification): Result<void, { readonly code: string }>;
}

/** Which chain to vote for: the node's chain selection, which leaves out reverted blocks. */
export interface SelectChain {
  /** The best viable leaf that is the block or descends from it. */
  bestContaining(hash: Hash): BlockRef | undefined | Promise<BlockRef | undefined>;
}

/** What the voter asks the node to do. */
export interface GrandpaHooks {
  /** A message was about a block that we do not have; the peer seems to. */
  requestBlock?(hash: Hash, peer: GrandpaPeer): void;
  /** Without a justification of this block we cannot follow the authority set. */
  requestJustification?(block: BlockRef): void;
  reportEquivocation?(proof: GrandpaEquivocationProof): void;
  /** False while we must not vote, for example after the journal was lost. Asked before each vote. */
  mayVote?(): boolean;
  /**
   * True while the node does not know yet where the others are: rounds stand still, so that no vote is missed. Call
   * `onFinalized` when that is over.
   */
  isWaiting?(): boolean;
}

/** What the sender of a message deserves. */
export type Verdict =
  | { readonly type: "accept" }
  | { readonly type: "ignore"; readonly reason: string }
  | { readonly type: "punish"; readonly reason: string; readonly severity: "minor" | "major" };

export const ACCEPT: Verdict = { type: "accept" };
export const ignore = (reason: string): Verdict => ({ type: "ignore", reason });
export const punish = (severity: "minor" | "major", reason: string): Verdict => ({
  type: "punish",
  reason,
  severity,
});

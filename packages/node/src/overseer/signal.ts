/**
 * What the overseer tells every subsystem. The guide's `StartWork(hash)` is one `activated` leaf,
 * its `StopWork(hash)` one entry of `deactivated`; both travel in one signal so that a subsystem
 * moves from a parent to its child in one step.
 */
import type { BlockNumber, Hash } from "@parahost/primitives";

/** A stale leaf was active before: after a reversion nothing is signed on it again. */
export type LeafStatus = "fresh" | "stale";

/** A block of the relay chain that has no child yet and on which work is done. */
export interface ActivatedLeaf {
  readonly hash: Hash;
  readonly number: BlockNumber;
  readonly status: LeafStatus;
}

export type Signal =
  | {
      readonly type: "activeLeaves";
      readonly activated?: ActivatedLeaf | undefined;
      readonly deactivated: readonly Hash[];
    }
  | { readonly type: "blockFinalized"; readonly hash: Hash; readonly number: BlockNumber }
  /** Finish and return. Nothing follows it. */
  | { readonly type: "conclude" };

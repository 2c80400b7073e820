/** What happens to the chain, and telling it in order. */

import type { VrfInOut } from "@parahost/crypto";
import type {
  BabeEquivocationProof,
  BabeId,
  BabePreDigest,
  Body,
  GrandpaJustification,
  Header,
  SetId,
} from "@parahost/primitives";
import type { BlockRef } from "./block-tree.ts";

/** Where a block came from. */
export type BlockOrigin =
  /** We authored it. */
  | "own"
  /** A peer announced it just now. */
  | "network"
  /** Fetched while we were behind: old, so our clock says nothing about its time. */
  | "sync";

/** A block that left the best chain, with what was in it: the block itself may be gone by now. */
export interface RetractedBlock extends BlockRef {
  readonly body: Body;
}

export type ChainEvent =
  | {
      readonly type: "imported";
      readonly block: BlockRef;
      readonly header: Header;
      readonly origin: BlockOrigin;
      readonly author: BabeId;
      readonly preDigest: BabePreDigest;
      /** What approval assignments draw from; absent in secondary plain slots. */
      readonly vrf: VrfInOut | undefined;
      readonly isBest: boolean;
    }
  /** Fork choice prefers another head. `enacted` is from low to high, `retracted` from high to low. */
  | {
      readonly type: "newBest";
      readonly head: BlockRef;
      readonly enacted: readonly BlockRef[];
      readonly retracted: readonly RetractedBlock[];
    }
  /** The same, told first and only when blocks were retracted. */
  | {
      readonly type: "reorg";
      readonly common: BlockRef;
      readonly enacted: readonly BlockRef[];
      readonly retracted: readonly BlockRef[];
    }
  | {
      readonly type: "finalized";
      readonly head: BlockRef;
      /** Newly final, lowest first. */
      readonly finalized: readonly BlockRef[];
      /** Blocks of forks that died. */
      readonly pruned: readonly BlockRef[];
      readonly justification: GrandpaJustification;
    }
  | { readonly type: "authoritySetChanged"; readonly setId: SetId; readonly at: BlockRef }
  /** Blocks that are not viable any more. */
  | { readonly type: "reverted"; readonly block: BlockRef }
  /** Forks given up because there were too many. */
  | { readonly type: "evicted"; readonly blocks: readonly BlockRef[] }
  | { readonly type: "equivocation"; readonly proof: BabeEquivocationProof };

export type ChainListener = (event: ChainEvent) => void;

/** Tells events to all listeners; those that a listener causes follow after the present one. */
export class ChainEvents {
  readonly #listeners = new Set<ChainListener>();
  readonly #waiting: ChainEvent[] = [];
  #isTelling = false;

  /** Returns what ends the subscription. */
  subscribe(listener: ChainListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells what one change consists of. */
  tell(...events: readonly ChainEvent[]): void {
    this.#waiting.push(...events);
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
        for (const listener of this.#listeners) listener(next);
    } finally {
      this.#isTelling = false;
    }
  }
}

/**
 * Which relay chain blocks are active leaves: blocks without a child on which work is done. Decides
 * the `activeLeaves` signals; sends nothing. Guide: Overseer.
 */
import { LruMap } from "@parahost/base";
import type { BlockNumber, Hash } from "@parahost/primitives";
import type { ActivatedLeaf, Signal } from "./signal.ts";

/** A block as the chain announces it. */
export interface BlockInfo {
  readonly hash: Hash;
  readonly number: BlockNumber;
  readonly parentHash: Hash;
}

export type LeavesUpdate = Extract<Signal, { readonly type: "activeLeaves" }>;

/** Leaves that are activated when the node starts or has caught up. */
export const LEAVES_AT_START_MAX = 4;
/** Leaves remembered to have been active: two days of 6 s slots. */
const KNOWN_LEAVES_CAPACITY = 28_800;

export class Leaves {
  /** All current leaves; announced ones are those that subsystems work on. */
  readonly #leaves = new Map<Hash, { readonly number: BlockNumber; announced: boolean }>();
  readonly #known = new LruMap<Hash, true>(KNOWN_LEAVES_CAPACITY);
  #finalized: BlockNumber;
  #syncing = false;

  constructor(finalized: BlockNumber) {
    this.#finalized = finalized;
  }

  isActive(hash: Hash): boolean {
    return this.#leaves.get(hash)?.announced === true;
  }

  /** The updates that announce the chain's leaves at start, best first; no more than four. */
  start(leaves: readonly BlockInfo[]): readonly LeavesUpdate[] {
    for (const leaf of leaves)
      if (leaf.number >= this.#finalized) this.#add(leaf.hash, leaf.number);
    return this.#announceWaiting();
  }

  /** A new block replaces its parent. Blocks that came before, or too late, change nothing. */
  imported(block: BlockInfo): LeavesUpdate | undefined {
    if (this.#leaves.has(block.hash) || block.number <= this.#finalized) return undefined;
    const parent = this.#leaves.get(block.parentHash);
    this.#leaves.delete(block.parentHash);
    this.#add(block.hash, block.number);
    const deactivated = parent?.announced === true ? [block.parentHash] : [];
    if (!this.#syncing)
      return { type: "activeLeaves", activated: this.#announce(block.hash), deactivated };
    return deactivated.length === 0 ? undefined : { type: "activeLeaves", deactivated };
  }

  /**
   * Blocks were abandoned, and these leaves remain. What was above them stops, and where they were built on
   * before, work goes on: nothing is signed there again.
   */
  reverted(viable: readonly BlockInfo[]): readonly LeavesUpdate[] {
    const remaining = new Set(viable.map(({ hash }) => hash));
    const deactivated: Hash[] = [];
    for (const [leaf, { announced }] of this.#leaves) {
      if (remaining.has(leaf)) continue;
      this.#leaves.delete(leaf);
      if (announced) deactivated.push(leaf);
    }
    const uncovered = viable.filter(({ hash }) => !this.#leaves.has(hash));
    for (const { hash, number } of uncovered) this.#add(hash, number);
    const activated = this.#syncing ? [] : uncovered.map(({ hash }) => this.#announce(hash));
    if (activated.length === 0)
      return deactivated.length === 0 ? [] : [{ type: "activeLeaves", deactivated }];
    return activated.map((leaf, index) => ({
      type: "activeLeaves",
      activated: leaf,
      deactivated: index === 0 ? deactivated : [],
    }));
  }

  /** Leaves that finality left behind. */
  finalized(hash: Hash, number: BlockNumber): LeavesUpdate | undefined {
    this.#finalized = Math.max(this.#finalized, number);
    const deactivated: Hash[] = [];
    for (const [leaf, state] of this.#leaves) {
      if (state.number > number || leaf === hash) continue;
      this.#leaves.delete(leaf);
      if (state.announced) deactivated.push(leaf);
    }
    return deactivated.length === 0 ? undefined : { type: "activeLeaves", deactivated };
  }

  /**
   * While the node is far behind the network nothing is activated, since work on old blocks is
   * wasted. Caught up, the highest leaves are.
   */
  setSyncing(syncing: boolean): readonly LeavesUpdate[] {
    const caughtUp = this.#syncing && !syncing;
    this.#syncing = syncing;
    return caughtUp ? this.#announceWaiting() : [];
  }

  #add(hash: Hash, number: BlockNumber): void {
    this.#leaves.set(hash, { number, announced: false });
  }

  #announceWaiting(): readonly LeavesUpdate[] {
    return [...this.#leaves]
      .filter(([, leaf]) => !leaf.announced)
      .sort(([, a], [, b]) => b.number - a.number)
      .slice(0, LEAVES_AT_START_MAX)
      .map(([hash]) => ({
        type: "activeLeaves",
        activated: this.#announce(hash),
        deactivated: [],
      }));
  }

  #announce(hash: Hash): ActivatedLeaf | undefined {
    const leaf = this.#leaves.get(hash);
    if (leaf === undefined) return undefined;
    leaf.announced = true;
    const status = this.#known.has(hash) ? "stale" : "fresh";
    this.#known.set(hash, true);
    return { hash, number: leaf.number, status };
  }
}

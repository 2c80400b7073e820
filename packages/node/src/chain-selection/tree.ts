/**
 * The unfinalized blocks and which of them are viable. A block is viable unless it or an ancestor
 * above finality was reverted; the leaves are the viable blocks without viable children, heaviest
 * first. Guide: Chain Selection.
 *
 * Approval is recorded and decides nothing here. The tree holds unfinalized blocks only, hence is as
 * large as what the chain keeps of them.
 */
import type { BlockNumber, Hash } from "@parahost/primitives";

export interface NewBlock {
  readonly hash: Hash;
  readonly number: BlockNumber;
  readonly parentHash: Hash;
  /** BABE weight of the chain up to and including the block. */
  readonly weight: number;
  /** The first block of its branch that this block's header abandons. */
  readonly reverts: BlockNumber | undefined;
}

type Position = Pick<NewBlock, "hash" | "number" | "parentHash">;

interface Block extends Omit<NewBlock, "reverts"> {
  readonly children: Set<Hash>;
  reverted: boolean;
  approved: boolean;
}

export interface Finalized {
  readonly hash: Hash;
  readonly number: BlockNumber;
}

export class BlockTree {
  readonly #blocks = new Map<Hash, Block>();
  #finalized: Finalized;

  constructor(finalized: Finalized) {
    this.#finalized = finalized;
  }

  get finalized(): Finalized {
    return this.#finalized;
  }

  get size(): number {
    return this.#blocks.size;
  }

  has(hash: Hash): boolean {
    return this.#blocks.has(hash);
  }

  /** Adds a block whose parent is in the tree or the finalized block; others are not taken. */
  insert({ reverts, ...block }: NewBlock): boolean {
    if (this.#blocks.has(block.hash)) return false;
    const parent = this.#blocks.get(block.parentHash);
    if (parent === undefined && block.parentHash !== this.#finalized.hash) return false;
    parent?.children.add(block.hash);
    this.#blocks.set(block.hash, {
      ...block,
      children: new Set(),
      reverted: false,
      approved: false,
    });
    if (reverts !== undefined) this.#revertAncestor(block, reverts);
    return true;
  }

  /** Neither these blocks nor their descendants are viable any more. Finalized blocks stay. */
  revert(hash: Hash): void {
    const block = this.#blocks.get(hash);
    if (block !== undefined) block.reverted = true;
  }

  approve(hash: Hash): void {
    const block = this.#blocks.get(hash);
    if (block !== undefined) block.approved = true;
  }

  isApproved(hash: Hash): boolean {
    return this.#blocks.get(hash)?.approved === true;
  }

  /**
   * Finality: only descendants of the block remain, and what was reverted at or below it no longer
   * counts against them. The block may be one we never saw; then nothing remains.
   */
  finalize(finalized: Finalized): void {
    if (finalized.number <= this.#finalized.number) return;
    this.#finalized = finalized;
    const kept = new Set<Hash>();
    const waiting = [...(this.#blocks.get(finalized.hash)?.children ?? [])];
    for (let hash = waiting.pop(); hash !== undefined; hash = waiting.pop()) {
      kept.add(hash);
      waiting.push(...(this.#blocks.get(hash)?.children ?? []));
    }
    for (const hash of [...this.#blocks.keys()]) if (!kept.has(hash)) this.#blocks.delete(hash);
  }

  /** Viable leaves, best first; the finalized block when there is none. */
  leaves(): readonly Hash[] {
    const leaves = this.#viableLeaves().map(({ hash }) => hash);
    return leaves.length === 0 ? [this.#finalized.hash] : leaves;
  }

  /** The best viable leaf that is `target` or descends from it. */
  bestLeafContaining(target: Hash): Hash | undefined {
    if (target === this.#finalized.hash) return this.leaves()[0];
    const { number } = this.#blocks.get(target) ?? {};
    if (number === undefined) return undefined;
    return this.#viableLeaves().find((leaf) => this.#ancestorAt(leaf, number) === target)?.hash;
  }

  #viableLeaves(): readonly Block[] {
    const viable = new Map<Hash, Block>();
    const inner = new Set<Hash>();
    // Parents were inserted before their children.
    for (const block of this.#blocks.values()) {
      const hasGround = block.parentHash === this.#finalized.hash || viable.has(block.parentHash);
      if (!hasGround || block.reverted) continue;
      viable.set(block.hash, block);
      inner.add(block.parentHash);
    }
    return [...viable.values()].filter(({ hash }) => !inner.has(hash)).sort(compareLeaves);
  }

  /** The block of that number on this branch makes all above it unviable; finalized ones stay. */
  #revertAncestor(block: Position, number: BlockNumber): void {
    const ancestor = this.#ancestorAt(block, number);
    if (ancestor !== undefined) this.revert(ancestor);
  }

  #ancestorAt(leaf: Position, number: BlockNumber): Hash | undefined {
    let block: Position | undefined = leaf;
    while (block !== undefined && block.number > number) block = this.#blocks.get(block.parentHash);
    return block?.number === number ? block.hash : undefined;
  }
}

/** Heavier first, then higher, then by hash so that all nodes with the same blocks agree. */
function compareLeaves(a: Block, b: Block): number {
  return b.weight - a.weight || b.number - a.number || (a.hash < b.hash ? -1 : 1);
}

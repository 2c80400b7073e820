/**
 * The blocks of a parachain that may still become part of it, as a tree: the root is the newest finalized block
 * whose state is here, everything else descends from it. Another collator's block may stand in it as well, known by
 * its head alone, so that the chain stays connected until its contents come.
 *
 * Bounds: `BLOCKS_MAX` blocks in the tree, `BLOCK_DATA_BYTES_MAX` bytes of block data over all of them, and
 * `FINALIZED_KEPT_MAX` finalized blocks behind the root, for questions about the past.
 */
import { assert, type Hex } from "@parahost/base";
import { type Hash, type HeadData, paraHeadHash } from "@parahost/primitives";

/** An hour and three quarters of relay chain blocks at six seconds each, should finality stand still for so long. */
export const BLOCKS_MAX = 1024;
export const BLOCK_DATA_BYTES_MAX = 64 * 1024 * 1024;
export const FINALIZED_KEPT_MAX = 256;

export interface ParaBlock {
  /** BLAKE2b-256 of the head. */
  readonly hash: Hash;
  readonly head: HeadData;
  /** Blocks since the head with which the parachain was registered. */
  readonly number: number;
  /** Absent at the head with which the parachain was registered. */
  readonly parent: Hash | undefined;
  /** Whether its contents have been here and its state is. */
  readonly isKnown: boolean;
  /** Absent where the contents are not known, and once it has been let go of for want of room. */
  readonly blockData: Uint8Array | undefined;
  /** Hashes, in the order of the block. */
  readonly transactions: readonly Hex[];
}

export interface BlockContents {
  readonly blockData: Uint8Array;
  readonly transactions: readonly Hex[];
}

/** How to get from one block to another: back over these, then forward over those. */
export interface Route {
  /** Newest first. */
  readonly retracted: readonly ParaBlock[];
  /** Oldest first. */
  readonly enacted: readonly ParaBlock[];
}

/** What a new root leaves behind. */
export interface RootChange {
  /** Blocks above the old root up to the new one, oldest first. */
  readonly passed: readonly ParaBlock[];
  /** Blocks whose states nobody needs any more: the old root, those between, and those beside. */
  readonly gone: readonly ParaBlock[];
}

export class ParaTree {
  readonly #blocks = new Map<Hash, ParaBlock>();
  readonly #childCounts = new Map<Hash, number>();
  /** Finalized blocks behind the root, oldest first. */
  readonly #past: ParaBlock[] = [];
  readonly #blocksMax: number;
  readonly #blockDataBytesMax: number;
  #blockDataBytes = 0;
  #rootHash: Hash;

  constructor(
    genesisHead: HeadData,
    blocksMax = BLOCKS_MAX,
    blockDataBytesMax = BLOCK_DATA_BYTES_MAX,
  ) {
    this.#blocksMax = blocksMax;
    this.#blockDataBytesMax = blockDataBytesMax;
    const hash = paraHeadHash(genesisHead);
    this.#rootHash = hash;
    this.#blocks.set(hash, {
      hash,
      head: genesisHead,
      number: 0,
      parent: undefined,
      isKnown: true,
      blockData: undefined,
      transactions: [],
    });
  }

  get size(): number {
    return this.#blocks.size;
  }

  /** The newest finalized block whose state is here. */
  get root(): ParaBlock {
    return this.#at(this.#rootHash);
  }

  get blockDataBytes(): number {
    return this.#blockDataBytes;
  }

  get(hash: Hash): ParaBlock | undefined {
    return this.#blocks.get(hash);
  }

  /** The root and all above it, parents before their children. */
  blocks(): Iterable<ParaBlock> {
    return this.#blocks.values();
  }

  /**
   * A block on top of another that is in the tree; `undefined` when that one is not. Without contents it is known by
   * its head alone, and contents that come later complete it. What is there already stays.
   */
  add(parent: Hash, head: HeadData, contents?: BlockContents): ParaBlock | undefined {
    const hash = paraHeadHash(head);
    const there = this.#blocks.get(hash);
    if (there !== undefined) {
      if (there.isKnown || contents === undefined) return there;
      return this.#put({ ...there, ...contents, isKnown: true });
    }
    const below = this.#blocks.get(parent);
    if (below === undefined) return undefined;
    this.#childCounts.set(parent, this.#childCount(parent) + 1);
    return this.#put({
      hash,
      head,
      number: below.number + 1,
      parent,
      isKnown: contents !== undefined,
      blockData: contents?.blockData,
      transactions: contents?.transactions ?? [],
    });
  }

  /** From above the root up to the block, oldest first; empty for the root. The block must be in the tree. */
  path(hash: Hash): ParaBlock[] {
    const path: ParaBlock[] = [];
    let block = this.#at(hash);
    while (block.hash !== this.#rootHash) {
      path.push(block);
      assert(block.parent !== undefined, "every block of the tree descends from its root");
      block = this.#at(block.parent);
    }
    return path.reverse();
  }

  /** Both must be in the tree. A block is its own descendant. */
  isDescendant(hash: Hash, ancestor: Hash): boolean {
    return ancestor === this.#rootHash || this.path(hash).some((block) => block.hash === ancestor);
  }

  /** Both must be in the tree. */
  route(from: Hash, to: Hash): Route {
    const [back, forth] = [this.path(from), this.path(to)];
    let shared = 0;
    while (shared < back.length && back[shared] === forth[shared]) shared += 1;
    return { retracted: back.slice(shared).reverse(), enacted: forth.slice(shared) };
  }

  /**
   * The block, which must be in the tree, is final: what stands beside it goes, and the root moves to it, or to the
   * newest block under it whose state is here, so that the ones between can be made known from there.
   */
  finalize(hash: Hash): RootChange {
    const path = this.path(hash);
    const newRoot = path.findLast(({ isKnown }) => isKnown) ?? this.root;
    const kept = new Set<Hash>([newRoot.hash, hash]);
    for (const block of path.slice(path.indexOf(newRoot) + 1)) kept.add(block.hash);
    const above = new Set<Hash>([hash]);
    // Parents stand before their children.
    for (const block of this.#blocks.values())
      if (block.parent !== undefined && above.has(block.parent)) above.add(block.hash);
    return this.#moveRoot(newRoot, path, (block) => kept.has(block.hash) || above.has(block.hash));
  }

  /**
   * Lets go of blocks until there is room for one more: first those beside the way to `best`, oldest first, then, by
   * moving the root although it is not final, the oldest on it. Without room in the end where a block on the way is
   * not known, since those before are needed to make it known.
   */
  makeRoom(best: Hash): RootChange & { readonly hasRoom: boolean } {
    const passed: ParaBlock[] = [];
    const gone: ParaBlock[] = [];
    while (this.#blocks.size >= this.#blocksMax) {
      const way = this.path(best);
      const onWay = new Set<Hash>([this.#rootHash, ...way.map((block) => block.hash)]);
      const beside = [...this.#blocks.values()].find(
        (block) => !onWay.has(block.hash) && this.#childCount(block.hash) === 0,
      );
      if (beside !== undefined) {
        this.#remove(beside);
        gone.push(beside);
        continue;
      }
      const next = way[0];
      if (next?.isKnown !== true) return { passed, gone, hasRoom: false };
      const change = this.#moveRoot(next, [next], (block) => block.hash !== this.#rootHash);
      passed.push(...change.passed);
      gone.push(...change.gone);
    }
    return { passed, gone, hasRoom: true };
  }

  /** The chain that ends in `best`, finalized blocks included as far as they are kept: `count` blocks from a number on. */
  chain(best: Hash, from: number, count: number): readonly ParaBlock[] {
    const blocks = [...this.#past, this.root, ...this.path(best)];
    const start = Math.max(0, from - (blocks[0] as ParaBlock).number);
    return blocks.slice(start, start + count);
  }

  /** `path` leads from the old root up to the new one, and may go on. */
  #moveRoot(
    newRoot: ParaBlock,
    path: readonly ParaBlock[],
    isKept: (block: ParaBlock) => boolean,
  ): RootChange {
    const passed = path.slice(0, path.indexOf(newRoot) + 1);
    const gone = [...this.#blocks.values()].filter((block) => !isKept(block));
    if (passed.length > 0)
      for (const block of [this.root, ...passed.slice(0, -1)])
        this.#past.push({ ...block, blockData: undefined });
    this.#past.splice(0, this.#past.length - FINALIZED_KEPT_MAX);
    for (const block of gone) this.#remove(block);
    this.#rootHash = newRoot.hash;
    return { passed, gone };
  }

  #put(block: ParaBlock): ParaBlock {
    this.#blocks.set(block.hash, block);
    this.#blockDataBytes += block.blockData?.length ?? 0;
    for (const old of this.#blocks.values()) {
      if (this.#blockDataBytes <= this.#blockDataBytesMax) break;
      if (old.blockData === undefined) continue;
      this.#blockDataBytes -= old.blockData.length;
      this.#blocks.set(old.hash, { ...old, blockData: undefined });
    }
    return this.#at(block.hash);
  }

  #remove(block: ParaBlock): void {
    this.#blocks.delete(block.hash);
    this.#blockDataBytes -= block.blockData?.length ?? 0;
    this.#childCounts.delete(block.hash);
    if (block.parent === undefined) return;
    const siblings = this.#childCount(block.parent) - 1;
    if (siblings > 0) this.#childCounts.set(block.parent, siblings);
    else this.#childCounts.delete(block.parent);
  }

  #at(hash: Hash): ParaBlock {
    const block = this.#blocks.get(hash);
    assert(block !== undefined, `no block ${hash} in the tree`);
    return block;
  }

  #childCount(hash: Hash): number {
    return this.#childCounts.get(hash) ?? 0;
  }
}

/**
 * The unfinalized part of the chain: the last finalized block and everything that descends from it.
 *
 * Fork choice (reference: consensus 5): among viable leaves the largest weight, which is the number of
 * primary blocks on the way to it, then the larger number, then the one seen first. A block is viable
 * unless it or an ancestor in the tree was reverted; a block without viable children is a viable leaf.
 *
 * Each block keeps two links downwards, to its parent and to an ancestor further off (the skew-binary
 * jump of Myers), so questions about ancestry cost the logarithm of the distance.
 *
 * Bound: finality takes blocks out. While it stands still the tree grows with what is imported, and at
 * `forkBlocksMax` blocks off the best chain the least of the forks is given up; blocks of the best chain
 * itself are never given up, or the chain would end.
 */
import { assert } from "@parahost/base";
import type { BlockNumber, Hash } from "@parahost/primitives";

/** A block by hash and number. */
export interface BlockRef {
  readonly hash: Hash;
  readonly number: BlockNumber;
}

export interface TreeBlock extends BlockRef {
  readonly parent: Hash;
  /** Primary blocks from genesis up to and including this one. */
  readonly weight: number;
}

/** The way from one block to another by their last common ancestor. */
export interface TreeRoute {
  readonly common: TreeBlock;
  /** From the old head downwards, the common ancestor left out. */
  readonly retracted: readonly TreeBlock[];
  /** Upwards to the new head, the common ancestor left out. */
  readonly enacted: readonly TreeBlock[];
}

interface Node extends TreeBlock {
  below: Node | undefined;
  jump: Node;
  children: Node[];
  /** Order of arrival; decides between forks that are otherwise equal. */
  readonly arrival: number;
  /** Named in a revert, as opposed to descending from a block that was. */
  reverted: boolean;
  viable: boolean;
}

/** A thousand forks of ten blocks and room to spare; each costs its author a slot. */
export const FORK_BLOCKS_MAX = 16_384;

export class BlockTree {
  readonly #forkBlocksMax: number;
  readonly #nodes = new Map<Hash, Node>();
  /** Viable blocks without viable children. Empty when the finalized block itself is not built on. */
  #leaves = new Set<Node>();
  #root: Node;
  #best: Node;
  #arrivals = 0;

  constructor(finalized: TreeBlock, forkBlocksMax: number = FORK_BLOCKS_MAX) {
    this.#forkBlocksMax = forkBlocksMax;
    this.#root = this.#add(finalized, undefined);
    this.#best = this.#root;
    this.#leaves.add(this.#root);
  }

  /** The last finalized block, the root of the tree. */
  get finalized(): TreeBlock {
    return this.#root;
  }

  /** The head that fork choice prefers. Descends from the finalized block and is viable. */
  get best(): TreeBlock {
    return this.#best;
  }

  /** Blocks in the tree, the finalized one included. */
  get size(): number {
    return this.#nodes.size;
  }

  has(hash: Hash): boolean {
    return this.#nodes.has(hash);
  }

  get(hash: Hash): TreeBlock | undefined {
    return this.#nodes.get(hash);
  }

  children(hash: Hash): readonly TreeBlock[] {
    return this.#nodes.get(hash)?.children ?? [];
  }

  /** Viable leaves, best first. Never empty: without any other it is the finalized block. */
  leaves(): TreeBlock[] {
    return [...this.#leaves].sort(byPreference);
  }

  /** All blocks of this number, viable or not. */
  atNumber(number: BlockNumber): TreeBlock[] {
    return [...this.#nodes.values()].filter((node) => node.number === number);
  }

  /** Whether neither the block nor an ancestor in the tree was reverted. */
  isViable(hash: Hash): boolean {
    return this.#nodes.get(hash)?.viable ?? false;
  }

  /** Adds a block whose parent is in the tree and which is not in it yet. */
  insert(block: TreeBlock): void {
    const parent = this.#node(block.parent);
    assert(!this.#nodes.has(block.hash), `${block.hash} is in the tree already`);
    assert(block.number === parent.number + 1, `${block.number} on ${parent.number}`);
    assert(block.weight >= parent.weight, `weight ${block.weight} on ${parent.weight}`);
    const node = this.#add(block, parent);
    parent.children.push(node);
    if (!node.viable) return;
    this.#leaves.delete(parent);
    this.#leaves.add(node);
    if (byPreference(node, this.#best) < 0) this.#best = node;
  }

  /**
   * Takes blocks off the least preferred forks until the bound holds, and returns them, children
   * first. The best chain stays, however long it is.
   */
  evict(): TreeBlock[] {
    const evicted: TreeBlock[] = [];
    while (this.#nodes.size - 1 - (this.#best.number - this.#root.number) > this.#forkBlocksMax) {
      let least: Node | undefined;
      for (const node of this.#nodes.values()) {
        if (node.children.length > 0 || node === this.#best) continue;
        if (least === undefined || byWorth(least, node) < 0) least = node;
      }
      assert(least !== undefined, "the tree has forks but no tip beside the best block");
      evicted.push(least);
      this.#remove(least);
    }
    return evicted;
  }

  /** The ancestor (or the block itself) of that number; `undefined` outside the tree. */
  ancestorAt(hash: Hash, number: BlockNumber): TreeBlock | undefined {
    const start = this.#nodes.get(hash);
    if (start === undefined || number > start.number || number < this.#root.number)
      return undefined;
    let node = start;
    while (node.number > number) {
      node = node.jump.number >= number ? node.jump : (node.below as Node);
    }
    return node;
  }

  /** True when both are in the tree and `hash` is `ancestor` or descends from it. */
  isDescendant(ancestor: Hash, hash: Hash): boolean {
    const node = this.#nodes.get(ancestor);
    return node !== undefined && this.ancestorAt(hash, node.number) === node;
  }

  /** The highest block that both are or descend from. Both must be in the tree. */
  commonAncestor(a: Hash, b: Hash): TreeBlock {
    let left = this.#node(a);
    let right = this.#node(b);
    if (left.number > right.number) left = this.ancestorAt(a, right.number) as Node;
    else right = this.ancestorAt(b, left.number) as Node;
    while (left !== right) {
      // Equal heights have equal jump lengths, so the two walk in step.
      if (left.jump !== right.jump) {
        left = left.jump;
        right = right.jump;
      } else {
        left = left.below as Node;
        right = right.below as Node;
      }
    }
    return left;
  }

  /** Blocks above `ancestor` up to and including `hash`, lowest first; `undefined` off its chain. */
  pathTo(ancestor: Hash, hash: Hash): TreeBlock[] | undefined {
    if (!this.isDescendant(ancestor, hash)) return undefined;
    const path: TreeBlock[] = [];
    for (let node = this.#node(hash); node.hash !== ancestor; node = node.below as Node)
      path.push(node);
    return path.reverse();
  }

  /** The block and its ancestors, highest first, at most `count` and none below the finalized one. */
  ancestors(hash: Hash, count: number): TreeBlock[] {
    const found: TreeBlock[] = [];
    for (let node = this.#nodes.get(hash); node !== undefined; node = node.below) {
      if (found.length === count) break;
      found.push(node);
    }
    return found;
  }

  route(from: Hash, to: Hash): TreeRoute {
    const common = this.commonAncestor(from, to);
    const retracted = (this.pathTo(common.hash, from) ?? []).reverse();
    return { common, retracted, enacted: this.pathTo(common.hash, to) ?? [] };
  }

  /** The best viable leaf that is the block or descends from it. */
  bestContaining(hash: Hash): TreeBlock | undefined {
    if (this.isDescendant(hash, this.#best.hash)) return this.#best;
    let best: Node | undefined;
    for (const leaf of this.#leaves)
      if (
        this.isDescendant(hash, leaf.hash) &&
        (best === undefined || byPreference(leaf, best) < 0)
      )
        best = leaf;
    return best;
  }

  /**
   * Marks the block so that neither it nor a descendant is built on or voted for. True when that
   * changed anything. The finalized block cannot be reverted.
   */
  revert(hash: Hash): boolean {
    const node = this.#nodes.get(hash);
    if (node === undefined || node === this.#root || node.reverted) return false;
    node.reverted = true;
    this.#judgeAll();
    return true;
  }

  /** Blocks named in a revert, for the record that survives a restart. */
  reverted(): Hash[] {
    return [...this.#nodes.values()].filter((node) => node.reverted).map((node) => node.hash);
  }

  /**
   * Makes a block of the tree the finalized one. What does not descend from it leaves the tree.
   * Unviability that came from below finality ends: the network has decided otherwise.
   */
  finalize(hash: Hash): {
    /** Newly finalized, lowest first; the last one is `hash`. */
    readonly finalized: readonly TreeBlock[];
    /** Off the finalized chain, children before parents. */
    readonly pruned: readonly TreeBlock[];
  } {
    const target = this.#node(hash);
    const finalized = this.pathTo(this.#root.hash, hash) ?? [];
    if (target === this.#root) return { finalized, pruned: [] };

    const kept = new Set<Node>(descendants(target));
    const onChain = new Set<TreeBlock>(finalized);
    const pruned: Node[] = [];
    for (const node of [...descendants(this.#root)].reverse()) {
      if (kept.has(node)) continue;
      this.#nodes.delete(node.hash);
      if (node !== this.#root && !onChain.has(node)) pruned.push(node);
    }
    this.#root = target;
    target.reverted = false;
    // Links to what is gone would keep it in memory for as long as its descendants live.
    target.below = undefined;
    target.jump = target;
    for (const node of kept) if (node !== target) node.jump = jumpFrom(node.below as Node);
    this.#judgeAll();
    return { finalized, pruned };
  }

  #node(hash: Hash): Node {
    const node = this.#nodes.get(hash);
    assert(node !== undefined, `${hash} is not in the tree`);
    return node;
  }

  #add(block: TreeBlock, below: Node | undefined): Node {
    const node = {
      hash: block.hash,
      number: block.number,
      parent: block.parent,
      weight: block.weight,
      below,
      children: [],
      arrival: this.#arrivals++,
      reverted: false,
      viable: below?.viable ?? true,
    } as Omit<Node, "jump"> as Node;
    node.jump = below === undefined ? node : jumpFrom(below);
    this.#nodes.set(node.hash, node);
    return node;
  }

  #remove(tip: Node): void {
    assert(tip.children.length === 0 && tip !== this.#root, `${tip.hash} has children`);
    const parent = tip.below as Node;
    parent.children.splice(parent.children.indexOf(tip), 1);
    this.#nodes.delete(tip.hash);
    if (!this.#leaves.delete(tip)) return;
    if (!parent.children.some((child) => child.viable)) this.#leaves.add(parent);
  }

  /** Viability, leaves and the best block from the marks alone, parents before children. */
  #judgeAll(): void {
    this.#leaves = new Set();
    for (const node of descendants(this.#root))
      node.viable = node === this.#root || (!node.reverted && (node.below as Node).viable);
    for (const node of descendants(this.#root))
      if (node.viable && !node.children.some((child) => child.viable)) this.#leaves.add(node);
    this.#best = this.#root;
    for (const leaf of this.#leaves) if (byPreference(leaf, this.#best) < 0) this.#best = leaf;
  }
}

/** The block and all its descendants, parents before children. */
function* descendants(root: Node): Generator<Node> {
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    yield node;
    open.push(...node.children);
  }
}

/** Where a child of `below` jumps to: twice as far when its two predecessors' jumps are equal. */
function jumpFrom(below: Node): Node {
  const first = below.jump;
  const second = first.jump;
  return below.number - first.number === first.number - second.number ? second : below;
}

/** Negative when `a` is the better head. */
function byPreference(a: Node, b: Node): number {
  return b.weight - a.weight || b.number - a.number || a.arrival - b.arrival;
}

/** Negative when `a` is the better one to keep; heads that cannot win go first. */
function byWorth(a: Node, b: Node): number {
  return Number(b.viable) - Number(a.viable) || byPreference(a, b);
}

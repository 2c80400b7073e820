/**
 * How much weight stands on each block of one round.
 *
 * A vote counts for its target and every ancestor down to the round's base. Only blocks that were voted
 * for, and blocks where the ways to them part, are kept; the blocks between are the path of an edge. So
 * the graph is a radix tree over the ways from the base to the targets, and all blocks on an edge weigh
 * what its upper end weighs.
 *
 * Bound: a node for each target and at most as many where they part; a voter has two targets in a
 * stage at most.
 */
import { assert } from "@parahost/base";
import type { Hash } from "@parahost/primitives";
import type { BlockRef } from "../block-tree.ts";

/** What the graph must know of the chain. */
export interface Ancestry {
  /**
   * Hashes above `base` up to and including `block`, lowest first; `undefined` when the block does not
   * descend from the base or either is unknown.
   */
  path(base: BlockRef, block: BlockRef): readonly Hash[] | undefined;
}

export type VoteStage = "prevote" | "precommit";

/** Weight of single votes on a block and its descendants; equivocators are counted elsewhere. */
export type Weights = Readonly<Record<VoteStage, number>>;

interface Node extends BlockRef {
  readonly weights: Record<VoteStage, number>;
  below: Node | undefined;
  /** Hashes above `below` up to and including this block. */
  path: readonly Hash[];
  readonly above: Node[];
}

export class VoteGraph {
  readonly base: BlockRef;
  readonly #ancestry: Ancestry;
  readonly #root: Node;
  /** Every node by its hash. */
  readonly #nodes = new Map<Hash, Node>();

  constructor(base: BlockRef, ancestry: Ancestry) {
    this.base = base;
    this.#ancestry = ancestry;
    this.#root = {
      hash: base.hash,
      number: base.number,
      weights: { prevote: 0, precommit: 0 },
      below: undefined,
      path: [],
      above: [],
    };
    this.#nodes.set(base.hash, this.#root);
  }

  /** Whether the target is the base or descends from it, at its number; it is in the graph then. */
  insert(target: BlockRef): boolean {
    const known = this.#nodes.get(target.hash);
    if (known !== undefined) return known.number === target.number;
    const path = this.#ancestry.path(this.base, target);
    if (path === undefined || path.length !== target.number - this.base.number) return false;
    let node = this.#root;
    for (let at = 0; at < path.length; ) {
      const child = node.above.find(({ path: [first] }) => first === path[at]);
      if (child === undefined) {
        this.#attach(node, target, path.slice(at));
        return true;
      }
      const shared = sharedLength(child.path, path, at);
      node = shared === child.path.length ? child : this.#split(child, shared);
      at += shared;
    }
    return true;
  }

  /** Puts weight on a target that was inserted, or takes it off again when it is negative. */
  add(target: Hash, stage: VoteStage, weight: number): void {
    let node = this.#nodes.get(target);
    assert(node !== undefined, `${target} was not inserted`);
    for (; node !== undefined; node = node.below) node.weights[stage] += weight;
  }

  /** Whether two inserted blocks are the same or `hash` descends from `ancestor`. */
  isDescendant(ancestor: Hash, hash: Hash): boolean {
    const lower = this.#nodes.get(ancestor);
    for (let node = this.#nodes.get(hash); node !== undefined; node = node.below)
      if (node === lower) return true;
    return false;
  }

  /**
   * The highest block whose weights are accepted, from the base upwards; `undefined` when the base is
   * not. What is accepted must also be accepted with more weight.
   */
  highest(accept: (weights: Weights) => boolean): BlockRef | undefined {
    if (!accept(this.#root.weights)) return undefined;
    let node = this.#root;
    for (;;) {
      const next = node.above.find((child) => accept(child.weights));
      if (next === undefined) return ref(node);
      node = next;
    }
  }

  /** The highest of the block and its ancestors, down to the base, whose weights are accepted. */
  highestBelow(hash: Hash, accept: (weights: Weights) => boolean): BlockRef | undefined {
    for (let node = this.#nodes.get(hash); node !== undefined; node = node.below)
      if (accept(node.weights)) return ref(node);
    return undefined;
  }

  /** Whether the weights of some descendant of the block, itself left out, are accepted. */
  someAbove(hash: Hash, accept: (weights: Weights) => boolean): boolean {
    return this.#nodes.get(hash)?.above.some((child) => accept(child.weights)) ?? false;
  }

  #attach(below: Node, block: BlockRef, path: readonly Hash[]): Node {
    assert(path.at(-1) === block.hash, `the path to ${block.hash} ends elsewhere`);
    const node: Node = {
      hash: block.hash,
      number: block.number,
      weights: { prevote: 0, precommit: 0 },
      below,
      path,
      above: [],
    };
    below.above.push(node);
    this.#nodes.set(node.hash, node);
    return node;
  }

  /** Makes a node of the block `length` steps up the edge to `upper`. */
  #split(upper: Node, length: number): Node {
    const below = upper.below as Node;
    const path = upper.path.slice(0, length);
    const middle: Node = {
      hash: path[length - 1] as Hash,
      number: below.number + length,
      weights: { ...upper.weights },
      below,
      path,
      above: [upper],
    };
    below.above[below.above.indexOf(upper)] = middle;
    upper.below = middle;
    upper.path = upper.path.slice(length);
    this.#nodes.set(middle.hash, middle);
    return middle;
  }
}

const ref = ({ hash, number }: Node): BlockRef => ({ hash, number });

/** How many hashes of `edge` are those of `path` from `at` on. */
function sharedLength(edge: readonly Hash[], path: readonly Hash[], at: number): number {
  let length = 0;
  while (length < edge.length && edge[length] === path[at + length]) length += 1;
  return length;
}

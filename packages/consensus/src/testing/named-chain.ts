/** For tests: chains of blocks that are called by short names. */
import type { Hash } from "@parahost/primitives";
import type { BlockRef } from "../block-tree.ts";
import type { Ancestry } from "../grandpa/vote-graph.ts";

export const named = (name: string): Hash => name as Hash;

/** `namedChain("g a b c", "b d")`: b on a on g, c and d on b; the first name of all is number 0. */
export class NamedChain implements Ancestry {
  readonly #parents = new Map<Hash, Hash>();
  readonly #numbers = new Map<Hash, number>();

  constructor(...chains: readonly string[]) {
    for (const chain of chains) this.grow(chain);
  }

  grow(chain: string): void {
    const [first, ...names] = chain.split(" ").map(named);
    if (first === undefined) return;
    if (!this.#numbers.has(first)) this.#numbers.set(first, 0);
    let below = first;
    for (const name of names) {
      this.#parents.set(name, below);
      this.#numbers.set(name, (this.#numbers.get(below) ?? 0) + 1);
      below = name;
    }
  }

  ref(name: string): BlockRef {
    const number = this.#numbers.get(named(name));
    if (number === undefined) throw new Error(`no block ${name}`);
    return { hash: named(name), number };
  }

  path(base: BlockRef, block: BlockRef): readonly Hash[] | undefined {
    if (this.#numbers.get(block.hash) !== block.number) return undefined;
    const path: Hash[] = [];
    for (let at: Hash | undefined = block.hash; at !== base.hash; at = this.#parents.get(at)) {
      if (at === undefined) return undefined;
      path.push(at);
    }
    return path.reverse();
  }
}

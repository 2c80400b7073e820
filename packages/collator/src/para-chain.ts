/**
 * The parachain as clients follow it: the blocks whose contents are here, those that are final as long as they are
 * kept, and what happens to them. The best block is the newest known one of the chain that the best relay chain block
 * includes; the final one follows the finalized relay chain.
 *
 * Bounds: `STATES_KEPT` final blocks with their states, `FINAL_DATA_BYTES_MAX` bytes of their contents; and whatever
 * is pinned, which whoever pins bounds.
 */
import type { ParaStateMachine } from "@parahost/kit";
import type { Hash, HeadData } from "@parahost/primitives";
import type { ParaBlock, ParaTree, RootChange } from "./para-tree.ts";

/** Final blocks behind the last one whose states are kept, as in Polkadot nodes. */
export const STATES_KEPT = 256;
const FINAL_DATA_BYTES_MAX = 32 * 1024 * 1024;

export type ParaChainEvent =
  /** Its contents are here. */
  | { readonly type: "imported"; readonly block: ParaBlock }
  /** Another best block. `enacted` is from low to high, `retracted` from high to low. `reorg` is told first. */
  | {
      readonly type: "newBest" | "reorg";
      readonly head: ParaBlock;
      readonly enacted: readonly ParaBlock[];
      readonly retracted: readonly ParaBlock[];
    }
  | {
      readonly type: "finalized";
      /** Newly final, lowest first. */
      readonly finalized: readonly ParaBlock[];
      /** Beside them, and gone. */
      readonly pruned: readonly ParaBlock[];
    }
  /** Given up for want of room. */
  | { readonly type: "evicted"; readonly blocks: readonly ParaBlock[] };

/** Must not throw: it would be the end of whoever told the chain. */
export type ParaChainListener = (event: ParaChainEvent) => void;

export class ParaChain {
  readonly genesisHash: Hash;
  readonly #tree: ParaTree;
  readonly #machine: Pick<ParaStateMachine, "has" | "forget">;
  readonly #statesKept: number;
  /** Blocks below the tree's root, oldest first. */
  readonly #final = new Map<Hash, ParaBlock>();
  #finalDataBytes = 0;
  readonly #pins = new Map<Hash, number>();
  /** Pinned states that the chain has let go of. */
  readonly #released = new Map<Hash, HeadData>();
  readonly #listeners = new Set<ParaChainListener>();
  #best: ParaBlock;
  #finalized: ParaBlock;

  constructor(
    tree: ParaTree,
    machine: Pick<ParaStateMachine, "has" | "forget">,
    statesKept = STATES_KEPT,
  ) {
    this.#tree = tree;
    this.#machine = machine;
    this.#statesKept = statesKept;
    this.#best = tree.root;
    this.#finalized = tree.root;
    this.genesisHash = tree.root.hash;
  }

  best(): ParaBlock {
    return this.#best;
  }

  finalized(): ParaBlock {
    return this.#finalized;
  }

  /** A block whose contents have been here and that is kept. */
  block(hash: Hash): ParaBlock | undefined {
    const found = this.#tree.get(hash) ?? this.#final.get(hash);
    return found?.isKnown === true ? found : undefined;
  }

  /** On the best chain, as far back as it is kept; the first block's hash is always known. */
  hashByNumber(number: number): Hash | undefined {
    if (number === 0) return this.genesisHash;
    for (let block: ParaBlock | undefined = this.#best; block !== undefined; ) {
      if (block.number <= number) return block.number === number ? block.hash : undefined;
      block = block.parent === undefined ? undefined : this.block(block.parent);
    }
    return undefined;
  }

  /** Known blocks on top of this one. */
  children(hash: Hash): readonly ParaBlock[] {
    return this.#all().filter(({ parent }) => parent === hash);
  }

  atNumber(wanted: number): readonly ParaBlock[] {
    return this.#all().filter(({ number }) => number === wanted);
  }

  #all(): ParaBlock[] {
    return [...this.#final.values(), ...this.#tree.blocks()].filter(({ isKnown }) => isKnown);
  }

  /** Calls `listener` for everything that happens from now on; the answer ends it. */
  subscribe(listener: ParaChainListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // States

  hasState(hash: Hash): boolean {
    const block = this.block(hash);
    return block !== undefined && this.#machine.has(block.head);
  }

  /**
   * Keeps a state that is there for as long as somebody looks at it; the answer ends that. `undefined` when it is
   * gone. Whoever pins bounds how many.
   */
  pin(hash: Hash): (() => void) | undefined {
    if (!this.hasState(hash)) return undefined;
    this.#pins.set(hash, (this.#pins.get(hash) ?? 0) + 1);
    let isPinned = true;
    return () => {
      if (!isPinned) return;
      isPinned = false;
      const left = (this.#pins.get(hash) ?? 1) - 1;
      if (left > 0) {
        this.#pins.set(hash, left);
        return;
      }
      this.#pins.delete(hash);
      const head = this.#released.get(hash);
      this.#released.delete(hash);
      if (head !== undefined) this.#machine.forget(head);
    };
  }

  // What the para's node says

  onImported(block: ParaBlock): void {
    // It may have come back while somebody still looked at it.
    this.#released.delete(block.hash);
    this.#tell({ type: "imported", block });
  }

  onBest(head: ParaBlock): void {
    const before = this.#best;
    if (head.hash === before.hash) return;
    this.#best = head;
    const [forth, back] = [this.#upTo(head), this.#upTo(before)];
    const shared = new Set(forth.map(({ hash }) => hash));
    const retracted = back.filter(({ hash }) => !shared.has(hash)).reverse();
    const below = new Set(back.map(({ hash }) => hash));
    const enacted = forth.filter(({ hash }) => !below.has(hash));
    const change = { head, enacted, retracted };
    if (retracted.length > 0) this.#tell({ type: "reorg", ...change });
    this.#tell({ type: "newBest", ...change });
  }

  /** The tree's root has moved, or blocks had to go to make room. */
  onRootChange({ passed, gone }: RootChange, isFinal: boolean): void {
    const below = new Set(passed.map(({ parent }) => parent));
    const beside = gone.filter(({ hash }) => !below.has(hash));
    for (const block of gone) if (below.has(block.hash)) this.#keep(block);
    for (const block of beside) this.#release(block);
    const known = beside.filter(({ isKnown }) => isKnown);
    if (isFinal) this.#onFinal(known);
    else if (known.length > 0) this.#tell({ type: "evicted", blocks: known });
    this.#prune();
  }

  #onFinal(pruned: readonly ParaBlock[]): void {
    const { root } = this.#tree;
    if (root.hash === this.#finalized.hash) return;
    const finalized = this.#upTo(root, this.#finalized.hash);
    this.#finalized = root;
    this.#tell({ type: "finalized", finalized, pruned });
  }

  /** The way to a block, oldest first, from above `from` or the last final block. */
  #upTo(head: ParaBlock, from = this.#finalized.hash): ParaBlock[] {
    const way: ParaBlock[] = [];
    for (let block: ParaBlock | undefined = head; block !== undefined && block.hash !== from; ) {
      way.push(block);
      block = block.parent === undefined ? undefined : this.block(block.parent);
    }
    return way.reverse();
  }

  #keep(block: ParaBlock): void {
    this.#final.set(block.hash, block);
    this.#finalDataBytes += block.blockData?.length ?? 0;
  }

  #prune(): void {
    for (const [hash, block] of this.#final) {
      if (this.#final.size <= this.#statesKept) break;
      this.#final.delete(hash);
      this.#finalDataBytes -= block.blockData?.length ?? 0;
      this.#release(block);
    }
    for (const [hash, block] of this.#final) {
      if (this.#finalDataBytes <= FINAL_DATA_BYTES_MAX) break;
      this.#finalDataBytes -= block.blockData?.length ?? 0;
      this.#final.set(hash, { ...block, blockData: undefined });
    }
  }

  #release({ hash, head, isKnown }: ParaBlock): void {
    if (!isKnown) return;
    if (this.#pins.has(hash)) this.#released.set(hash, head);
    else this.#machine.forget(head);
  }

  #tell(event: ParaChainEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

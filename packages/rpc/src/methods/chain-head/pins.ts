/**
 * The blocks that a follower has been told of and has not let go: their headers, bodies and states stay,
 * even when the chain has left them behind.
 */
import type { Hash, Header, OpaqueExtrinsic } from "@parahost/primitives";
import type { ChainView } from "../../chain-view.ts";

export interface PinnedBlock {
  readonly header: Header;
  readonly body: readonly OpaqueExtrinsic[];
  release(): void;
}

export class Pins {
  readonly #node: ChainView;
  readonly #blocks = new Map<Hash, PinnedBlock>();

  constructor(node: ChainView) {
    this.#node = node;
  }

  get size(): number {
    return this.#blocks.size;
  }

  get(block: Hash): PinnedBlock | undefined {
    return this.#blocks.get(block);
  }

  /** Pins a block; one that is pinned already stays so. `undefined` when the chain does not have it. */
  add(block: Hash): PinnedBlock | undefined {
    const known = this.#blocks.get(block);
    if (known !== undefined) return known;
    const { chain, states } = this.#node;
    const header = chain.header(block);
    if (header === undefined) return undefined;
    const release = states.pin(block) ?? (() => undefined);
    const pinned = { header, body: chain.body(block) ?? [], release };
    this.#blocks.set(block, pinned);
    return pinned;
  }

  release(block: Hash): void {
    this.#blocks.get(block)?.release();
    this.#blocks.delete(block);
  }

  releaseAll(): void {
    for (const block of [...this.#blocks.keys()]) this.release(block);
  }
}

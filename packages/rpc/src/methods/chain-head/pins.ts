/**
 * The blocks that a follower has been told of and has not let go: their headers, bodies and states stay,
 * even when the chain has left them behind.
 */
import { assert } from "@parahost/base";
import type { RelayNode } from "@parahost/node/service/node";
import type { Hash, Header, OpaqueExtrinsic } from "@parahost/primitives";

export interface PinnedBlock {
  readonly header: Header;
  readonly body: readonly OpaqueExtrinsic[];
  release(): void;
}

export class Pins {
  readonly #node: RelayNode;
  readonly #blocks = new Map<Hash, PinnedBlock>();

  constructor(node: RelayNode) {
    this.#node = node;
  }

  get size(): number {
    return this.#blocks.size;
  }

  get(block: Hash): PinnedBlock | undefined {
    return this.#blocks.get(block);
  }

  /** Pins a block of the chain; one that is pinned already stays so. */
  add(block: Hash): void {
    if (this.#blocks.has(block)) return;
    const { chain, states } = this.#node;
    const header = chain.header(block);
    assert(header !== undefined, `block ${block} is told of but not there`);
    const release = states.pin(block) ?? (() => undefined);
    this.#blocks.set(block, { header, body: chain.body(block) ?? [], release });
  }

  release(block: Hash): void {
    this.#blocks.get(block)?.release();
    this.#blocks.delete(block);
  }

  releaseAll(): void {
    for (const block of [...this.#blocks.keys()]) this.release(block);
  }
}

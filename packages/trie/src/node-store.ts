/**
 * Where the nodes of states lie: a content-addressed store that counts, for every node, the places
 * where a retained state has it. Equal subtrees of one state are one node at several places, and
 * states of different blocks share most of their nodes; a node goes when its last place goes.
 *
 * Values that state version 1 keeps apart are entries like nodes.
 */
import { assert, type Hex } from "@parahost/base";

/** Reads the encoding whose BLAKE2b-256 hash is `hash`. */
export interface NodeReader {
  get(hash: Hex): Uint8Array | undefined;
}

export interface NodeBatch {
  /** One added place each; the bytes matter at the first. */
  readonly inserted: readonly (readonly [hash: Hex, encoded: Uint8Array])[];
  /** One lost place each. */
  readonly removed: readonly Hex[];
}

/** A store is a port: on disk, `apply` is one atomic write. */
export interface NodeStore extends NodeReader {
  /** Adds places first, then takes places away; what has none left is forgotten. */
  apply(batch: NodeBatch): void;
}

/** The store of throw-away networks and of tests. */
export class MemoryNodeStore implements NodeStore {
  readonly #nodes = new Map<Hex, { readonly encoded: Uint8Array; places: number }>();

  get size(): number {
    return this.#nodes.size;
  }

  get(hash: Hex): Uint8Array | undefined {
    return this.#nodes.get(hash)?.encoded;
  }

  apply({ inserted, removed }: NodeBatch): void {
    for (const [hash, encoded] of inserted) {
      const node = this.#nodes.get(hash);
      if (node === undefined) this.#nodes.set(hash, { encoded, places: 1 });
      else node.places += 1;
    }
    for (const hash of removed) {
      const node = this.#nodes.get(hash);
      assert(node !== undefined, `place removed that was never added: ${hash}`);
      node.places -= 1;
      if (node.places === 0) this.#nodes.delete(hash);
    }
  }
}

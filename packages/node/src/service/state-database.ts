/**
 * The nodes of states and what is known of each state, in the node's store.
 *
 * | column | key | value |
 * |---|---|---|
 * | `stateNodes` | hash | places (u32), then the encoded node or value |
 * | `states` | block | `StateRecord` |
 *
 * Changes wait here until the block that made them is written: `takeChanges` belongs into the same batch.
 */
import { assert, bytesToHex, type Hex, hexToBytes } from "@parahost/base";
import { Hash } from "@parahost/primitives";
import { decode, encode, option, struct, type ValueOf, vec } from "@parahost/scale";
import type { Change, KeyValueStore } from "@parahost/storage";
import type { NodeBatch, NodeStore, StateRecord, StateRecords } from "@parahost/trie";

export const STATE_COLUMNS = ["stateNodes", "states"] as const;
export type StateColumn = (typeof STATE_COLUMNS)[number];

const NODES: StateColumn = "stateNodes";
const STATES: StateColumn = "states";
const PLACES_BYTES = 4;

/** Block hashes and node hashes are both 32 bytes. */
const Record = struct({
  root: Hash,
  parent: option(Hash),
  inserted: vec(Hash),
  removed: vec(Hash),
});

interface CountedNode {
  readonly encoded: Uint8Array;
  readonly places: number;
}

export class StateDatabase implements NodeStore, StateRecords {
  readonly #store: KeyValueStore<StateColumn>;
  #nodes = new Map<Hex, CountedNode | undefined>();
  #records: Change<StateColumn>[] = [];

  constructor(store: KeyValueStore<StateColumn>) {
    this.#store = store;
  }

  get(hash: Hex): Uint8Array | undefined {
    return this.#node(hash)?.encoded;
  }

  apply({ inserted, removed }: NodeBatch): void {
    for (const [hash, encoded] of inserted) {
      const node = this.#node(hash);
      this.#nodes.set(hash, node ? { ...node, places: node.places + 1 } : { encoded, places: 1 });
    }
    for (const hash of removed) {
      const node = this.#node(hash);
      assert(node !== undefined, `place removed that was never added: ${hash}`);
      const places = node.places - 1;
      this.#nodes.set(hash, places === 0 ? undefined : { ...node, places });
    }
  }

  put(block: Hex, record: StateRecord): void {
    const value = encode(Record, record as ValueOf<typeof Record>);
    this.#records.push({ column: STATES, key: hexToBytes(block), value });
  }

  delete(block: Hex): void {
    this.#records.push({ column: STATES, key: hexToBytes(block) });
  }

  /** What was kept, by block. */
  records(): ReadonlyMap<Hash, StateRecord> {
    const records = new Map<Hash, StateRecord>();
    for (const { key, value } of this.#store.range(STATES, new Uint8Array(0)))
      records.set(bytesToHex(key) as Hash, decode(Record, value));
    return records;
  }

  /** What has changed since the last call; whoever takes it writes it at once. */
  takeChanges(): Change<StateColumn>[] {
    const changes = this.#records;
    for (const [hash, node] of this.#nodes)
      changes.push(
        node === undefined
          ? { column: NODES, key: hexToBytes(hash) }
          : { column: NODES, key: hexToBytes(hash), value: countedBytes(node) },
      );
    this.#nodes = new Map();
    this.#records = [];
    return changes;
  }

  #node(hash: Hex): CountedNode | undefined {
    if (this.#nodes.has(hash)) return this.#nodes.get(hash);
    const stored = this.#store.get(NODES, hexToBytes(hash));
    if (stored === undefined) return undefined;
    const places = new DataView(stored.buffer, stored.byteOffset).getUint32(0, true);
    return { encoded: stored.subarray(PLACES_BYTES), places };
  }
}

function countedBytes({ encoded, places }: CountedNode): Uint8Array {
  const bytes = new Uint8Array(PLACES_BYTES + encoded.length);
  new DataView(bytes.buffer).setUint32(0, places, true);
  bytes.set(encoded, PLACES_BYTES);
  return bytes;
}

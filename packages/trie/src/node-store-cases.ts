/** What every `NodeStore` does, for the tests of each implementation. */
import { assert, type Hex } from "@parahost/base";
import type { NodeStore } from "./node-store.ts";

export interface NodeStoreCase {
  readonly name: string;
  /** Throws `AssertionError` unless the empty store behaves as the name says. */
  run(store: NodeStore): void;
}

const hash = (byte: number): Hex => `0x${byte.toString(16).padStart(2, "0").repeat(32)}`;
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

function assertHas(store: NodeStore, of: Hex, length: number | undefined): void {
  const found = store.get(of)?.length;
  assert(found === length, `${of}: wanted ${length} bytes, found ${found}`);
}

export const nodeStoreCases: readonly NodeStoreCase[] = [
  {
    name: "a node is there from its first place to its last",
    run(store) {
      assertHas(store, hash(1), undefined);
      store.apply({ inserted: [[hash(1), bytes(1, 2)]], removed: [] });
      store.apply({
        inserted: [
          [hash(1), bytes(1, 2)],
          [hash(1), bytes(1, 2)],
        ],
        removed: [],
      });
      store.apply({ inserted: [], removed: [hash(1), hash(1)] });
      assertHas(store, hash(1), 2);
      store.apply({ inserted: [], removed: [hash(1)] });
      assertHas(store, hash(1), undefined);
    },
  },
  {
    name: "within a batch places are added before others are taken away",
    run(store) {
      store.apply({ inserted: [[hash(2), bytes(1)]], removed: [hash(2)] });
      assertHas(store, hash(2), undefined);
      store.apply({ inserted: [[hash(2), bytes(1)]], removed: [] });
      store.apply({ inserted: [[hash(2), bytes(1)]], removed: [hash(2)] });
      assertHas(store, hash(2), 1);
    },
  },
  {
    name: "an empty value is kept",
    run(store) {
      store.apply({ inserted: [[hash(3), bytes()]], removed: [] });
      assertHas(store, hash(3), 0);
    },
  },
];

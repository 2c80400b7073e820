/** Our storage items against a Westend block's: same keys, and the same bytes where the layout is still the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Hex, hexToBytes } from "@parahost/base";
import type { State } from "@parahost/trie";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import type { StorageEntry } from "../src/framework/storage.ts";
import { PALLETS } from "../src/runtime.ts";
import { emptyState } from "../src/testing/state.ts";

interface Snapshot {
  readonly block_number: number;
  readonly pairs: readonly (readonly [key: string, value: string])[];
}

const skip = { skip: skipWithoutVectors };
const snapshot = (): Snapshot => readVectorJson("parachain-host", "storage-westend-15946390.json");

/** Items whose layout has changed since, or that belong to pallets of other runtimes. */
const CHANGED = new Set([
  "Configuration.ActiveConfig",
  "ParaScheduler.AvailabilityCores",
  "System.Events",
  // The snapshot gives the head without the length prefix that storage has.
  "Paras.Heads",
]);
/** ParaInclusion keeps pending candidates under another item since; Dmp and Hrmp are not built yet. */
const ELSEWHERE = ["196e027349017067f9eb56e2c4d9ded5", "6a0da05ca59913bc38a8630590f2627c"];

/** A declared item with the accessors that each kind of item has. */
type Accessors = StorageEntry & {
  get(state: State, ...keys: readonly unknown[]): unknown;
  set(state: State, ...keysAndValue: readonly unknown[]): void;
  keys?(state: State): readonly unknown[];
};

const items: readonly Accessors[] = PALLETS.flatMap((pallet) => pallet.storage as Accessors[]);

test("every item is where Westend has it", skip, () => {
  for (const [key] of snapshot().pairs) {
    if (ELSEWHERE.some((pallet) => key.startsWith(pallet))) continue;
    assert.ok(
      items.some(({ prefix }) => `0x${key}`.startsWith(prefix)),
      `no item has the key ${key}`,
    );
  }
});

test("Westend's values are read, and written back to the same bytes and keys", skip, () => {
  let checked = 0;
  for (const [key, value] of snapshot().pairs) {
    const storageKey: Hex = `0x${key}`;
    const item = items.find(({ prefix }) => storageKey.startsWith(prefix));
    if (item === undefined || CHANGED.has(`${item.pallet}.${item.item}`)) continue;
    const theirs = emptyState();
    theirs.set(storageKey, hexToBytes(value));
    const keys = item.hashers.length === 0 ? [] : (item.keys?.(theirs) ?? []);
    const decoded = item.get(theirs, ...keys);
    assert.notEqual(decoded, undefined, `${item.pallet}.${item.item} is found under its own key`);
    const ours = emptyState();
    item.set(ours, ...keys, decoded);
    assert.deepEqual(ours.get(storageKey), hexToBytes(value));
    checked += 1;
  }
  assert.ok(checked >= 9, `${checked} values of the snapshot were compared`);
});

/**
 * What differs between two states: of the main trie or of a child's, everything or what lies under some
 * keys. Both are walked in the order of their keys, so that nothing but one page is held.
 *
 * Reference: json-rpc-and-metadata.md 6.4.
 */
import { bytesToHex, equalBytes, type Hex } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { type ChildId, STORAGE_KEY_MAX_BYTES, type StateBackend } from "@parahost/trie";
import type { Json } from "../json-rpc.ts";
import { hexText, type Param } from "../params.ts";
import { PAGE_ITEMS } from "./storage-query.ts";

export interface DiffItem {
  /** What the keys begin with. */
  readonly key: Hex;
  readonly returnType: "value" | "hash";
  readonly child: ChildId | undefined;
}

/** All of the main trie, with values. */
export const EVERYTHING: DiffItem = { key: "0x", returnType: "value", child: undefined };

const storageKey = hexText(STORAGE_KEY_MAX_BYTES);

export const diffItem: Param<DiffItem> = {
  what: '{ "key": 0x hex, "returnType": "value" | "hash", "childTrieKey": 0x hex or nothing }',
  read: (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const given = value as { readonly [key: string]: Json };
    const key = storageKey.read(given["key"]);
    const returnType = given["returnType"];
    const named = given["childTrieKey"] ?? undefined;
    const child = named === undefined ? undefined : storageKey.read(named);
    if (key === undefined || (returnType !== "value" && returnType !== "hash")) return undefined;
    if (named !== undefined && child === undefined) return undefined;
    return { key, returnType, child };
  },
};

/** The differences, item by item, in pages. A page may be empty: the walk pauses there. */
export function* storageDiff(
  older: StateBackend,
  newer: StateBackend,
  items: readonly DiffItem[],
): Generator<Json[], void, void> {
  for (const { key: prefix, returnType, child } of items) {
    const whose = child === undefined ? {} : { childTrieKey: child };
    let page: Json[] = [];
    let walked = 0;
    for (const [key, before, after] of both(older, newer, prefix, child)) {
      if (walked++ % PAGE_ITEMS === PAGE_ITEMS - 1) {
        yield page;
        page = [];
      }
      if (before !== undefined && after !== undefined && equalBytes(before, after)) continue;
      const type = before === undefined ? "added" : after === undefined ? "deleted" : "modified";
      page.push({
        key,
        type,
        ...(after === undefined
          ? {}
          : returnType === "hash"
            ? { hash: blake2b256Hex(after) }
            : { value: bytesToHex(after) }),
        ...whose,
      });
    }
    yield page;
  }
}

/** Every key that either state has, in order, with both values. */
function* both(
  older: StateBackend,
  newer: StateBackend,
  prefix: Hex,
  child: ChildId | undefined,
): Generator<readonly [Hex, Uint8Array | undefined, Uint8Array | undefined], void, void> {
  const [left, right] = [older, newer].map((state) =>
    state.keysWithPrefix(prefix, child)[Symbol.iterator](),
  ) as [Iterator<Hex>, Iterator<Hex>];
  let [a, b] = [left.next(), right.next()];
  while (a.done !== true || b.done !== true) {
    const [first, second] = [
      a.done === true ? undefined : a.value,
      b.done === true ? undefined : b.value,
    ];
    const key = second === undefined || (first !== undefined && first < second) ? first : second;
    if (key === undefined) return;
    if (first === key) a = left.next();
    if (second === key) b = right.next();
    yield [
      key,
      first === key ? older.value(key, child)?.bytes : undefined,
      second === key ? newer.value(key, child)?.bytes : undefined,
    ];
  }
}

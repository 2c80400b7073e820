/**
 * What the newer methods ask of the state: a list of items, each a key and what is wanted of it or of all
 * keys that begin with it. Answered in pages, so that nobody holds the node up by asking for everything.
 *
 * Reference: json-rpc-and-metadata.md 6.1, 6.4.
 */
import { bytesToHex, type Hex } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import {
  type ChildId,
  STORAGE_KEY_MAX_BYTES,
  type StateBackend,
  type TrieBackend,
} from "@parahost/trie";
import type { Json } from "../json-rpc.ts";
import { hexText, type Param } from "../params.ts";

/** What is said of the item's key, or of each key that begins with it. */
const QUERY_TYPES = [
  "value",
  "hash",
  "closestDescendantMerkleValue",
  "descendantsValues",
  "descendantsHashes",
] as const;

export interface StorageItem {
  readonly key: Hex;
  readonly type: (typeof QUERY_TYPES)[number];
  /** Only keys after this one. */
  readonly after: Hex | undefined;
}

const storageKey = hexText(STORAGE_KEY_MAX_BYTES);

export const storageItem: Param<StorageItem> = {
  what: `{ "key": 0x hex, "type": ${QUERY_TYPES.map((type) => `"${type}"`).join(" | ")} }`,
  read: (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const given = value as Readonly<Record<string, Json | undefined>>;
    const key = storageKey.read(given["key"]);
    const type = QUERY_TYPES.find((known) => known === given["type"]);
    const start = given["paginationStartKey"] ?? undefined;
    const after = start === undefined ? undefined : storageKey.read(start);
    if (key === undefined || type === undefined) return undefined;
    if (start !== undefined && after === undefined) return undefined;
    return { key, type, after };
  },
};

/** The id of a child trie. */
export const childTrie: Param<ChildId> = storageKey;

/** Keys in one page of answers, and bytes after which a page ends. */
export const PAGE_ITEMS = 256;
const PAGE_BYTES = 1024 * 1024;

/** The answers to the items in order, page by page. Keys that are not there have none. */
export function* queryStorage(
  state: TrieBackend,
  items: readonly StorageItem[],
  child: ChildId | undefined,
): Generator<Json[], void, void> {
  let page: Json[] = [];
  let bytes = 0;
  const whose = child === undefined ? {} : { childTrieKey: child };
  for (const { key, type, after } of items) {
    if (type === "closestDescendantMerkleValue") {
      const value = state.merkleValue(key, child);
      if (value !== undefined)
        page.push({ key, closestDescendantMerkleValue: bytesToHex(value), ...whose });
      continue;
    }
    const isHash = type === "hash" || type === "descendantsHashes";
    for (const found of keysOf(state, key, type, after, child)) {
      const value = state.value(found, child)?.bytes;
      if (value === undefined) continue;
      page.push({
        key: found,
        ...(isHash ? { hash: blake2b256Hex(value) } : { value: bytesToHex(value) }),
        ...whose,
      });
      bytes += isHash ? 0 : value.length;
      if (page.length < PAGE_ITEMS && bytes < PAGE_BYTES) continue;
      yield page;
      page = [];
      bytes = 0;
    }
  }
  if (page.length > 0) yield page;
}

function* keysOf(
  state: StateBackend,
  key: Hex,
  type: StorageItem["type"],
  after: Hex | undefined,
  child: ChildId | undefined,
): Generator<Hex, void, void> {
  if (type === "value" || type === "hash") yield key;
  else if (after === undefined || after < key) yield* state.keysWithPrefix(key, child);
  else {
    let next = state.nextKey(after, child);
    for (; next?.startsWith(key) === true; next = state.nextKey(next, child)) yield next;
  }
}

/**
 * Child tries: each is a trie of its own whose root is the value of one key of the main trie, and an
 * empty one has no entry. Child roots are therefore computed before the main root.
 *
 * Reference: consensus and sync, 2.5.
 */
import { bytesToHex, type Hex } from "@parahost/base";
import { malformedNode } from "./error.ts";
import { EMPTY_ROOT, HASH_LENGTH } from "./node.ts";

/** `:child_storage:`, under which no key is written but by the trie itself. */
export const CHILD_STORAGE_PREFIX: Hex = "0x3a6368696c645f73746f726167653a";
/** `:child_storage:default:`, the only kind of child storage in use. */
export const DEFAULT_CHILD_PREFIX: Hex = "0x3a6368696c645f73746f726167653a64656661756c743a";

/** The id of a child trie, as hex: the bytes after the prefix. */
export type ChildId = Hex;

/** The key of the main trie that holds the root of a child trie. */
export function childRootKey(id: ChildId): Hex {
  return `${DEFAULT_CHILD_PREFIX}${id.slice(2)}`;
}

/** The root that the main trie's entry of a child names. Throws `malformedNode`. */
export function childRootOf(entry: Uint8Array | undefined): Hex {
  if (entry === undefined) return EMPTY_ROOT;
  if (entry.length !== HASH_LENGTH) throw malformedNode(`a child root of ${entry.length} bytes`);
  return bytesToHex(entry);
}

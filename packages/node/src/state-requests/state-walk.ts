/**
 * All entries of a state in their order: those of the main trie, and after the root of a child trie
 * those of the child. Server and asker walk the same way, so that an answer says by itself where it
 * ends. Reference: consensus 7.7.
 */
import type { Hex } from "@parahost/base";
import type { StateStart } from "@parahost/network";
import { type ChildId, DEFAULT_CHILD_PREFIX, type StateBackend } from "@parahost/trie";

export interface WalkedEntry {
  readonly key: Hex;
  readonly child: ChildId | undefined;
  readonly value: Uint8Array;
}

/** The child trie whose root stands at this key of the main trie. */
const childAt = (key: Hex): ChildId | undefined =>
  key.startsWith(DEFAULT_CHILD_PREFIX)
    ? (`0x${key.slice(DEFAULT_CHILD_PREFIX.length)}` as ChildId)
    : undefined;

/** The entries after `start`. Throws `TrieError` where the state is not known. */
export function* walkState(state: StateBackend, start: StateStart): Generator<WalkedEntry> {
  const [main, within] = start;
  if (main !== undefined && within !== undefined) yield* walkChild(state, main, within);
  let key = main === undefined ? firstKey(state) : state.nextKey(main);
  for (; key !== undefined; key = state.nextKey(key)) {
    const value = state.value(key)?.bytes;
    if (value === undefined) return;
    yield { key, child: undefined, value };
    yield* walkChild(state, key, undefined);
  }
}

function* walkChild(
  state: StateBackend,
  main: Hex,
  after: Hex | undefined,
): Generator<WalkedEntry> {
  const child = childAt(main);
  if (child === undefined) return;
  let key = after === undefined ? firstKey(state, child) : state.nextKey(after, child);
  for (; key !== undefined; key = state.nextKey(key, child)) {
    const value = state.value(key, child)?.bytes;
    if (value === undefined) return;
    yield { key, child, value };
  }
}

/** The smallest key there is, which may be the empty one. */
function firstKey(state: StateBackend, child?: ChildId): Hex | undefined {
  return state.value("0x", child) === undefined ? state.nextKey("0x", child) : "0x";
}

/** Where to go on after this entry. */
export const startAfter = ({ key, child }: WalkedEntry): StateStart =>
  child === undefined ? [key] : [`${DEFAULT_CHILD_PREFIX}${child.slice(2)}`, key];

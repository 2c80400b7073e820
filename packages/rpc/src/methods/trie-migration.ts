/**
 * `state_trieMigrationStatus`: how much of a state still lies as state version 0 has it, with long values in their
 * nodes. A chain that began with version 1 has none; one that changed over has some until each was written again.
 *
 * Reference: json-rpc-and-metadata.md 5.2, consensus-and-sync.md 2.2.
 */
import { bytesToHex, type Hex } from "@parahost/base";
import {
  CHILD_STORAGE_PREFIX,
  EMPTY_ROOT,
  type NodeCache,
  type TrieBackend,
  TrieReader,
} from "@parahost/trie";
import type { ChainView } from "../chain-view.ts";
import type { Json } from "../json-rpc.ts";
import type { Methods } from "../method.ts";
import { blockParam, stateAt, unknownState } from "./relay.ts";

/** The longest value that version 1 leaves in its node. */
const INLINE_VALUE_MAX = 32;
/** Nodes looked at before others get their turn. */
const NODES_AT_ONCE = 1024;
const CHILDREN = 16;

interface Count {
  /** Values that version 1 would put apart. */
  readonly remaining: number;
  readonly total: number;
}

/** For the node's owner: it visits every node of the state. */
export const trieMigrationMethods = (node: ChainView): Methods => ({
  methods: {
    state_trieMigrationStatus: async (params): Promise<Json> => {
      const block = blockParam(node, params, 0);
      const state = stateAt(node, block);
      const unpin = node.states.pin(block) ?? unknownState(node, block);
      try {
        const { cache, root } = node.states.backend(block);
        const top = await countValues(cache, root);
        let [remaining, total] = [0, 0];
        for (const child of childRoots(state)) {
          const counted = await countValues(cache, child);
          remaining += counted.remaining;
          total += counted.total;
        }
        return {
          topRemainingToMigrate: top.remaining,
          childRemainingToMigrate: remaining,
          totalTop: top.total,
          totalChild: total,
        };
      } finally {
        unpin();
      }
    },
  },
  subscriptions: {},
});

/** The roots of all child tries, which stand in the main trie under their names. */
function childRoots(state: TrieBackend): Hex[] {
  return [...state.keysWithPrefix(CHILD_STORAGE_PREFIX)].flatMap((key) => {
    const value = state.value(key)?.bytes;
    return value === undefined ? [] : [bytesToHex(value)];
  });
}

/** Counts the values of one trie, and lets others have their turn meanwhile. */
export async function countValues(cache: NodeCache, root: Hex): Promise<Count> {
  if (root === EMPTY_ROOT) return { remaining: 0, total: 0 };
  const reader = new TrieReader(cache);
  const open = [reader.node(root)];
  let [remaining, total, visited] = [0, 0, 0];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { value } = at.node;
    if (value !== undefined) {
      total += 1;
      if (value.type === "inline" && value.stored.bytes.length > INLINE_VALUE_MAX) remaining += 1;
    }
    for (let nibble = 0; nibble < CHILDREN; nibble++) {
      const child = reader.child(at, nibble);
      if (child !== undefined) open.push(child);
    }
    visited += 1;
    if (visited % NODES_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return { remaining, total };
}

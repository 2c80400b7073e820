/**
 * `state_` and `childstate_`: what stands in the state, proofs of it, and the runtime's answers.
 * Reads go past everything that remembers what was read, so that strange keys cost us no memory.
 *
 * Reference: json-rpc-and-metadata.md 5.2.
 */
import { bytesToHex, equalBytes, type Hex } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { asHash, type Hash } from "@parahost/primitives";
import type { RuntimeCallError } from "@parahost/runtime";
import {
  type ChildId,
  createProof,
  DEFAULT_CHILD_PREFIX,
  STORAGE_KEY_MAX_BYTES,
  type StateBackend,
} from "@parahost/trie";
import type { ChainView } from "../chain-view.ts";
import { ErrorCode, type Json, RpcError } from "../json-rpc.ts";
import type { Methods, Subscription } from "../method.ts";
import { hash, hexText, list, optional, param, text, uint } from "../params.ts";
import {
  blockParam,
  callArguments,
  legacyVersionJson,
  StateErrorCode,
  stateAt,
  unknownState,
} from "./relay.ts";

/** Keys in one answer. */
const KEYS_PAGE_MAX = 1000;
/** Keys in one question or subscription. */
const KEYS_ASKED_MAX = 4096;
/** Keys or entries that the methods without pages answer with. */
const KEYS_UNPAGED_MAX = 10_000;
/** Blocks in one question for changes. */
const BLOCKS_MAX = 256;

/** Bytes of all values in one answer. */
const VALUES_BYTES_MAX = 8 * 1024 * 1024;

const storageKey = hexText(STORAGE_KEY_MAX_BYTES);
const storageKeys = list(storageKey, KEYS_ASKED_MAX);

/** `:child_storage:default:` and the id of a child trie; the id is what is read. */
const childKey = {
  what: `the key of a child trie, which begins with ${DEFAULT_CHILD_PREFIX}`,
  read: (value: Json | undefined): ChildId | undefined => {
    const key = storageKey.read(value);
    return key?.startsWith(DEFAULT_CHILD_PREFIX) === true
      ? `0x${key.slice(DEFAULT_CHILD_PREFIX.length)}`
      : undefined;
  },
};

const hexOrNull = (bytes: Uint8Array | undefined): Json =>
  bytes === undefined ? null : bytesToHex(bytes);

/** The values at the keys, as far as one answer holds them. */
function valuesAt(
  state: StateBackend,
  keys: readonly Hex[],
  child?: ChildId,
): (Uint8Array | undefined)[] {
  let left = VALUES_BYTES_MAX;
  return keys.map((key) => {
    const value = state.value(key, child)?.bytes;
    left -= value?.length ?? 0;
    if (left >= 0) return value;
    throw new RpcError(
      StateErrorCode.badCount,
      `the values are more than ${VALUES_BYTES_MAX} bytes: ask for fewer`,
    );
  });
}

/** Pairs of key and value, as far as one answer holds them. */
function pairsAt(state: StateBackend, keys: readonly Hex[]): Json[] {
  const values = valuesAt(state, keys);
  return keys.map((key, index) => [key, hexOrNull(values[index])]);
}

/** Keys under `prefix` that come after `after`, `count` of them at most. */
function page(
  state: StateBackend,
  prefix: Hex,
  after: Hex | undefined,
  count: number,
  child?: ChildId,
): Hex[] {
  const keys: Hex[] = [];
  // Clients name the prefix itself when they ask for the first page.
  if (after === undefined || after < prefix) {
    for (const key of state.keysWithPrefix(prefix, child)) {
      if (keys.length === count) break;
      keys.push(key);
    }
    return keys;
  }
  let key = state.nextKey(after, child);
  while (key?.startsWith(prefix) === true && keys.length < count) {
    keys.push(key);
    key = state.nextKey(key, child);
  }
  return keys;
}

function pageSize(params: readonly Json[], position: number): number {
  const count = param(params, position, "count", uint);
  if (count <= KEYS_PAGE_MAX) return count;
  throw new RpcError(
    StateErrorCode.badCount,
    `count exceeds maximum value: ${count}, at most ${KEYS_PAGE_MAX}`,
  );
}

export function stateMethods(node: ChainView): Methods {
  const valueAt = (params: readonly Json[]): Uint8Array | undefined => {
    const key = param(params, 0, "key", storageKey);
    return stateAt(node, blockParam(node, params, 1)).value(key)?.bytes;
  };
  const getStorage = (params: readonly Json[]): Json => hexOrNull(valueAt(params));
  const getStorageHash = (params: readonly Json[]): Json => {
    const value = valueAt(params);
    return value === undefined ? null : blake2b256Hex(value);
  };
  const getStorageSize = (params: readonly Json[]): Json => valueAt(params)?.length ?? null;
  const getKeysPaged = (params: readonly Json[]): Json => {
    const prefix = param(params, 0, "prefix", optional(storageKey)).value ?? "0x";
    const count = pageSize(params, 1);
    const after = param(params, 2, "startKey", optional(storageKey)).value;
    return page(stateAt(node, blockParam(node, params, 3)), prefix, after, count);
  };
  const call = (params: readonly Json[]): Json => {
    const name = param(params, 0, "name", text);
    const args = param(params, 1, "data", callArguments);
    const block = blockParam(node, params, 2);
    return bytesToHex(callRuntime(node, block, name, args));
  };
  const version = (params: readonly Json[]): Json => {
    const block = blockParam(node, params, 0);
    return legacyVersionJson(node.runtime.version(block) ?? unknownState(node, block));
  };

  return {
    methods: {
      state_getStorage: getStorage,
      state_getStorageAt: getStorage,
      state_getStorageHash: getStorageHash,
      state_getStorageHashAt: getStorageHash,
      state_getStorageSize: getStorageSize,
      state_getStorageSizeAt: getStorageSize,
      state_getKeysPaged: getKeysPaged,
      state_getKeysPagedAt: getKeysPaged,
      state_queryStorageAt: (params) => {
        const keys = param(params, 0, "keys", storageKeys);
        const block = blockParam(node, params, 1);
        return [{ block, changes: pairsAt(stateAt(node, block), keys) }];
      },
      state_getMetadata: (params) => {
        const block = blockParam(node, params, 0);
        return hexOrNull(node.runtime.metadata(block, 14) ?? unknownState(node, block));
      },
      state_getRuntimeVersion: version,
      chain_getRuntimeVersion: version,
      state_call: call,
      state_callAt: call,
      state_getReadProof: (params) => {
        const keys = param(params, 0, "keys", storageKeys);
        return readProof(node, blockParam(node, params, 1), keys);
      },
      state_getChildReadProof: (params) => {
        const child = param(params, 0, "childKey", childKey);
        const keys = param(params, 1, "keys", storageKeys);
        return readProof(node, blockParam(node, params, 2), keys, child);
      },
    },
    subscriptions: {
      state_subscribeStorage: storageSubscription(node, "state_unsubscribeStorage"),
      state_subscribeRuntimeVersion: versionSubscription(node, "state_unsubscribeRuntimeVersion"),
      chain_subscribeRuntimeVersion: versionSubscription(node, "chain_unsubscribeRuntimeVersion"),
    },
  };
}

/** Methods that answer with as much as there is; for the node's owner. */
export function unsafeStateMethods(node: ChainView): Methods {
  const { chain } = node;
  const keysUnder = (state: StateBackend, prefix: Hex, child?: ChildId): Hex[] => {
    const keys = page(state, prefix, undefined, KEYS_UNPAGED_MAX + 1, child);
    if (keys.length <= KEYS_UNPAGED_MAX) return keys;
    throw new RpcError(
      StateErrorCode.badCount,
      `more than ${KEYS_UNPAGED_MAX} keys: ask for pages by state_getKeysPaged`,
    );
  };
  return {
    methods: {
      state_getKeys: (params) => {
        const prefix = param(params, 0, "prefix", storageKey);
        return keysUnder(stateAt(node, blockParam(node, params, 1)), prefix);
      },
      state_getPairs: (params) => {
        const prefix = param(params, 0, "prefix", storageKey);
        const state = stateAt(node, blockParam(node, params, 1));
        return pairsAt(state, keysUnder(state, prefix));
      },
      childstate_getKeys: (params) => {
        const child = param(params, 0, "childKey", childKey);
        const prefix = param(params, 1, "prefix", storageKey);
        return keysUnder(stateAt(node, blockParam(node, params, 2)), prefix, child);
      },
      state_queryStorage: (params) => {
        const keys = param(params, 0, "keys", storageKeys);
        const from = asHash(param(params, 1, "from", hash));
        const blocks = range(from, blockParam(node, params, 2));
        const seen = new Map<Hex, Uint8Array | undefined>();
        return blocks.map((block, position) => {
          const changes = changedValues(stateAt(node, block), keys, seen, position === 0);
          return { block, changes };
        });
      },
    },
    subscriptions: {},
  };

  /** Blocks of the best chain from one to another, both included. */
  function range(from: Hash, to: Hash): Hash[] {
    const [first, last] = [chain.header(from)?.number, chain.header(to)?.number];
    const refuse = (why: string): never => {
      throw new RpcError(StateErrorCode.badRange, `Cannot resolve a block range: ${why}`);
    };
    if (first === undefined || last === undefined) return refuse("unknown block");
    if (chain.hashByNumber(first) !== from || chain.hashByNumber(last) !== to)
      return refuse("a block is not of the best chain");
    if (last < first || last - first >= BLOCKS_MAX)
      return refuse(`from ${first} to ${last}, at most ${BLOCKS_MAX} blocks`);
    return Array.from({ length: last - first + 1 }, (_, index) => {
      const block = chain.hashByNumber(first + index);
      return block ?? refuse("a block is missing");
    });
  }
}

/** Values of child tries. */
export function childStateMethods(node: ChainView): Methods {
  const child = (params: readonly Json[]): ChildId => param(params, 0, "childKey", childKey);
  const valueAt = (params: readonly Json[]): Uint8Array | undefined => {
    const id = child(params);
    const key = param(params, 1, "key", storageKey);
    return stateAt(node, blockParam(node, params, 2)).value(key, id)?.bytes;
  };
  const getKeysPaged = (params: readonly Json[]): Json => {
    const id = child(params);
    const prefix = param(params, 1, "prefix", optional(storageKey)).value ?? "0x";
    const count = pageSize(params, 2);
    const after = param(params, 3, "startKey", optional(storageKey)).value;
    return page(stateAt(node, blockParam(node, params, 4)), prefix, after, count, id);
  };
  return {
    methods: {
      childstate_getStorage: (params) => hexOrNull(valueAt(params)),
      childstate_getStorageHash: (params) => {
        const value = valueAt(params);
        return value === undefined ? null : blake2b256Hex(value);
      },
      childstate_getStorageSize: (params) => valueAt(params)?.length ?? null,
      childstate_getStorageEntries: (params) => {
        const id = child(params);
        const keys = param(params, 1, "keys", storageKeys);
        const state = stateAt(node, blockParam(node, params, 2));
        return valuesAt(state, keys, id).map(hexOrNull);
      },
      childstate_getKeysPaged: getKeysPaged,
      childstate_getKeysPagedAt: getKeysPaged,
    },
    subscriptions: {},
  };
}

// Subscriptions

/** Tells all keys first, then those that a new best block changed. */
function storageSubscription(node: ChainView, unsubscribe: string): Subscription {
  const { chain, states } = node;
  return {
    notification: "state_storage",
    unsubscribe,
    start: (params, send) => {
      const keys = [...new Set(param(params, 0, "keys", storageKeys))];
      if (keys.length === 0)
        throw new RpcError(ErrorCode.invalidParams, "a subscription to no key says nothing");
      // What changes later is no more than a block can change.
      valuesAt(stateAt(node, chain.best().hash), keys);
      const seen = new Map<Hex, Uint8Array | undefined>();
      const tell = (block: Hash, isFirst: boolean): void => {
        const state = states.reader(block);
        if (state === undefined) return;
        const changes = changedValues(state, keys, seen, isFirst);
        if (isFirst || changes.length > 0) send({ block, changes });
      };
      tell(chain.best().hash, true);
      return chain.subscribe((event) => {
        if (event.type === "newBest") tell(event.head.hash, false);
      });
    },
  };
}

/** Keys whose values are not those in `seen`, which is brought up to date; all keys if `all`. */
function changedValues(
  state: StateBackend,
  keys: readonly Hex[],
  seen: Map<Hex, Uint8Array | undefined>,
  all: boolean,
): Json[] {
  const changes: Json[] = [];
  for (const key of keys) {
    const before = seen.get(key);
    const value = state.value(key)?.bytes;
    const isSame =
      value === before ||
      (value !== undefined && before !== undefined && equalBytes(value, before));
    if (isSame && !all) continue;
    seen.set(key, value);
    changes.push([key, hexOrNull(value)]);
  }
  return changes;
}

/** Tells the best block's version, and again whenever a new best block has another. */
const versionSubscription = (node: ChainView, unsubscribe: string): Subscription => ({
  notification: "state_runtimeVersion",
  unsubscribe,
  start: (_, send) => {
    const { chain } = node;
    let told: number | undefined;
    const tell = (): void => {
      const version = node.runtime.version(chain.best().hash);
      if (version === undefined || version.specVersion === told) return;
      told = version.specVersion;
      send(legacyVersionJson(version));
    };
    tell();
    return chain.subscribe(({ type }) => {
      if (type === "newBest") tell();
    });
  },
});

// Beyond reading

/** The runtime's answer to an encoded call upon the state of a block. */
export function callRuntime(
  node: ChainView,
  block: Hash,
  name: string,
  args: Uint8Array,
): Uint8Array {
  const answer = node.runtime.call(block, name, args) ?? unknownState(node, block);
  if (answer.ok) return answer.value;
  const why = whyUnanswered(name, answer.error);
  throw new RpcError(StateErrorCode.client, `Client error: Execution failed: ${why}`);
}

function whyUnanswered(name: string, error: RuntimeCallError): string {
  switch (error.code) {
    case "unknownFunction":
      return `Exported method ${name} is not found`;
    case "badArguments":
      return `arguments of ${name}: ${error.message}`;
    case "trapped":
      return `${name}: ${error.message}`;
  }
}

function readProof(node: ChainView, at: Hash, keys: readonly Hex[], child?: ChildId): Json {
  stateAt(node, at);
  const { cache, root } = node.states.backend(at);
  return { at, proof: createProof(cache, root, keys, child).map(bytesToHex) };
}

/**
 * Historical: the root of a trie per session that says which keys belonged to which validator. With it
 * anybody can prove later that a key was a validator's in that session, and be believed by a chain that
 * keeps 36 bytes of it.
 *
 * The trie has state version 0. It maps each typed key to the validator's index, and each index to the
 * account. Polkadot's layout, so that proofs made by others can be checked.
 *
 * Reference: consensus-and-sync.md 3.9.
 */
import { asciiBytes, bytesToHex, type Hex } from "@parahost/base";
import type { KeyTypeId } from "@parahost/crypto";
import {
  AccountId,
  asHash,
  Hash,
  type KeyOwnershipProof,
  SessionIndex,
} from "@parahost/primitives";
import { encode, fixedBytes, hexBytes, struct, tryDecode, tuple, u32, vec } from "@parahost/scale";
import {
  createProof,
  EMPTY_ROOT,
  MemoryNodeStore,
  NodeCache,
  Overlay,
  openProof,
  type ProofLimits,
  TrieBackend,
  tryRead,
} from "@parahost/trie";
import { pallet, palletEvents, type State, storageMap, storageValue } from "../framework/index.ts";
import { SessionValidator, typedKeys } from "./session/keys.ts";
import { currentSession } from "./session/storage.ts";

/** Sessions that a chain without staking remembers; with staking it is those of the bonded eras. */
export const SESSIONS_KEPT = 168;

export const storage = {
  historicalSessions: storageMap(
    "Historical.HistoricalSessions",
    "Root of the session's keys, and how many validators it had.",
    "twox64Concat",
    SessionIndex,
    tuple(Hash, u32),
  ),
  storedRange: storageValue(
    "Historical.StoredRange",
    "The first session whose root is kept, and the one after the last.",
    tuple(SessionIndex, SessionIndex),
  ),
  currentKeys: storageValue(
    "Historical.CurrentKeys",
    "Validators and keys of the current session: what proofs of ownership are made from. Polkadot has no such item.",
    vec(SessionValidator),
    [],
  ),
};

const events = palletEvents("Historical", {
  rootStored: [0, struct({ index: SessionIndex })],
  rootsPruned: [1, struct({ upTo: SessionIndex })],
});

// The trie

const TypedKey = tuple(fixedBytes(4), hexBytes());

const keyOf = (type: KeyTypeId, key: Hex): Hex =>
  bytesToHex(encode(TypedKey, [asciiBytes(type), key]));
const indexKey = (index: number): Hex => bytesToHex(encode(u32, index));

interface KeyTrie {
  readonly root: Hash;
  readonly store: MemoryNodeStore;
}

function keyTrie(validators: readonly SessionValidator[]): KeyTrie {
  const store = new MemoryNodeStore();
  const entries = new Overlay(new TrieBackend(new NodeCache(store), EMPTY_ROOT));
  for (const [index, { account, keys }] of validators.entries()) {
    entries.set(indexKey(index), encode(AccountId, account));
    for (const [type, key] of typedKeys(keys)) entries.set(keyOf(type, key), encode(u32, index));
  }
  const update = entries.commitment(0);
  store.apply(update);
  return { root: asHash(update.root), store };
}

// Routines

/** Keeps the root of a session that is planned. */
export function noteSession(
  state: State,
  session: SessionIndex,
  validators: readonly SessionValidator[],
): void {
  const { root } = keyTrie(validators);
  storage.historicalSessions.set(state, session, [root, validators.length]);
  const [first] = storage.storedRange.get(state) ?? [session, session];
  storage.storedRange.set(state, [first, (session + 1) as SessionIndex]);
  events.deposit(state, { type: "rootStored", value: { index: session } });
}

/** The session begins that was planned with these keys. */
export function beginSession(state: State, validators: readonly SessionValidator[]): void {
  storage.currentKeys.set(state, validators);
}

/** Forgets the sessions before `upTo`. */
export function pruneUpTo(state: State, upTo: SessionIndex): void {
  const range = storage.storedRange.get(state);
  if (range === undefined || range[0] >= upTo) return;
  for (let session = range[0]; session < upTo; session++)
    storage.historicalSessions.remove(state, session as SessionIndex);
  storage.storedRange.set(state, [upTo, range[1]]);
  events.deposit(state, { type: "rootsPruned", value: { upTo } });
}

/** The first session whose keys can be proven. */
export const firstStoredSession = (state: State): SessionIndex =>
  storage.storedRange.get(state)?.[0] ?? currentSession(state);

/** Proves that the key belongs to a validator of the current session; `undefined` when it does not. */
export function proveKeyOwnership(
  state: State,
  type: KeyTypeId,
  key: Hex,
): KeyOwnershipProof | undefined {
  const validators = storage.currentKeys.get(state);
  const wanted = keyOf(type, key);
  const index = validators.findIndex(({ keys }) =>
    typedKeys(keys).some(([other, value]) => keyOf(other, value) === wanted),
  );
  if (index < 0) return undefined;
  const { root, store } = keyTrie(validators);
  const trieNodes = createProof(new NodeCache(store), root, [wanted, indexKey(index)]);
  return { session: currentSession(state), trieNodes, validatorCount: validators.length };
}

/** A path of 32 validators' keys is a few nodes deep; 65,536 validators need no more than this. */
const PROOF_LIMITS: ProofLimits = { maxNodes: 64, maxBytes: 64 * 1024 };

/** Whose the key was in the proof's session; `undefined` when the proof does not show it. */
export function checkKeyOwnership(
  state: State,
  type: KeyTypeId,
  key: Hex,
  proof: KeyOwnershipProof,
): AccountId | undefined {
  const stored = storage.historicalSessions.get(state, proof.session as SessionIndex);
  if (stored === undefined) return undefined;
  const [root, count] = stored;
  if (count !== proof.validatorCount) return undefined;
  const trie = openProof(root, proof.trieNodes, PROOF_LIMITS);
  if (!trie.ok) return undefined;
  const read = tryRead(() => {
    const index = trie.value.value(keyOf(type, key))?.bytes;
    return index === undefined ? undefined : trie.value.value(bytesToHex(index))?.bytes;
  });
  if (!read.ok || read.value === undefined) return undefined;
  const account = tryDecode(AccountId, read.value);
  return account.ok ? account.value : undefined;
}

export const historical = pallet({ name: "Historical", index: 33, storage, events });

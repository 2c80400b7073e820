/**
 * Storage proofs: the nodes that some reads of a state touched, from which the same reads can be
 * answered against the root alone.
 *
 * A read that the proof does not cover throws `TrieError` (`missingNode`): that is not absence, which is
 * proven by a path that ends.
 *
 * Reference: consensus and sync, 2.7.
 */
import { assert, err, type Hex, ok, type Result } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import type { ChildId } from "./child-trie.ts";
import { type TrieFault, tryRead } from "./error.ts";
import { knownChildRoots } from "./known-child-roots.ts";
import { EMPTY_ROOT } from "./node.ts";
import { type LoadedNode, NodeCache } from "./node-cache.ts";
import { type StateBackend, TrieBackend } from "./state-backend.ts";
import { ProofRecorder } from "./trie-reader.ts";

export interface ProofLimits {
  readonly maxNodes: number;
  readonly maxBytes: number;
}

/** Far above a state response of a peer or the witness in a PoV. */
export const PROOF_LIMITS: ProofLimits = { maxNodes: 65_536, maxBytes: 16 * 1024 * 1024 };

// Making

/** Runs `read` over the state and returns its answer with the proof of it. */
export function prove<T>(
  cache: NodeCache,
  root: Hex,
  read: (state: StateBackend) => T,
): { readonly value: T; readonly proof: Uint8Array[] } {
  const recorder = new ProofRecorder();
  const value = read(new TrieBackend(cache, root, recorder));
  return { value, proof: recorder.proof() };
}

/** The proof of what stands, or does not stand, at `keys` of the main trie or of a child. */
export function createProof(
  cache: NodeCache,
  root: Hex,
  keys: Iterable<Hex>,
  child?: ChildId,
): Uint8Array[] {
  return prove(cache, root, (state) => {
    for (const key of keys) state.value(key, child);
  }).proof;
}

/** The proof of all entries under a prefix, as far as `limit` of them, and that there are no others. */
export function createPrefixProof(
  cache: NodeCache,
  root: Hex,
  prefix: Hex,
  limit: number = Infinity,
  child?: ChildId,
): Uint8Array[] {
  return prove(cache, root, (state) => {
    let left = limit;
    for (const key of state.keysWithPrefix(prefix, child)) {
      if (left <= 0) return;
      left -= 1;
      state.value(key, child);
    }
  }).proof;
}

// Checking

export type ProofError =
  | { readonly code: "tooManyNodes"; readonly nodes: number }
  | { readonly code: "tooManyBytes"; readonly bytes: number }
  | { readonly code: "duplicateNode"; readonly hash: Hex }
  /** Nothing in the proof has the root's hash. */
  | { readonly code: "missingRoot" }
  /** An item that no path from the root leads to. */
  | { readonly code: "unusedNode"; readonly hash: Hex }
  | Extract<TrieFault, { code: "malformedNode" }>;

/**
 * The state under `root` as far as the proof shows it. Every item must belong to it; more than a
 * reader needs is fine. With a recorder one sees afterwards which items were used.
 */
export function openProof(
  root: Hex,
  proof: readonly Uint8Array[],
  limits: ProofLimits = PROOF_LIMITS,
  recorder?: ProofRecorder,
): Result<TrieBackend, ProofError> {
  const indexed = indexProof(proof, limits);
  if (!indexed.ok) return indexed;
  const items = indexed.value;
  const cache = new NodeCache(items, Math.max(1, items.size));
  if (root !== EMPTY_ROOT && !items.has(root)) return err({ code: "missingRoot" });
  const used = tryRead(() => reachableItems(items, cache, root));
  if (!used.ok) {
    assert(used.error.code === "malformedNode", "only items that are there are looked at");
    return err(used.error);
  }
  for (const hash of items.keys())
    if (!used.value.has(hash)) return err({ code: "unusedNode", hash });
  return ok(new TrieBackend(cache, root, recorder));
}

function indexProof(
  proof: readonly Uint8Array[],
  { maxNodes, maxBytes }: ProofLimits,
): Result<Map<Hex, Uint8Array>, ProofError> {
  if (proof.length > maxNodes) return err({ code: "tooManyNodes", nodes: proof.length });
  const bytes = proof.reduce((sum, item) => sum + item.length, 0);
  if (bytes > maxBytes) return err({ code: "tooManyBytes", bytes });
  const items = new Map<Hex, Uint8Array>();
  for (const item of proof) {
    const hash = blake2b256Hex(item);
    if (items.has(hash)) return err({ code: "duplicateNode", hash });
    items.set(hash, item);
  }
  return ok(items);
}

/** The items that paths from the root lead to, child tries included. Throws `malformedNode`. */
function reachableItems(
  items: ReadonlyMap<Hex, Uint8Array>,
  cache: NodeCache,
  root: Hex,
): ReadonlySet<Hex> {
  const used = new Set<Hex>();
  const waiting: LoadedNode[] = [];
  const want = (hash: Hex): void => {
    if (used.has(hash) || !items.has(hash)) return;
    used.add(hash);
    if (hash !== EMPTY_ROOT) waiting.push(cache.node(hash));
  };
  want(root);
  for (const childRoot of knownChildRoots(items, cache, root)) want(childRoot);
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const valueHash = at.valueHash();
    if (valueHash !== undefined && items.has(valueHash)) used.add(valueHash);
    for (let nibble = 0; nibble < 16; nibble++) {
      const hash = at.childHash(nibble);
      if (hash !== undefined) want(hash);
      const embedded = hash === undefined ? at.embeddedChild(nibble) : undefined;
      if (embedded !== undefined) waiting.push(embedded);
    }
  }
  return used;
}

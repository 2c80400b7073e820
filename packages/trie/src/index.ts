export {
  CHILD_STORAGE_PREFIX,
  type ChildId,
  childRootKey,
  childRootOf,
  DEFAULT_CHILD_PREFIX,
} from "./child-trie.ts";
export {
  COMPACT_PROOF_MAX_ITEMS,
  type CompactProofError,
  decodeCompactProof,
  encodeCompactProof,
  openCompactProof,
} from "./compact-proof.ts";
export { TrieError, type TrieFault, tryRead } from "./error.ts";
export { LiveStates, placesOf, type StateRecord, type StateRecords } from "./live-states.ts";
export { decodeNode, EMPTY_ROOT, type StateVersion, type TrieNode } from "./node.ts";
export { NodeCache } from "./node-cache.ts";
export { MemoryNodeStore, type NodeBatch, type NodeReader, type NodeStore } from "./node-store.ts";
export { Overlay } from "./overlay.ts";
export {
  createPrefixProof,
  createProof,
  openProof,
  PROOF_LIMITS,
  type ProofError,
  type ProofLimits,
  prove,
} from "./proof.ts";
export { type Hasher, orderedTrieRoot, trieRoot } from "./root.ts";
export type { ChildState, ClearedPrefix, State, StateEntries } from "./state.ts";
export { type StateBackend, TrieBackend } from "./state-backend.ts";
export { StoredValue } from "./stored-value.ts";
export { ProofRecorder, TrieReader } from "./trie-reader.ts";
export {
  applyChanges,
  applyStateChanges,
  STORAGE_KEY_MAX_BYTES,
  type StateChanges,
  type TrieChanges,
  type TrieUpdate,
} from "./update.ts";

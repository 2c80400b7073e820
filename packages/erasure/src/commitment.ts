/**
 * The erasure root: one hash that commits to all chunks of a payload, and the proofs that a chunk is
 * one of them.
 *
 * It is the root of a state trie of version 0 from the chunk's index (u32, little-endian) to the
 * BLAKE2b-256 hash of the chunk; a proof is the nodes from the root to the chunk's leaf.
 *
 * Reference: runtime and primitives, 2.5.
 */
import {
  assert,
  bytesToHex,
  equalBytes,
  err,
  type Hex,
  ok,
  type Result,
  u32Bytes,
} from "@parahost/base";
import { blake2b256, blake2b256Hex } from "@parahost/crypto";
import {
  applyChanges,
  EMPTY_ROOT,
  MemoryNodeStore,
  NodeCache,
  ProofRecorder,
  TrieReader,
  tryRead,
} from "@parahost/trie";

/** No honest proof is deeper: keys have eight nibbles. */
export const CHUNK_PROOF_MAX_NODES = 8;
/** A branch with sixteen children and a value beyond any that occurs. */
export const CHUNK_PROOF_NODE_MAX_BYTES = 612;

export interface Commitment {
  /** The erasure root of the candidate. */
  readonly root: Hex;
  /** The proof of one chunk: encoded nodes, from the root to the leaf. */
  proof(index: number): Uint8Array[];
}

/** Commits to all chunks of a payload, index 0 first. */
export function branches(chunks: readonly Uint8Array[]): Commitment {
  return branchesOfHashes(chunks.map(blake2b256));
}

/** The same from the BLAKE2b-256 hashes of the chunks. */
export function branchesOfHashes(hashes: readonly Uint8Array[]): Commitment {
  const store = new MemoryNodeStore();
  const cache = new NodeCache(store);
  const entries = new Map(hashes.map((hash, index) => [indexKey(index), hash]));
  const update = applyChanges(new TrieReader(cache), EMPTY_ROOT, entries, 0);
  store.apply(update);
  return {
    root: update.root,
    proof(index) {
      assert(index >= 0 && index < hashes.length, `chunk ${index} of ${hashes.length}`);
      const recorder = new ProofRecorder();
      new TrieReader(cache, recorder).get(update.root, indexKey(index));
      return recorder.proof();
    },
  };
}

export type ChunkProofError =
  | { readonly code: "emptyProof" }
  | { readonly code: "tooManyNodes"; readonly nodes: number }
  | { readonly code: "nodeTooLarge"; readonly length: number }
  /** The nodes do not lead from the root to the index. */
  | { readonly code: "brokenProof"; readonly missing: Hex }
  | { readonly code: "malformedNode"; readonly reason: string }
  /** The root commits to no chunk of that index. */
  | { readonly code: "noSuchChunk"; readonly index: number }
  /** It commits to another chunk there. */
  | { readonly code: "wrongChunk"; readonly index: number };

/** Whether `chunk` is the one that `root` commits to at `index`. The order of nodes is free. */
export function verifyChunkProof(
  root: Hex,
  index: number,
  chunk: Uint8Array,
  proof: readonly Uint8Array[],
): Result<void, ChunkProofError> {
  if (proof.length === 0) return err({ code: "emptyProof" });
  if (proof.length > CHUNK_PROOF_MAX_NODES)
    return err({ code: "tooManyNodes", nodes: proof.length });
  const nodes = new Map<Hex, Uint8Array>();
  for (const node of proof) {
    if (node.length > CHUNK_PROOF_NODE_MAX_BYTES)
      return err({ code: "nodeTooLarge", length: node.length });
    nodes.set(blake2b256Hex(node), node);
  }
  const reader = new TrieReader(new NodeCache(nodes, CHUNK_PROOF_MAX_NODES));
  const leaf = tryRead(() => reader.get(root, indexKey(index))?.bytes);
  if (!leaf.ok)
    return leaf.error.code === "missingNode"
      ? err({ code: "brokenProof", missing: leaf.error.hash })
      : err(leaf.error);
  if (leaf.value === undefined) return err({ code: "noSuchChunk", index });
  if (!equalBytes(leaf.value, blake2b256(chunk))) return err({ code: "wrongChunk", index });
  return ok(undefined);
}

function indexKey(index: number): Hex {
  return bytesToHex(u32Bytes(index));
}

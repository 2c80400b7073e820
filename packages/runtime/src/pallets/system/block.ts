/**
 * The block being executed: number, parent, digest, extrinsics; and the hashes of the last blocks, for
 * transactions that live only so long.
 */
import { assert, u32Bytes } from "@parahost/base";
import {
  asHash,
  BlockNumber,
  Digest,
  type DigestItem,
  encodeExtrinsic,
  Hash,
  type Header,
  ZERO_HASH,
} from "@parahost/primitives";
import { bytes, decode, u32 } from "@parahost/scale";
import { orderedTrieRoot } from "@parahost/trie";
import { storage as eventStorage } from "../../framework/events.ts";
import { type Phase, type State, storageMap, storageValue } from "../../framework/index.ts";
import { storage as limitStorage, resetBlockLimits } from "./limits.ts";

/** Hashes of this many blocks are kept (and genesis's): the longest life of a mortal transaction. */
export const BLOCK_HASH_COUNT = 4096;

/** The last block that there can be. */
export const BLOCK_NUMBER_MAX = 0xffff_ffff;

/** `:extrinsic_index`. */
const EXTRINSIC_INDEX_KEY = "0x3a65787472696e7369635f696e646578" as const;

export const storage = {
  extrinsicCount: storageValue(
    "System.ExtrinsicCount",
    "Number of extrinsics of the block, once the last was applied.",
    u32,
  ),
  blockHash: storageMap(
    "System.BlockHash",
    "Hashes of recent blocks, by number; what transactions' mortality refers to.",
    "twox64Concat",
    BlockNumber,
    Hash,
    ZERO_HASH,
  ),
  extrinsicData: storageMap(
    "System.ExtrinsicData",
    "Extrinsics of the block being executed, without their length prefix.",
    "twox64Concat",
    u32,
    bytes(),
    new Uint8Array(),
  ),
  parentHash: storageValue(
    "System.ParentHash",
    "Hash of the parent of the block.",
    Hash,
    ZERO_HASH,
  ),
  digest: storageValue(
    "System.Digest",
    "Digest of the block so far; the seal is not part of it.",
    Digest,
    [],
  ),
};

export const blockNumber = (state: State): number => eventStorage.number.get(state);

/** Of the block being executed. */
export const parentHash = (state: State): Hash => storage.parentHash.get(state);

/** The hash of an earlier block; `undefined` when it is too old, or not yet built. */
export const blockHash = (state: State, number: number): Hash | undefined =>
  storage.blockHash.has(state, number) ? storage.blockHash.get(state, number) : undefined;

export const digest = (state: State): Digest => storage.digest.get(state);

export function depositLog(state: State, item: DigestItem): void {
  storage.digest.update(state, (items) => [...items, item]);
}

/** Opens block `number` upon `parent`; only the author's items enter the digest. */
export function beginBlock(state: State, number: number, parent: Hash, items: Digest): void {
  assert(number === blockNumber(state) + 1, `block ${number} after block ${blockNumber(state)}`);
  eventStorage.events.remove(state);
  eventStorage.eventCount.remove(state);
  eventStorage.executionPhase.set(state, { type: "initialization" });
  eventStorage.number.set(state, number);
  setExtrinsicIndex(state, 0);
  storage.digest.set(
    state,
    items.filter((item) => item.type === "preRuntime"),
  );
  storage.parentHash.set(state, parent);
  storage.blockHash.set(state, number - 1, parent);
  resetBlockLimits(state);
}

export function setPhase(state: State, phase: Phase): void {
  eventStorage.executionPhase.set(state, phase);
}

// Extrinsics

/** Whether a block is being built or executed: it was opened and has not been closed. */
export const isBlockOpen = (state: State): boolean => state.has(EXTRINSIC_INDEX_KEY);

/** Position of the next extrinsic to apply. */
export function extrinsicIndex(state: State): number {
  const stored = state.get(EXTRINSIC_INDEX_KEY);
  assert(stored !== undefined, "no block is being executed");
  return decode(u32, stored);
}

function setExtrinsicIndex(state: State, index: number): void {
  state.set(EXTRINSIC_INDEX_KEY, u32Bytes(index));
}

/** Keeps the extrinsic for the root of all extrinsics. */
export function noteExtrinsic(state: State, extrinsic: Uint8Array): void {
  storage.extrinsicData.set(state, extrinsicIndex(state), extrinsic);
}

export function noteAppliedExtrinsic(state: State): void {
  const next = extrinsicIndex(state) + 1;
  setExtrinsicIndex(state, next);
  setPhase(state, { type: "applyExtrinsic", value: next });
}

export function noteFinishedExtrinsics(state: State): void {
  storage.extrinsicCount.set(state, extrinsicIndex(state));
  state.delete(EXTRINSIC_INDEX_KEY);
  setPhase(state, { type: "finalization" });
}

/** The root that headers carry: state version 0, whatever the state's own version. */
export function extrinsicsRoot(extrinsics: readonly Uint8Array[]): Hash {
  return asHash(orderedTrieRoot(extrinsics.map(encodeExtrinsic), 0));
}

/** Closes the block: the header without its seal. Afterwards nothing may change the state. */
export function endBlock(state: State): Header {
  const number = blockNumber(state);
  const count = storage.extrinsicCount.take(state) ?? 0;
  const extrinsics = Array.from({ length: count }, (_, i) => storage.extrinsicData.take(state, i));
  eventStorage.executionPhase.remove(state);
  limitStorage.allExtrinsicsLength.remove(state);
  const forgotten = number - BLOCK_HASH_COUNT - 1;
  if (forgotten > 0) storage.blockHash.remove(state, forgotten);
  return {
    parentHash: parentHash(state),
    number,
    extrinsicsRoot: extrinsicsRoot(extrinsics),
    digest: digest(state),
    stateRoot: asHash(state.root(1)),
  };
}

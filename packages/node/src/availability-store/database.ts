/**
 * What the availability store keeps, and where.
 *
 * | column | key | value |
 * |---|---|---|
 * | data | `available` candidate | `AvailableData` |
 * | data | `chunk` candidate, validator index | `ErasureChunk` |
 * | meta | `meta` candidate | `CandidateMeta` |
 * | meta | `unfinalized` number, block, candidate | nothing |
 * | meta | `prune` time, candidate | nothing |
 *
 * Numbers in keys are big-endian, so that ranges run in their order. Every operation is one batch.
 */
import { asciiBytes, bytesToHex, concatBytes, hexToBytes } from "@parahost/base";
import {
  AvailableData,
  type CandidateHash,
  ErasureChunk,
  type Hash,
  type ValidatorIndex,
} from "@parahost/primitives";
import { bitAt, bitsAt, decode, encode, onesOf, withBit } from "@parahost/scale";
import { type Change, type KeyValueStore, withPrefix } from "@parahost/storage";
import {
  abandonedBy,
  type BlockRef,
  CandidateMeta,
  type CandidateState,
  includedBy,
  newCandidate,
  type PruningTimes,
  pruneAt,
} from "./candidate-meta.ts";

export const AVAILABILITY_COLUMNS = ["availabilityData", "availabilityMeta"] as const;
export type AvailabilityColumn = (typeof AVAILABILITY_COLUMNS)[number];

const DATA: AvailabilityColumn = "availabilityData";
const META: AvailabilityColumn = "availabilityMeta";
const NOTHING = new Uint8Array(0);
const UNFINALIZED = asciiBytes("unfinalized");
const PRUNE = asciiBytes("prune");
const HASH_BYTES = 32;

type Changes = Change<AvailabilityColumn>[];

export class AvailabilityDatabase {
  readonly #store: KeyValueStore<AvailabilityColumn>;
  readonly #times: PruningTimes;

  constructor(store: KeyValueStore<AvailabilityColumn>, times: PruningTimes) {
    this.#store = store;
    this.#times = times;
  }

  // Reading

  meta(candidate: CandidateHash): CandidateMeta | undefined {
    const bytes = this.#store.get(META, metaKey(candidate));
    return bytes === undefined ? undefined : decode(CandidateMeta, bytes);
  }

  availableData(candidate: CandidateHash): AvailableData | undefined {
    const bytes = this.#store.get(DATA, availableKey(candidate));
    return bytes === undefined ? undefined : decode(AvailableData, bytes);
  }

  chunk(candidate: CandidateHash, validator: ValidatorIndex): ErasureChunk | undefined {
    const bytes = this.#store.get(DATA, chunkKey(candidate, validator));
    return bytes === undefined ? undefined : decode(ErasureChunk, bytes);
  }

  hasChunk(candidate: CandidateHash, validator: ValidatorIndex): boolean {
    const meta = this.meta(candidate);
    return meta !== undefined && bitAt(meta.chunksStored, validator);
  }

  /** Whose chunks are stored, in ascending order. */
  chunkHolders(candidate: CandidateHash): readonly ValidatorIndex[] {
    const meta = this.meta(candidate);
    return meta === undefined ? [] : (onesOf(meta.chunksStored) as ValidatorIndex[]);
  }

  // Writing

  /** A block backs the candidate: from now on its chunks are stored. */
  noteBacked(candidate: CandidateHash, validatorCount: number, now: number): void {
    if (this.meta(candidate) !== undefined) return;
    const changes: Changes = [];
    this.#putMeta(changes, candidate, undefined, newCandidate(now, validatorCount));
    this.#store.write(changes);
  }

  /** A block includes the candidate. Candidates that were never backed here are not kept. */
  noteIncluded(candidate: CandidateHash, block: BlockRef): void {
    const meta = this.meta(candidate);
    if (meta === undefined) return;
    const changes: Changes = [
      { column: META, key: unfinalizedKey(block, candidate), value: NOTHING },
    ];
    this.#putState(changes, candidate, meta, includedBy(meta.state, block));
    this.#store.write(changes);
  }

  /** A dispute begins, or is forgotten. What is not stored is nobody's to keep. */
  noteDisputed(candidate: CandidateHash, disputed: boolean): void {
    const meta = this.meta(candidate);
    if (meta === undefined || meta.disputed === disputed) return;
    const changes: Changes = [];
    this.#putMeta(changes, candidate, meta, { ...meta, disputed });
    this.#store.write(changes);
  }

  /** False when no chain that we saw backs the candidate, or when there is no such validator. */
  storeChunk(candidate: CandidateHash, validator: ValidatorIndex, chunk: ErasureChunk): boolean {
    const meta = this.meta(candidate);
    if (meta === undefined || validator >= meta.chunksStored.length) return false;
    if (bitAt(meta.chunksStored, validator)) return true;
    const changes: Changes = [
      { column: DATA, key: chunkKey(candidate, validator), value: encode(ErasureChunk, chunk) },
    ];
    const chunksStored = withBit(meta.chunksStored, validator, true);
    this.#putMeta(changes, candidate, meta, { ...meta, chunksStored });
    this.#store.write(changes);
    return true;
  }

  /** Data and all chunks, the chunk of validator i at place i. */
  storeAvailableData(
    candidate: CandidateHash,
    data: Uint8Array,
    chunks: readonly ErasureChunk[],
    now: number,
  ): void {
    const before = this.meta(candidate);
    const changes: Changes = [{ column: DATA, key: availableKey(candidate), value: data }];
    chunks.forEach((chunk, validator) => {
      const key = chunkKey(candidate, validator as ValidatorIndex);
      changes.push({ column: DATA, key, value: encode(ErasureChunk, chunk) });
    });
    const fresh = newCandidate(now, chunks.length);
    const chunksStored = bitsAt(chunks.length, chunks.keys());
    const state = before?.state ?? fresh.state;
    const disputed = before?.disputed ?? false;
    const after = { state, dataAvailable: true, chunksStored, disputed };
    this.#putMeta(changes, candidate, before, after);
    this.#store.write(changes);
  }

  // Finality and pruning

  /** Heights up to `number` with blocks whose fate was open. */
  unfinalizedHeights(number: number): readonly number[] {
    const heights = new Set<number>();
    const end = concatBytes(UNFINALIZED, u32(number + 1));
    for (const { key } of this.#store.range(META, UNFINALIZED, end))
      heights.add(new DataView(key.buffer, key.byteOffset).getUint32(UNFINALIZED.length));
    return [...heights];
  }

  /** Of this height `finalized` is final: what others include goes back to where it was. */
  finalizeHeight(number: number, finalized: Hash, now: number): void {
    const prefix = concatBytes(UNFINALIZED, u32(number));
    for (const { key } of withPrefix(this.#store, META, prefix)) {
      const hash = bytesToHex(key.subarray(prefix.length, prefix.length + HASH_BYTES)) as Hash;
      const candidate = bytesToHex(key.subarray(prefix.length + HASH_BYTES)) as CandidateHash;
      const meta = this.meta(candidate);
      const changes: Changes = [{ column: META, key }];
      if (meta !== undefined) {
        const state: CandidateState =
          hash === finalized ? { type: "finalized", value: now } : abandonedBy(meta.state, hash);
        this.#putState(changes, candidate, meta, state);
        if (state.type === "finalized" && meta.state.type === "unfinalized")
          for (const block of meta.state.value.blocks)
            changes.push({ column: META, key: unfinalizedKey(block, candidate) });
      }
      this.#store.write(changes);
    }
  }

  /** Drops what is due; returns how many candidates lost something. */
  prune(now: number): number {
    let pruned = 0;
    const end = concatBytes(PRUNE, u64(now + 1));
    for (const { key } of this.#store.range(META, PRUNE, end)) {
      const candidate = bytesToHex(key.subarray(PRUNE.length + 8)) as CandidateHash;
      const changes: Changes = [{ column: META, key }];
      const meta = this.meta(candidate);
      if (meta !== undefined) {
        pruned += 1;
        const onlyData =
          meta.state.type === "finalized" &&
          meta.dataAvailable &&
          now < meta.state.value + this.#times.keepFinalizedChunksMs;
        if (onlyData) {
          changes.push({ column: DATA, key: availableKey(candidate) });
          this.#putMeta(changes, candidate, meta, { ...meta, dataAvailable: false });
        } else this.#dropAll(changes, candidate, meta);
      }
      this.#store.write(changes);
    }
    return pruned;
  }

  #dropAll(changes: Changes, candidate: CandidateHash, meta: CandidateMeta): void {
    changes.push({ column: DATA, key: availableKey(candidate) });
    for (const validator of onesOf(meta.chunksStored))
      changes.push({ column: DATA, key: chunkKey(candidate, validator as ValidatorIndex) });
    changes.push({ column: META, key: metaKey(candidate) });
  }

  #putState(
    changes: Changes,
    candidate: CandidateHash,
    before: CandidateMeta,
    state: CandidateState,
  ): void {
    this.#putMeta(changes, candidate, before, { ...before, state });
  }

  /** Writes the record and moves its entry in the order of pruning. */
  #putMeta(
    changes: Changes,
    candidate: CandidateHash,
    before: CandidateMeta | undefined,
    after: CandidateMeta,
  ): void {
    changes.push({ column: META, key: metaKey(candidate), value: encode(CandidateMeta, after) });
    const due = before === undefined ? undefined : pruneAt(before, this.#times);
    const next = pruneAt(after, this.#times);
    if (due === next) return;
    if (due !== undefined) changes.push({ column: META, key: pruneKey(due, candidate) });
    if (next !== undefined)
      changes.push({ column: META, key: pruneKey(next, candidate), value: NOTHING });
  }
}

// Keys

function availableKey(candidate: CandidateHash): Uint8Array {
  return concatBytes(asciiBytes("available"), hexToBytes(candidate));
}

function chunkKey(candidate: CandidateHash, validator: ValidatorIndex): Uint8Array {
  return concatBytes(asciiBytes("chunk"), hexToBytes(candidate), u32(validator));
}

function metaKey(candidate: CandidateHash): Uint8Array {
  return concatBytes(asciiBytes("meta"), hexToBytes(candidate));
}

function unfinalizedKey({ number, hash }: BlockRef, candidate: CandidateHash): Uint8Array {
  return concatBytes(UNFINALIZED, u32(number), hexToBytes(hash), hexToBytes(candidate));
}

function pruneKey(time: number, candidate: CandidateHash): Uint8Array {
  return concatBytes(PRUNE, u64(time), hexToBytes(candidate));
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

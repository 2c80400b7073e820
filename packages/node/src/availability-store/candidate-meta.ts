/**
 * What is known about a stored candidate and how long it is kept. A candidate that no block includes
 * is dropped after an hour; one that a finalized block includes is kept for a day (its data) and an
 * hour more (its chunks), counted from finality; one that is disputed for as long as the dispute is
 * remembered. Guide: Availability Store.
 */
import { BlockNumber, Hash } from "@parahost/primitives";
import { bitVec, bool, struct, u64Number, type ValueOf, variant, vec } from "@parahost/scale";

const HOUR_MS = 3_600_000;

export interface PruningTimes {
  readonly keepUnavailableMs: number;
  readonly keepFinalizedDataMs: number;
  readonly keepFinalizedChunksMs: number;
}

export const PRUNING_TIMES: PruningTimes = {
  keepUnavailableMs: HOUR_MS,
  keepFinalizedDataMs: 24 * HOUR_MS,
  keepFinalizedChunksMs: 25 * HOUR_MS,
};

const BlockRef = struct({ number: BlockNumber, hash: Hash });
export type BlockRef = ValueOf<typeof BlockRef>;

/** Times are Unix milliseconds. */
const CandidateState = variant({
  /** Backed or validated at that time; included nowhere. */
  unavailable: [0, u64Number],
  /** Included by these blocks; the time is that of the first state. */
  unfinalized: [1, struct({ since: u64Number, blocks: vec(BlockRef) })],
  /** Included by a block that was finalized at that time. */
  finalized: [2, u64Number],
});
export type CandidateState = ValueOf<typeof CandidateState>;

export const CandidateMeta = struct({
  state: CandidateState,
  dataAvailable: bool,
  /** By validator index. */
  chunksStored: bitVec(),
  /** A dispute has touched it: others may have to check it for as long as the dispute is remembered. */
  disputed: bool,
});
export type CandidateMeta = ValueOf<typeof CandidateMeta>;

/** A candidate that was just seen for the first time. */
export function newCandidate(now: number, validatorCount: number): CandidateMeta {
  const chunksStored = {
    length: validatorCount,
    bytes: new Uint8Array(Math.ceil(validatorCount / 8)),
  };
  return {
    state: { type: "unavailable", value: now },
    dataAvailable: false,
    chunksStored,
    disputed: false,
  };
}

export function includedBy(state: CandidateState, block: BlockRef): CandidateState {
  switch (state.type) {
    case "unavailable":
      return { type: "unfinalized", value: { since: state.value, blocks: [block] } };
    case "unfinalized": {
      const { since, blocks } = state.value;
      if (blocks.some(({ hash }) => hash === block.hash)) return state;
      return { type: "unfinalized", value: { since, blocks: [...blocks, block] } };
    }
    case "finalized":
      return state;
  }
}

/** The block lost to another one of its height. */
export function abandonedBy(state: CandidateState, block: Hash): CandidateState {
  if (state.type !== "unfinalized") return state;
  const { since } = state.value;
  const blocks = state.value.blocks.filter(({ hash }) => hash !== block);
  return blocks.length === 0
    ? { type: "unavailable", value: since }
    : { type: "unfinalized", value: { since, blocks } };
}

/** When something of the candidate is next to be dropped; `undefined` while it may be needed. */
export function pruneAt(
  { state, dataAvailable, disputed }: CandidateMeta,
  times: PruningTimes,
): number | undefined {
  if (disputed) return undefined;
  switch (state.type) {
    case "unavailable":
      return state.value + times.keepUnavailableMs;
    case "unfinalized":
      return undefined;
    case "finalized":
      return (
        state.value + (dataAvailable ? times.keepFinalizedDataMs : times.keepFinalizedChunksMs)
      );
  }
}

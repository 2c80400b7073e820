/**
 * Epochs on chain. Epoch 0 begins at the slot of block 1; an epoch changes in the first block whose slot
 * lies past its end, never in block 1. If no block was built for whole epochs, the index jumps.
 *
 * Reference: consensus-and-sync.md 3.7, 3.8.
 */
import {
  asSessionIndex,
  BABE_ENGINE_ID,
  type BabeAuthorities,
  BabeConsensusLog,
  type BabeEpoch,
  type SessionIndex,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import type { State } from "../../framework/index.ts";
import { blockNumber, depositLog } from "../system/block.ts";
import { rotateRandomness } from "./randomness.ts";
import {
  currentSlot,
  epochConfig,
  epochDuration,
  epochIndex,
  nextEpochRandomness,
  storage,
} from "./storage.ts";

/** The first slot of epoch `index`. */
export const epochStartSlot = (state: State, index: number): number =>
  storage.genesisSlot.get(state) + index * epochDuration(state);

/** Whether the block being initialized is the first of a later epoch. */
export function shouldEpochChange(state: State): boolean {
  if (blockNumber(state) === 1) return false;
  const elapsed = currentSlot(state) - epochStartSlot(state, epochIndex(state));
  return elapsed >= epochDuration(state);
}

export function depositBabeLog(state: State, log: BabeConsensusLog): void {
  const data = encode(BabeConsensusLog, log);
  depositLog(state, { type: "consensus", value: { engine: BABE_ENGINE_ID, data } });
}

/** Gaps that are remembered: more than offences are punished over. */
const SKIPPED_EPOCHS_MAX = 100;

/** Epochs count on while no block is built, sessions do not. */
function noteSkipped(state: State, index: number, session: SessionIndex): void {
  if (index === epochIndex(state) + 1) return;
  storage.skippedEpochs.update(state, (skipped) =>
    [...skipped, [index, session] as const].slice(-SKIPPED_EPOCHS_MAX),
  );
}

/** The session that an epoch was. */
export function sessionOfEpoch(state: State, epoch: number): SessionIndex {
  const gap = storage.skippedEpochs.get(state).findLast(([index]) => index <= epoch);
  return asSessionIndex(gap === undefined ? epoch : gap[1] + epoch - gap[0]);
}

/**
 * Enters the epoch of the current slot, session `session`, with `authorities`, and announces that
 * `nextAuthorities` will have the one after it.
 */
export function enactEpochChange(
  state: State,
  session: SessionIndex,
  authorities: BabeAuthorities,
  nextAuthorities: BabeAuthorities,
): void {
  const sinceGenesis = currentSlot(state) - storage.genesisSlot.get(state);
  const index = Math.floor(sinceGenesis / epochDuration(state));
  noteSkipped(state, index, session);
  storage.epochIndex.set(state, index);
  storage.authorities.set(state, authorities);
  storage.nextAuthorities.set(state, nextAuthorities);
  storage.epochStart.update(state, ([, start]) => [start, blockNumber(state)]);
  const randomness = rotateRandomness(state, index + 1);
  depositBabeLog(state, {
    type: "nextEpochData",
    value: { authorities: nextAuthorities, randomness },
  });

  const config = storage.nextEpochConfig.get(state);
  if (config !== undefined) storage.epochConfig.set(state, config);
  const pending = storage.pendingEpochConfigChange.take(state);
  if (pending !== undefined) {
    storage.nextEpochConfig.set(state, pending.value);
    depositBabeLog(state, { type: "nextConfigData", value: pending });
  }
}

/** Answer of `BabeApi_current_epoch`. */
export const currentEpoch = (state: State): BabeEpoch => ({
  epochIndex: epochIndex(state),
  startSlot: epochStartSlot(state, epochIndex(state)),
  duration: epochDuration(state),
  authorities: storage.authorities.get(state),
  randomness: storage.randomness.get(state),
  config: epochConfig(state),
});

/** Answer of `BabeApi_next_epoch`. */
export const nextEpoch = (state: State): BabeEpoch => ({
  epochIndex: epochIndex(state) + 1,
  startSlot: epochStartSlot(state, epochIndex(state) + 1),
  duration: epochDuration(state),
  authorities: storage.nextAuthorities.get(state),
  randomness: nextEpochRandomness(state),
  config: storage.nextEpochConfig.get(state) ?? epochConfig(state),
});

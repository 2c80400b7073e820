/** What BABE keeps on chain. Names and encodings are those that parachains read by proof. */

import { assert } from "@parahost/base";
import {
  BabeAuthorities,
  BabeEpochConfiguration,
  BabePreDigest,
  BlockNumber,
  NextConfigDescriptor,
  Randomness,
  SessionIndex,
  Slot,
} from "@parahost/primitives";
import { tuple, u32, u64Number, vec } from "@parahost/scale";
import { palletErrors, type State, storageMap, storageValue } from "../../framework/index.ts";

/** Before any randomness exists its bytes are zero. */
const NO_RANDOMNESS: Randomness = new Uint8Array(32);

export const storage = {
  /** Milliseconds. Fixed at genesis; a constant of Polkadot's runtime, as is the next. */
  slotDuration: storageValue("Babe.SlotDuration", u64Number),
  /** Slots of an epoch. */
  epochDuration: storageValue("Babe.EpochDuration", u64Number),
  epochIndex: storageValue("Babe.EpochIndex", u64Number, 0),
  authorities: storageValue("Babe.Authorities", BabeAuthorities, []),
  /** The slot of block 1. */
  genesisSlot: storageValue("Babe.GenesisSlot", Slot, 0),
  currentSlot: storageValue("Babe.CurrentSlot", Slot, 0),
  /** Of the current epoch. */
  randomness: storageValue("Babe.Randomness", Randomness, NO_RANDOMNESS),
  pendingEpochConfigChange: storageValue("Babe.PendingEpochConfigChange", NextConfigDescriptor),
  /** Of the next epoch. */
  nextRandomness: storageValue("Babe.NextRandomness", Randomness, NO_RANDOMNESS),
  nextAuthorities: storageValue("Babe.NextAuthorities", BabeAuthorities, []),
  /** The segment that contributions go to. */
  segmentIndex: storageValue("Babe.SegmentIndex", u32, 0),
  /** Contributions to the randomness after next, in segments so that adding one stays cheap. */
  underConstruction: storageMap("Babe.UnderConstruction", "twox64Concat", u32, vec(Randomness), []),
  /** The author's claim; present only while a block is executed. */
  initialized: storageValue("Babe.Initialized", BabePreDigest),
  /** Randomness of the block's own VRF, if its claim has one. */
  authorVrfRandomness: storageValue("Babe.AuthorVrfRandomness", Randomness),
  /** Block numbers at which the last and the current epoch began. */
  epochStart: storageValue("Babe.EpochStart", tuple(BlockNumber, BlockNumber), [0, 0]),
  /** Slots skipped before this block. */
  lateness: storageValue("Babe.Lateness", BlockNumber, 0),
  /** Where epochs were skipped: an epoch's index and the session that it is. */
  skippedEpochs: storageValue("Babe.SkippedEpochs", vec(tuple(u64Number, SessionIndex)), []),
  epochConfig: storageValue("Babe.EpochConfig", BabeEpochConfiguration),
  nextEpochConfig: storageValue("Babe.NextEpochConfig", BabeEpochConfiguration),
};

export const errors = palletErrors(2, [
  "invalidEquivocationProof",
  "invalidKeyOwnershipProof",
  "duplicateOffenceReport",
  "invalidConfiguration",
]);

/** Milliseconds. */
export function slotDuration(state: State): number {
  const duration = storage.slotDuration.get(state);
  assert(duration !== undefined, "genesis sets the slot duration");
  return duration;
}

/** Slots of an epoch. */
export function epochDuration(state: State): number {
  const duration = storage.epochDuration.get(state);
  assert(duration !== undefined, "genesis sets the epoch duration");
  return duration;
}

export function epochConfig(state: State): BabeEpochConfiguration {
  const config = storage.epochConfig.get(state);
  assert(config !== undefined, "genesis sets the epoch configuration");
  return config;
}

/** The claim of the block being executed; `undefined` between blocks. */
export const slotClaim = (state: State): BabePreDigest | undefined =>
  storage.initialized.get(state);

/** Of the block being executed. */
export const currentSlot = (state: State): Slot => storage.currentSlot.get(state);

export const epochIndex = (state: State): number => storage.epochIndex.get(state);

/** Randomness of the next epoch: known one epoch ahead, so what is drawn from it now binds. */
export const nextEpochRandomness = (state: State): Randomness => storage.nextRandomness.get(state);

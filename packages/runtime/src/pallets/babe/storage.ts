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
import { option, tuple, u32, u64Number, vec } from "@parahost/scale";
import {
  palletErrors,
  type State,
  storageMap,
  storageOption,
  storageValue,
} from "../../framework/index.ts";

/** Before any randomness exists its bytes are zero. */
const NO_RANDOMNESS: Randomness = new Uint8Array(32);

export const storage = {
  slotDuration: storageValue(
    "Babe.SlotDuration",
    "Milliseconds of a slot. Fixed at genesis; a constant on Polkadot.",
    u64Number,
  ),
  epochDuration: storageValue(
    "Babe.EpochDuration",
    "Slots of an epoch. Fixed at genesis; a constant on Polkadot.",
    u64Number,
  ),
  epochIndex: storageValue("Babe.EpochIndex", "Index of the current epoch.", u64Number, 0),
  authorities: storageValue(
    "Babe.Authorities",
    "Authorities of the current epoch.",
    BabeAuthorities,
    [],
  ),
  genesisSlot: storageValue("Babe.GenesisSlot", "The slot of block 1.", Slot, 0),
  currentSlot: storageValue(
    "Babe.CurrentSlot",
    "Slot of the block being executed; after it, of the last one.",
    Slot,
    0,
  ),
  randomness: storageValue(
    "Babe.Randomness",
    "Randomness of the current epoch.",
    Randomness,
    NO_RANDOMNESS,
  ),
  pendingEpochConfigChange: storageValue(
    "Babe.PendingEpochConfigChange",
    "Configuration that is announced when the next epoch begins.",
    NextConfigDescriptor,
  ),
  nextRandomness: storageValue(
    "Babe.NextRandomness",
    "Randomness of the next epoch.",
    Randomness,
    NO_RANDOMNESS,
  ),
  nextAuthorities: storageValue(
    "Babe.NextAuthorities",
    "Authorities of the next epoch.",
    BabeAuthorities,
    [],
  ),
  segmentIndex: storageValue("Babe.SegmentIndex", "The segment that contributions go to.", u32, 0),
  underConstruction: storageMap(
    "Babe.UnderConstruction",
    "Contributions to the randomness after next, in segments so that adding one stays cheap.",
    "twox64Concat",
    u32,
    vec(Randomness),
    [],
  ),
  initialized: storageValue(
    "Babe.Initialized",
    "The author's claim; present only while a block is executed.",
    option(BabePreDigest),
  ),
  authorVrfRandomness: storageOption(
    "Babe.AuthorVrfRandomness",
    "Randomness of the block's own VRF, if its claim has one.",
    Randomness,
  ),
  epochStart: storageValue(
    "Babe.EpochStart",
    "Block numbers at which the last and the current epoch began.",
    tuple(BlockNumber, BlockNumber),
    [0, 0],
  ),
  lateness: storageValue("Babe.Lateness", "Slots skipped before this block.", BlockNumber, 0),
  skippedEpochs: storageValue(
    "Babe.SkippedEpochs",
    "Where epochs were skipped: an epoch's index and the session that it is.",
    vec(tuple(u64Number, SessionIndex)),
    [],
  ),
  epochConfig: storageValue(
    "Babe.EpochConfig",
    "Configuration of the current epoch.",
    BabeEpochConfiguration,
  ),
  nextEpochConfig: storageValue(
    "Babe.NextEpochConfig",
    "Configuration of the next epoch.",
    BabeEpochConfiguration,
  ),
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

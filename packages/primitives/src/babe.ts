/** Block production: configuration, digests and equivocations. Reference: consensus 3.2, 3.3, 3.9. */
import {
  fixedBytes,
  positional,
  struct,
  u32,
  u64Number,
  type ValueOf,
  variant,
  vec,
} from "@parahost/scale";
import { Header } from "./header.ts";
import { BabeId, Slot } from "./ids.ts";

/** 32 bytes that nobody could choose. */
export const Randomness = fixedBytes(32);
export type Randomness = ValueOf<typeof Randomness>;

export const BabeAuthority = positional(struct({ id: BabeId, weight: u64Number }));
export type BabeAuthority = ValueOf<typeof BabeAuthority>;

export const BabeAuthorities = vec(BabeAuthority);
export type BabeAuthorities = ValueOf<typeof BabeAuthorities>;

/** Kinds of claims beside the primary one. A chain with parachains needs the last. */
export const AllowedSlots = variant(
  { primarySlots: 0, primaryAndSecondaryPlainSlots: 1, primaryAndSecondaryVRFSlots: 2 },
  ["sp_consensus_babe", "AllowedSlots"],
);
export type AllowedSlots = ValueOf<typeof AllowedSlots>;

/** The probability that a slot has a primary claim, as a fraction, usually 1/4. */
const SlotProbability = positional(struct({ numerator: u64Number, denominator: u64Number }));

const epochConfiguration = { c: SlotProbability, allowedSlots: AllowedSlots };

export const BabeEpochConfiguration = struct(epochConfiguration, [
  "sp_consensus_babe",
  "BabeEpochConfiguration",
]);
export type BabeEpochConfiguration = ValueOf<typeof BabeEpochConfiguration>;

/** Answer of `BabeApi_configuration`. */
export const BabeConfiguration = struct(
  {
    /** Milliseconds. */
    slotDuration: u64Number,
    /** Slots. */
    epochLength: u64Number,
    c: SlotProbability,
    authorities: BabeAuthorities,
    randomness: Randomness,
    allowedSlots: AllowedSlots,
  },
  ["sp_consensus_babe", "BabeConfiguration"],
);
export type BabeConfiguration = ValueOf<typeof BabeConfiguration>;

/** Answer of `BabeApi_current_epoch` and `BabeApi_next_epoch`. */
export const BabeEpoch = struct(
  {
    epochIndex: u64Number,
    startSlot: Slot,
    /** Slots. */
    duration: u64Number,
    authorities: BabeAuthorities,
    randomness: Randomness,
    config: BabeEpochConfiguration,
  },
  ["sp_consensus_babe", "Epoch"],
);
export type BabeEpoch = ValueOf<typeof BabeEpoch>;

const VrfSignature = struct({ preOutput: fixedBytes(32), proof: fixedBytes(64) }, [
  "sp_core",
  "sr25519",
  "vrf",
  "VrfSignature",
]);

const digests = (name: string): readonly string[] => ["sp_consensus_babe", "digests", name];
const vrfClaim = { authorityIndex: u32, slot: Slot, vrfSignature: VrfSignature };

/** An author's claim to the slot: the pre-runtime item of its header. */
export const BabePreDigest = variant(
  {
    primary: [1, struct(vrfClaim, digests("PrimaryPreDigest"))],
    secondaryPlain: [
      2,
      struct({ authorityIndex: u32, slot: Slot }, digests("SecondaryPlainPreDigest")),
    ],
    secondaryVRF: [3, struct(vrfClaim, digests("SecondaryVRFPreDigest"))],
  },
  digests("PreDigest"),
);
export type BabePreDigest = ValueOf<typeof BabePreDigest>;

/** What the first block of an epoch announces for the next one. */
export const NextEpochDescriptor = struct(
  { authorities: BabeAuthorities, randomness: Randomness },
  digests("NextEpochDescriptor"),
);
export type NextEpochDescriptor = ValueOf<typeof NextEpochDescriptor>;

export const NextConfigDescriptor = variant(
  { v1: [1, struct(epochConfiguration)] },
  digests("NextConfigDescriptor"),
);
export type NextConfigDescriptor = ValueOf<typeof NextConfigDescriptor>;

/** What the runtime tells the engine: consensus items of engine `BABE`. */
export const BabeConsensusLog = variant(
  {
    nextEpochData: [1, NextEpochDescriptor],
    /** Informational: importers do not refuse the author's blocks. */
    onDisabled: [2, u32],
    /** Only beside `nextEpochData`. */
    nextConfigData: [3, NextConfigDescriptor],
  },
  ["sp_consensus_babe", "ConsensusLog"],
);
export type BabeConsensusLog = ValueOf<typeof BabeConsensusLog>;

/** Two headers of one slot by one author, both with their seals. */
export const BabeEquivocationProof = struct(
  { offender: BabeId, slot: Slot, firstHeader: Header, secondHeader: Header },
  ["sp_consensus_slots", "EquivocationProof"],
);
export type BabeEquivocationProof = ValueOf<typeof BabeEquivocationProof>;

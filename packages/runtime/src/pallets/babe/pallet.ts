/**
 * BABE on chain: reads the author's claim, counts slots and epochs, collects randomness.
 *
 * The seal and the primary threshold are checked before execution by whoever imports the block; here the
 * claim is checked against the state: slot, author, kind, proof.
 *
 * Reference: consensus-and-sync.md 3.
 */
import { assert, err, ok, type Result } from "@parahost/base";
import {
  BABE_ENGINE_ID,
  type BabeConfiguration,
  BabeEquivocationProof,
  BabePreDigest,
  NextConfigDescriptor,
  soleEngineData,
} from "@parahost/primitives";
import { type DecodeFailure, tryDecode, u64Number } from "@parahost/scale";
import {
  call,
  constant,
  done,
  ensureRoot,
  pallet,
  type State,
  weightOf,
} from "../../framework/index.ts";
import { equivocationCalls } from "../offences/equivocations.ts";
import { isDisabled } from "../session/disabling.ts";
import { blockNumber, digest } from "../system/block.ts";
import { depositBabeLog, shouldEpochChange } from "./epochs.ts";
import { provenEquivocation } from "./equivocation.ts";
import { contribute, provenRandomness } from "./randomness.ts";
import { epochConfig, epochDuration, errors, slotClaim, slotDuration, storage } from "./storage.ts";

/** Why a block's claim to its slot is refused. */
export type ClaimError =
  /** There must be exactly one pre-runtime item of BABE. */
  | { readonly code: "slotClaimMissing" }
  | { readonly code: "slotClaimUndecodable"; readonly failure: DecodeFailure }
  /** Slots increase strictly along a chain. */
  | { readonly code: "slotNotIncreasing"; readonly slot: number; readonly parentSlot: number }
  /** A secondary claim of a kind that the chain does not admit. */
  | { readonly code: "slotKindNotAllowed"; readonly kind: BabePreDigest["type"] }
  /** The authority's index is not in the epoch's list. */
  | { readonly code: "authorUnknown"; readonly authorityIndex: number }
  /** The author has committed an offence in this era. */
  | { readonly code: "authorDisabled"; readonly authorityIndex: number }
  /** The VRF proof is false for this author, slot and epoch. */
  | { readonly code: "slotClaimUnproven" };

function readClaim(state: State): Result<BabePreDigest, ClaimError> {
  const data = soleEngineData(digest(state), "preRuntime", BABE_ENGINE_ID);
  if (data === undefined) return err({ code: "slotClaimMissing" });
  const claim = tryDecode(BabePreDigest, data);
  if (!claim.ok) return err({ code: "slotClaimUndecodable", failure: claim.error });
  return claim;
}

/** Notes slot and author. Block 1 begins epoch 0 and announces epoch 1 with the same values. */
export function onInitialize(state: State): Result<void, ClaimError> {
  const claim = readClaim(state);
  if (!claim.ok) return claim;
  const { slot } = claim.value.value;
  const parentSlot = storage.currentSlot.get(state);
  if (blockNumber(state) > 1 && slot <= parentSlot)
    return err({ code: "slotNotIncreasing", slot, parentSlot });
  storage.initialized.set(state, claim.value);
  storage.currentSlot.set(state, slot);
  if (blockNumber(state) === 1) beginFirstEpoch(state, slot);
  else storage.lateness.set(state, slot - parentSlot - 1);
  return ok(undefined);
}

function beginFirstEpoch(state: State, slot: number): void {
  storage.genesisSlot.set(state, slot);
  depositBabeLog(state, {
    type: "nextEpochData",
    value: {
      authorities: storage.authorities.get(state),
      randomness: storage.randomness.get(state),
    },
  });
}

/**
 * Checks the claim against the epoch that it is made in: to be called once the epoch has changed if it
 * had to. A primary claim's score is not compared with the threshold here: the importer did.
 */
export function checkClaim(state: State): Result<void, ClaimError> {
  const claim = slotClaim(state);
  assert(claim !== undefined && !shouldEpochChange(state), "a claim is checked in its own epoch");
  const { allowedSlots } = epochConfig(state);
  const allowed =
    claim.type === "primary" ||
    (claim.type === "secondaryPlain" && allowedSlots.type === "primaryAndSecondaryPlainSlots") ||
    (claim.type === "secondaryVRF" && allowedSlots.type === "primaryAndSecondaryVRFSlots");
  if (!allowed) return err({ code: "slotKindNotAllowed", kind: claim.type });
  const { authorityIndex } = claim.value;
  if (authorityIndex >= storage.authorities.get(state).length)
    return err({ code: "authorUnknown", authorityIndex });
  if (isDisabled(state, authorityIndex)) return err({ code: "authorDisabled", authorityIndex });
  if (claim.type === "secondaryPlain") {
    storage.authorVrfRandomness.set(state, undefined);
    return ok(undefined);
  }
  const randomness = provenRandomness(state, claim);
  if (randomness === undefined) return err({ code: "slotClaimUnproven" });
  storage.authorVrfRandomness.set(state, randomness);
  return ok(undefined);
}

/** Takes the claim's contribution to the randomness: primary claims only. */
export function onFinalize(state: State): void {
  const claim = storage.initialized.take(state);
  storage.lateness.remove(state);
  const randomness = storage.authorVrfRandomness.get(state);
  if (claim?.type === "primary" && randomness !== undefined) contribute(state, randomness);
}

/** Answer of `BabeApi_configuration`. */
export function configuration(state: State): BabeConfiguration {
  const { c, allowedSlots } = epochConfig(state);
  return {
    slotDuration: slotDuration(state),
    epochLength: epochDuration(state),
    c,
    authorities: storage.authorities.get(state),
    randomness: storage.randomness.get(state),
    allowedSlots,
  };
}

export const babe = pallet({
  name: "Babe",
  index: 2,
  storage,
  errors,
  constants: {
    EpochDuration: constant("Slots of an epoch.", u64Number, epochDuration),
    ExpectedBlockTime: constant(
      "Milliseconds between blocks, if all goes well.",
      u64Number,
      slotDuration,
    ),
  },
  calls: {
    ...equivocationCalls({
      what: "an author who sealed two blocks for one slot",
      proof: BabeEquivocationProof,
      proven: provenEquivocation,
      duplicate: errors.duplicateOffenceReport,
    }),
    planConfigChange: call({
      index: 2,
      docs: "Changes the probability and kinds of claims: announced at the next epoch, in force after it.",
      args: { config: NextConfigDescriptor },
      class: "operational",
      weight: weightOf({ writes: 1 }),
      dispatch: (state, origin, { config }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        const { numerator, denominator } = config.value.c;
        const plainSlots = config.value.allowedSlots.type === "primaryAndSecondaryPlainSlots";
        // Without secondary VRF slots no approval assignment can be made from a block.
        if (numerator === 0 || numerator > denominator || plainSlots)
          return err(errors.invalidConfiguration);
        storage.pendingEpochConfigChange.set(state, config);
        return done;
      },
    }),
  },
});

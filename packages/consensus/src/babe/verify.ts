/**
 * Whether a header was authored by whom its slot belongs to. Reference: consensus 3.6.
 *
 * The header is read before any signature is looked at. Then both claim and seal are checked: when the
 * two fail together, the authority that the header names had nothing to do with it.
 */
import { bytesToHex, err, hexToBytes, ok, type Result } from "@parahost/base";
import {
  isSr25519PublicKey,
  type SignatureVerifier,
  type VrfInOut,
  vrfVerify,
} from "@parahost/crypto";
import type { BabeEpoch, BabeId, BabePreDigest, Header, Slot } from "@parahost/primitives";
import {
  type Announcement,
  type AnnouncementError,
  announcementOf,
  type PreDigestError,
  preDigestOf,
  type SealError,
  slotOf,
  type Unsealed,
  unseal,
} from "./digest.ts";
import type { SlotEpoch } from "./epochs.ts";
import { secondaryAuthor } from "./secondary.ts";
import { authorityThreshold } from "./threshold.ts";
import { slotScore, slotTranscript } from "./vrf.ts";

/** Slots that a header may be ahead of our clock: clocks differ, and blocks are quick. */
export const FUTURE_SLOTS_MAX = 1;

/** Why a claim does not give its author the slot. */
export type ClaimError =
  /** A kind of claim that the epoch does not know. */
  | { readonly code: "kindNotAllowed"; readonly kind: BabePreDigest["type"] }
  | { readonly code: "secondaryAuthorWrong"; readonly claimed: number; readonly due: number }
  /** The VRF's output is not a point at all. */
  | { readonly code: "vrfOutputMalformed" }
  /** The proof does not show that this authority computed the output for this slot and epoch. */
  | { readonly code: "vrfProofInvalid" }
  | { readonly code: "scoreAboveThreshold"; readonly score: bigint; readonly threshold: bigint };

export type BabeError =
  | SealError
  | PreDigestError
  | AnnouncementError
  | { readonly code: "slotNotAfterParent"; readonly slot: Slot; readonly parentSlot: Slot }
  /** To be looked at again when its slot has come; nobody's fault within the drift of clocks. */
  | { readonly code: "slotInFuture"; readonly slot: Slot; readonly nowSlot: Slot }
  | {
      readonly code: "slotOutsideEpoch";
      readonly slot: Slot;
      readonly startSlot: Slot;
      readonly duration: number;
    }
  | {
      readonly code: "authorityIndexOutOfRange";
      readonly authorityIndex: number;
      readonly authorityCount: number;
    }
  | ClaimError
  | { readonly code: "sealInvalid" }
  /** Neither claim nor seal is by the authority that the header names. */
  | { readonly code: "authorityWrong"; readonly authorityIndex: number; readonly claim: ClaimError }
  /** The first block of an epoch must announce the next one. */
  | { readonly code: "nextEpochMissing"; readonly epochIndex: number }
  /** No other block may. */
  | { readonly code: "nextEpochUnexpected"; readonly epochIndex: number };

export interface VerifiedHeader {
  /** The header without its seal, as it was executed and signed. */
  readonly unsealed: Unsealed;
  readonly preDigest: BabePreDigest;
  readonly author: BabeId;
  /** What the next epoch will be, when this block is the first of its own. */
  readonly announcement: Announcement | undefined;
  /** Absent in secondary plain slots. Approval assignments draw their story from it. */
  readonly vrf: VrfInOut | undefined;
}

/**
 * Verifies everything about a header that can be known without executing its block.
 *
 * `parent` is the parent's header; `slotEpoch` the epoch that the header's slot lies in on the parent's
 * chain (`EpochTree.epochFor`); `nowSlot` the slot by our clock.
 */
export function verifyHeader(
  header: Header,
  parent: Header,
  { epoch, isFirst }: SlotEpoch,
  nowSlot: Slot,
  verifier: SignatureVerifier,
): Result<VerifiedHeader, BabeError> {
  const unsealed = unseal(header);
  if (!unsealed.ok) return unsealed;
  const claimed = preDigestOf(header);
  if (!claimed.ok) return claimed;
  const preDigest = claimed.value;
  const { authorityIndex, slot } = preDigest.value;

  const parentSlot = slotOf(parent);
  if (parentSlot !== undefined && slot <= parentSlot)
    return err({ code: "slotNotAfterParent", slot, parentSlot });
  if (slot > nowSlot + FUTURE_SLOTS_MAX) return err({ code: "slotInFuture", slot, nowSlot });
  const { startSlot, duration, epochIndex } = epoch;
  if (slot < startSlot || slot >= startSlot + duration)
    return err({ code: "slotOutsideEpoch", slot, startSlot, duration });

  const authorityCount = epoch.authorities.length;
  const author = epoch.authorities[authorityIndex]?.id;
  if (author === undefined)
    return err({ code: "authorityIndexOutOfRange", authorityIndex, authorityCount });

  const claim = checkClaim(preDigest, author, epoch);
  const isSealed = verifier.verify({
    scheme: "sr25519",
    publicKey: author,
    message: hexToBytes(unsealed.value.preHash),
    signature: unsealed.value.seal,
  });
  if (!claim.ok) {
    const { code } = claim.error;
    // A secondary author that is due but proves nothing is the right one, and its output is at fault;
    // so is an output that no authority can have computed.
    const isNamed =
      isSealed ||
      code === "vrfOutputMalformed" ||
      (code === "vrfProofInvalid" && preDigest.type === "secondaryVRF");
    return isNamed ? claim : err({ code: "authorityWrong", authorityIndex, claim: claim.error });
  }
  if (!isSealed) return err({ code: "sealInvalid" });

  const announcement = announcementOf(header);
  if (!announcement.ok) return announcement;
  if (isFirst && announcement.value === undefined)
    return err({ code: "nextEpochMissing", epochIndex });
  if (!isFirst && announcement.value !== undefined)
    return err({ code: "nextEpochUnexpected", epochIndex });
  return ok({
    unsealed: unsealed.value,
    preDigest,
    author,
    announcement: announcement.value,
    vrf: claim.value,
  });
}

/** Whether the claim gives `author` its slot in the epoch; the VRF's value if the claim has one. */
function checkClaim(
  preDigest: BabePreDigest,
  author: BabeId,
  epoch: BabeEpoch,
): Result<VrfInOut | undefined, ClaimError> {
  const { authorities, randomness, config } = epoch;
  const { authorityIndex, slot } = preDigest.value;
  if (preDigest.type !== "primary") {
    const kind = preDigest.type;
    const allowed = config.allowedSlots.type;
    const isAllowed =
      kind === "secondaryVRF"
        ? allowed === "primaryAndSecondaryVRFSlots"
        : allowed === "primaryAndSecondaryPlainSlots";
    if (!isAllowed) return err({ code: "kindNotAllowed", kind });
    const due = secondaryAuthor(slot, randomness, authorities.length) as number;
    if (due !== authorityIndex)
      return err({ code: "secondaryAuthorWrong", claimed: authorityIndex, due });
    if (preDigest.type === "secondaryPlain") return ok(undefined);
  }
  const { vrfSignature } = preDigest.value;
  const value = vrfVerify(author, slotTranscript(slot, epoch), vrfSignature);
  if (value === undefined) {
    // Outputs are encoded as public keys are.
    const isPoint = isSr25519PublicKey(bytesToHex(vrfSignature.preOutput));
    return err({ code: isPoint ? "vrfProofInvalid" : "vrfOutputMalformed" });
  }
  if (preDigest.type === "secondaryVRF") return ok(value);
  const score = slotScore(value);
  const threshold = authorityThreshold(epoch, authorityIndex);
  return score < threshold ? ok(value) : err({ code: "scoreAboveThreshold", score, threshold });
}

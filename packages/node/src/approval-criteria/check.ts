/**
 * Whether a certificate assigns its validator to the claimed candidates, and in which tranche.
 * Node-side reference, 6.3, 6.5.
 */
import { err, ok, type Result, unreachable } from "@parahost/base";
import { type Transcript, type VrfInOut, vrfVerify } from "@parahost/crypto";
import type {
  AssignmentCert,
  AssignmentId,
  CandidateBitfield,
  CoreIndex,
  ValidatorIndex,
} from "@parahost/primitives";
import { onesOf } from "@parahost/scale";
import {
  type ApprovalProfile,
  assignmentKey,
  byCore,
  type CriteriaBlock,
  type CriteriaSession,
  type IncludedCandidate,
  isInGroup,
  type Tranche,
} from "./criteria.ts";
import {
  assignedCore,
  assignedCores,
  compactCores,
  compactTranscript,
  delayTranche,
  delayTranscript,
  equivocationTranche,
  equivocationTranscript,
  moduloCore,
  moduloTranscript,
  oneShotPlace,
  oneShotTranscript,
} from "./draws.ts";

export type AssignmentError =
  | { readonly code: "validatorIndexOutOfBounds" }
  /** No candidate is claimed, or more than the block includes. */
  | { readonly code: "invalidCandidateIndex" }
  /** A certificate of that kind is for another number of cores. */
  | { readonly code: "invalidArguments" }
  | { readonly code: "coreIndexOutOfBounds" }
  | { readonly code: "isInBackingGroup" }
  /** Not a criterion of this network's profile. */
  | { readonly code: "foreignCriterion" }
  | { readonly code: "sampleOutOfBounds" }
  /** The author made no other block that leaves the candidate out. */
  | { readonly code: "notEquivocated" }
  | { readonly code: "vrfMismatch" }
  /** The VRF is good and drew other cores. */
  | { readonly code: "coreIndexMismatch" };

export interface CheckedCert {
  readonly tranche: Tranche;
  /** Whether it counts for the equivocation's own list. */
  readonly criterion: "story" | "equivocation";
}

/** Claimed bits are over the block's candidates in their order. */
export function checkAssignment(
  session: CriteriaSession,
  block: CriteriaBlock,
  profile: ApprovalProfile,
  validator: ValidatorIndex,
  cert: AssignmentCert,
  claimed: CandidateBitfield,
): Result<CheckedCert, AssignmentError> {
  const key = assignmentKey(session, validator);
  if (key === undefined) return err({ code: "validatorIndexOutOfBounds" });
  const candidates = claimedCandidates(block, claimed);
  if (candidates === undefined) return err({ code: "invalidCandidateIndex" });
  if (candidates.some(({ core }) => core >= session.nCores))
    return err({ code: "coreIndexOutOfBounds" });
  if (candidates.some(({ group }) => isInGroup(session, validator, group)))
    return err({ code: "isInBackingGroup" });
  const cores = candidates.map(({ core }) => core);
  const { kind, vrf } = cert;
  switch (kind.type) {
    case "relayVRFModuloCompact":
    case "relayVRFModulo":
      if (profile !== "modern") return err({ code: "foreignCriterion" });
      return checkModulo(session, block.story, key, { kind, vrf }, cores);
    case "oneShot": {
      if (profile !== "anv") return err({ code: "foreignCriterion" });
      const core = only(cores);
      if (core === undefined) return err({ code: "invalidArguments" });
      const value = vrfVerify(key, oneShotTranscript(block.story), vrf);
      if (value === undefined) return err({ code: "vrfMismatch" });
      const drawn = byCore(block.candidates)[oneShotPlace(value, block.candidates.length)];
      return drawn?.core === core ? inTranche(0) : err({ code: "coreIndexMismatch" });
    }
    case "relayVRFDelay": {
      const core = only(cores);
      if (core === undefined) return err({ code: "invalidArguments" });
      if (kind.value.coreIndex !== core) return err({ code: "coreIndexMismatch" });
      const value = vrfVerify(key, delayTranscript(block.story, core), vrf);
      if (value === undefined) return err({ code: "vrfMismatch" });
      return inTranche(delayTranche(value, session));
    }
    case "equivocation": {
      const core = only(cores);
      if (core === undefined) return err({ code: "invalidArguments" });
      if (kind.value.coreIndex !== core) return err({ code: "coreIndexMismatch" });
      if (!block.equivocatedCores.has(core)) return err({ code: "notEquivocated" });
      const value = vrfVerify(key, equivocationTranscript(block.story, block.hash, core), vrf);
      if (value === undefined) return err({ code: "vrfMismatch" });
      return ok({ tranche: equivocationTranche(value, session), criterion: "equivocation" });
    }
    default:
      return unreachable(kind);
  }
}

type ModuloKind = Extract<
  AssignmentCert["kind"],
  { readonly type: "relayVRFModulo" | "relayVRFModuloCompact" }
>;

function checkModulo(
  session: CriteriaSession,
  story: Uint8Array,
  key: AssignmentId,
  { kind, vrf }: { readonly kind: ModuloKind; readonly vrf: AssignmentCert["vrf"] },
  cores: readonly CoreIndex[],
): Result<CheckedCert, AssignmentError> {
  const verify = (transcript: Transcript, extra: Transcript): VrfInOut | undefined =>
    vrfVerify(key, transcript, vrf, extra);
  if (kind.type === "relayVRFModulo") {
    const { sample } = kind.value;
    if (sample >= session.relayVrfModuloSamples) return err({ code: "sampleOutOfBounds" });
    const core = only(cores);
    if (core === undefined) return err({ code: "invalidArguments" });
    const value = verify(moduloTranscript(story, sample), assignedCore(core));
    if (value === undefined) return err({ code: "vrfMismatch" });
    return moduloCore(value, session.nCores) === core
      ? inTranche(0)
      : err({ code: "coreIndexMismatch" });
  }
  const { coreBitfield } = kind.value;
  const named = new Set(onesOf(coreBitfield));
  // The certificate is for exactly the cores that are claimed.
  if (named.size !== cores.length || cores.some((core) => !named.has(core)))
    return err({ code: "coreIndexMismatch" });
  const value = verify(compactTranscript(story), assignedCores(coreBitfield));
  if (value === undefined) return err({ code: "vrfMismatch" });
  const drawn = new Set(compactCores(value, session));
  return cores.every((core) => drawn.has(core)) ? inTranche(0) : err({ code: "coreIndexMismatch" });
}

const inTranche = (tranche: Tranche): Result<CheckedCert, AssignmentError> =>
  ok({ tranche, criterion: "story" });

function only(cores: readonly CoreIndex[]): CoreIndex | undefined {
  return cores.length === 1 ? cores[0] : undefined;
}

/** `undefined` when none is claimed or a bit stands for no candidate. */
function claimedCandidates(
  { candidates }: CriteriaBlock,
  claimed: CandidateBitfield,
): readonly IncludedCandidate[] | undefined {
  const ones = onesOf(claimed);
  const found = ones.flatMap((index) => candidates[index] ?? []);
  return found.length === 0 || found.length !== ones.length ? undefined : found;
}

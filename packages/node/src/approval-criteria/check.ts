/**
 * Whether certificates assign their validators to the claimed candidates, and in which tranche. All that is cheap
 * comes first; the proofs of what is left are then verified together.
 * Node-side reference, 6.3, 6.5.
 */
import { err, ok, type Result, unreachable } from "@parahost/base";
import { type VrfInOut, type VrfItem, vrfVerifyAll } from "@parahost/crypto";
import type {
  AssignmentCert,
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

/** That a certificate assigns a validator of the block's session. */
export interface AssignmentClaim {
  readonly session: CriteriaSession;
  readonly block: CriteriaBlock;
  readonly validator: ValidatorIndex;
  readonly cert: AssignmentCert;
  /** Over the block's candidates in their order. */
  readonly claimed: CandidateBitfield;
}

/** A proof, and what the value that it proves says. */
interface Draw {
  readonly proof: VrfItem;
  readonly judge: (value: VrfInOut) => Result<CheckedCert, AssignmentError>;
}

/** The answers are in the order of the claims, and do not depend on each other. */
export function checkAssignments(
  profile: ApprovalProfile,
  claims: readonly AssignmentClaim[],
): readonly Result<CheckedCert, AssignmentError>[] {
  const draws = claims.map((claim) => drawOf(profile, claim));
  const values = vrfVerifyAll(draws.flatMap((draw) => (draw.ok ? draw.value.proof : [])));
  let next = 0;
  return draws.map((draw) => {
    if (!draw.ok) return draw;
    const value = values[next++];
    return value === undefined ? err({ code: "vrfMismatch" }) : draw.value.judge(value);
  });
}

function drawOf(
  profile: ApprovalProfile,
  { session, block, validator, cert: { kind, vrf: signature }, claimed }: AssignmentClaim,
): Result<Draw, AssignmentError> {
  const publicKey = assignmentKey(session, validator);
  if (publicKey === undefined) return err({ code: "validatorIndexOutOfBounds" });
  const candidates = claimedCandidates(block, claimed);
  if (candidates === undefined) return err({ code: "invalidCandidateIndex" });
  if (candidates.some(({ core }) => core >= session.nCores))
    return err({ code: "coreIndexOutOfBounds" });
  if (candidates.some(({ group }) => isInGroup(session, validator, group)))
    return err({ code: "isInBackingGroup" });
  const cores = candidates.map(({ core }) => core);
  const { story } = block;
  switch (kind.type) {
    case "relayVRFModuloCompact": {
      if (profile !== "modern") return err({ code: "foreignCriterion" });
      const { coreBitfield } = kind.value;
      const named = new Set(onesOf(coreBitfield));
      // The certificate is for exactly the cores that are claimed.
      if (named.size !== cores.length || cores.some((core) => !named.has(core)))
        return err({ code: "coreIndexMismatch" });
      const [transcript, extra] = [compactTranscript(story), assignedCores(coreBitfield)];
      return ok({
        proof: { publicKey, transcript, signature, extra },
        judge: (value) => {
          const drawn = new Set(compactCores(value, session));
          return drawnIn(
            0,
            cores.every((core) => drawn.has(core)),
          );
        },
      });
    }
    case "relayVRFModulo": {
      if (profile !== "modern") return err({ code: "foreignCriterion" });
      const { sample } = kind.value;
      if (sample >= session.relayVrfModuloSamples) return err({ code: "sampleOutOfBounds" });
      const core = only(cores);
      if (core === undefined) return err({ code: "invalidArguments" });
      const [transcript, extra] = [moduloTranscript(story, sample), assignedCore(core)];
      return ok({
        proof: { publicKey, transcript, signature, extra },
        judge: (value) => drawnIn(0, moduloCore(value, session.nCores) === core),
      });
    }
    case "oneShot": {
      if (profile !== "anv") return err({ code: "foreignCriterion" });
      const core = only(cores);
      if (core === undefined) return err({ code: "invalidArguments" });
      return ok({
        proof: { publicKey, transcript: oneShotTranscript(story), signature },
        judge: (value) => {
          const drawn = byCore(block.candidates)[oneShotPlace(value, block.candidates.length)];
          return drawnIn(0, drawn?.core === core);
        },
      });
    }
    case "relayVRFDelay": {
      const core = only(cores);
      if (core === undefined) return err({ code: "invalidArguments" });
      if (kind.value.coreIndex !== core) return err({ code: "coreIndexMismatch" });
      return ok({
        proof: { publicKey, transcript: delayTranscript(story, core), signature },
        judge: (value) => drawnIn(delayTranche(value, session), true),
      });
    }
    case "equivocation": {
      const core = only(cores);
      if (core === undefined) return err({ code: "invalidArguments" });
      if (kind.value.coreIndex !== core) return err({ code: "coreIndexMismatch" });
      if (!block.equivocatedCores.has(core)) return err({ code: "notEquivocated" });
      const transcript = equivocationTranscript(story, block.hash, core);
      return ok({
        proof: { publicKey, transcript, signature },
        judge: (value) =>
          ok({ tranche: equivocationTranche(value, session), criterion: "equivocation" }),
      });
    }
    default:
      return unreachable(kind);
  }
}

/** The story's criterion, if the value drew the cores that are claimed. */
function drawnIn(tranche: Tranche, isDrawn: boolean): Result<CheckedCert, AssignmentError> {
  return isDrawn ? ok({ tranche, criterion: "story" }) : err({ code: "coreIndexMismatch" });
}

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

/**
 * The votes of a group for a candidate, as they stand in a block.
 *
 * Reference: 1.2 (`validator_indices`, backing check), 4.5 (backing threshold).
 */
import { err, ok, type Result } from "@parahost/base";
import type { SignatureItem } from "@parahost/crypto";
import {
  attestedStatement,
  backingThreshold,
  type CandidateHash,
  type SigningContext,
  statementPayload,
  type ValidatorId,
  type ValidatorIndex,
  type ValidityAttestation,
} from "@parahost/primitives";
import { type BitVec, onesOf } from "@parahost/scale";

export type BackingError = "invalidBacking" | "insufficientBacking" | "backedByDisabled";

export interface BackingContext {
  /** Members of the group, in its order. */
  readonly group: readonly ValidatorIndex[];
  /** Keys of the active validators. */
  readonly validators: readonly ValidatorId[];
  readonly disabled: ReadonlySet<ValidatorIndex>;
  readonly minimumBackingVotes: number;
  readonly signingContext: SigningContext;
  readonly verify: (item: SignatureItem) => boolean;
}

export interface BackingVote {
  readonly validator: ValidatorIndex;
  readonly attestation: ValidityAttestation;
}

/**
 * Checks the votes of a candidate: as many as voters, voters of the group, enough of them, none of
 * them disabled, every signature good. The cheap checks come first.
 */
export function checkBacking(
  candidate: CandidateHash,
  voters: BitVec,
  attestations: readonly ValidityAttestation[],
  context: BackingContext,
): Result<readonly BackingVote[], BackingError> {
  const { group, validators, disabled, minimumBackingVotes, signingContext, verify } = context;
  if (voters.length !== group.length) return err("invalidBacking");
  const positions = onesOf(voters);
  if (positions.length !== attestations.length) return err("invalidBacking");
  const votes: BackingVote[] = [];
  for (const [i, position] of positions.entries()) {
    const validator = group[position] as ValidatorIndex;
    if (disabled.has(validator)) return err("backedByDisabled");
    votes.push({ validator, attestation: attestations[i] as ValidityAttestation });
  }
  if (votes.length < backingThreshold(group.length, minimumBackingVotes))
    return err("insufficientBacking");
  for (const { validator, attestation } of votes) {
    const publicKey = validators[validator];
    if (publicKey === undefined) return err("invalidBacking");
    const message = statementPayload(attestedStatement(attestation, candidate), signingContext);
    const signature = attestation.value;
    if (!verify({ scheme: "sr25519", publicKey, message, signature })) return err("invalidBacking");
  }
  return ok(votes);
}

/** The votes without those of disabled validators, as an author puts them into a block. */
export function withoutDisabled(
  voters: BitVec,
  attestations: readonly ValidityAttestation[],
  group: readonly ValidatorIndex[],
  disabled: ReadonlySet<ValidatorIndex>,
): {
  readonly positions: readonly number[];
  readonly attestations: readonly ValidityAttestation[];
} {
  const positions = onesOf(voters);
  const kept = positions.map((position) => {
    const validator = group[position];
    return validator === undefined || !disabled.has(validator);
  });
  return {
    positions: positions.filter((_, i) => kept[i]),
    attestations: attestations.filter((_, i) => kept[i] ?? true),
  };
}

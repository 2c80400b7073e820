/** Two different votes of one voter in one stage of one round. Reference: consensus 4.7. */
import type { SignatureVerifier } from "@parahost/crypto";
import type { GrandpaEquivocationProof, SignedGrandpaVote } from "@parahost/primitives";
import { isSignedVote, type VotePlace } from "./vote.ts";
import type { VoteStage } from "./vote-graph.ts";

/** The proof that both votes make. */
export function equivocationProof(
  stage: VoteStage,
  first: SignedGrandpaVote,
  second: SignedGrandpaVote,
  { setId, round }: VotePlace,
): GrandpaEquivocationProof {
  const value = {
    round,
    identity: first.id,
    first: { target: first.target, signature: first.signature },
    second: { target: second.target, signature: second.signature },
  };
  return { setId, equivocation: { type: stage, value } };
}

/** Whether the proof convicts: two targets, both signed by the same voter. */
export function isEquivocation(
  { setId, equivocation }: GrandpaEquivocationProof,
  verifier: SignatureVerifier,
): boolean {
  const { round, identity: id, first, second } = equivocation.value;
  const isSame =
    first.target.targetHash === second.target.targetHash &&
    first.target.targetNumber === second.target.targetNumber;
  if (isSame) return false;
  return [first, second].every((vote) =>
    isSignedVote(equivocation.type, { ...vote, id }, { setId, round }, verifier),
  );
}

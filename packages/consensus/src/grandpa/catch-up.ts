/**
 * Bringing a node that fell behind to the present round: whoever is further sends the votes of the last
 * round it completed, and the other takes up there. Reference: consensus 4.3.
 */
import { err, ok, type Result } from "@parahost/base";
import type { SignatureVerifier } from "@parahost/crypto";
import type { GrandpaCatchUp, GrandpaId, Hash, SetId } from "@parahost/primitives";
import type { BlockRef } from "../block-tree.ts";
import { Round, targetOf } from "./round.ts";
import { isSignedVote } from "./vote.ts";
import type { Ancestry } from "./vote-graph.ts";
import type { VoterSet } from "./voter-set.ts";

export type CatchUpError =
  | { readonly code: "tooManyVotes"; readonly count: number }
  | { readonly code: "unknownVoter"; readonly id: GrandpaId }
  | { readonly code: "badSignature"; readonly id: GrandpaId }
  /** A vote or the base names a number that is not its block's. */
  | { readonly code: "numberMismatch"; readonly hash: Hash }
  /** Not the peer's fault: we lack blocks. */
  | { readonly code: "unknownBlocks"; readonly hashes: readonly Hash[] }
  /** The votes do not complete their round. */
  | { readonly code: "notCompletable" };

/** The message that brings others past this completed round. */
export function makeCatchUp(setId: SetId, round: Round): GrandpaCatchUp {
  return {
    setId,
    round: round.number,
    prevotes: round.votes("prevote"),
    precommits: round.votes("precommit"),
    baseHash: round.base.hash,
    baseNumber: round.base.number,
  };
}

/** The completed round that a message proves. Its set is ours. */
export function verifyCatchUp(
  message: GrandpaCatchUp,
  voters: VoterSet,
  verifier: SignatureVerifier,
  chain: Ancestry & { block(hash: Hash): BlockRef | undefined },
): Result<Round, CatchUpError> {
  const { setId, round: number, baseHash, baseNumber } = message;
  const stages = [
    ["prevote", message.prevotes],
    ["precommit", message.precommits],
  ] as const;
  const unknown = new Set<Hash>();
  const targets: BlockRef[] = [{ hash: baseHash, number: baseNumber }];
  for (const [stage, votes] of stages) {
    if (votes.length > 2 * voters.size) return err({ code: "tooManyVotes", count: votes.length });
    for (const vote of votes) {
      const { id } = vote;
      if (voters.voter(id) === undefined) return err({ code: "unknownVoter", id });
      if (!isSignedVote(stage, vote, { setId, round: number }, verifier))
        return err({ code: "badSignature", id });
      targets.push(targetOf(vote));
    }
  }
  for (const target of targets) {
    const known = chain.block(target.hash);
    if (known === undefined) unknown.add(target.hash);
    else if (known.number !== target.number)
      return err({ code: "numberMismatch", hash: target.hash });
  }
  if (unknown.has(baseHash)) return err({ code: "unknownBlocks", hashes: [...unknown] });
  const round = new Round(number, voters, { hash: baseHash, number: baseNumber }, chain);
  for (const [stage, votes] of stages) for (const vote of votes) round.add(stage, vote);
  if (round.state.completable) return ok(round);
  if (unknown.size > 0) return err({ code: "unknownBlocks", hashes: [...unknown] });
  return err({ code: "notCompletable" });
}

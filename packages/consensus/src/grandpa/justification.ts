/**
 * What proves a block final to others: commits between nodes that have the blocks, justifications for
 * those that have nothing but the authority set.
 *
 * Rules (reference: consensus 4.5): every vote is by a member of the set, signed, and for the target or a
 * block above it. In a justification the headers given show the latter, and there are exactly the
 * headers needed; so some vote names the target itself. A voter may appear with two different votes and
 * counts once, as it does when it appears twice with one.
 *
 * Bounds: two votes of each voter, `ANCESTRY_HEADERS_MAX` headers; what exceeds them is refused before
 * anything is hashed or verified.
 */
import { err, ok, type Result } from "@parahost/base";
import type { SignatureVerifier } from "@parahost/crypto";
import {
  type GrandpaCommit,
  type GrandpaId,
  type GrandpaJustification,
  type Hash,
  type Header,
  headerHash,
  type SignedGrandpaVote,
} from "@parahost/primitives";
import type { BlockRef } from "../block-tree.ts";
import { targetOf } from "./round.ts";
import { isSignedVote, type VotePlace } from "./vote.ts";
import type { Ancestry } from "./vote-graph.ts";
import type { VoterSet } from "./voter-set.ts";

/** More than finality ever lags while votes of one round are far apart. */
export const ANCESTRY_HEADERS_MAX = 4096;

/** Why votes do not prove their target final. */
export type CommitError =
  | { readonly code: "tooManyPrecommits"; readonly count: number }
  | { readonly code: "unknownVoter"; readonly id: GrandpaId }
  /** A third vote of one voter; two prove its equivocation, more prove nothing. */
  | { readonly code: "tooManyVotesOfVoter"; readonly id: GrandpaId }
  | { readonly code: "belowThreshold"; readonly weight: number; readonly threshold: number }
  | { readonly code: "badSignature"; readonly id: GrandpaId };

export type JustificationError =
  | CommitError
  | { readonly code: "tooManyHeaders"; readonly count: number }
  | { readonly code: "headerRepeated"; readonly hash: Hash }
  | { readonly code: "headersUnused"; readonly count: number }
  /** No vote names the target, so nothing connects it with the votes. */
  | { readonly code: "targetWithoutVote" }
  /** A vote's number is not that of its block. */
  | { readonly code: "numberMismatch"; readonly hash: Hash }
  /** A vote's block was not shown to be the target or above it. */
  | { readonly code: "notAboveTarget"; readonly hash: Hash };

/**
 * Whether enough weight voted. `counts` says which votes are for the target or above it; an equivocator
 * counts for every block. Looks at no signature.
 */
function weigh(
  precommits: readonly SignedGrandpaVote[],
  voters: VoterSet,
  counts: (vote: SignedGrandpaVote) => boolean,
): Result<void, CommitError> {
  if (precommits.length > 2 * voters.size)
    return err({ code: "tooManyPrecommits", count: precommits.length });
  const said = new Map<GrandpaId, Set<Hash>>();
  const counted = new Set<GrandpaId>();
  let weight = 0;
  for (const vote of precommits) {
    const { id } = vote;
    const voter = voters.voter(id);
    if (voter === undefined) return err({ code: "unknownVoter", id });
    const targets = said.get(id) ?? new Set();
    said.set(id, targets.add(vote.target.targetHash));
    if (targets.size > 2) return err({ code: "tooManyVotesOfVoter", id });
    if (counted.has(id) || !(targets.size === 2 || counts(vote))) continue;
    counted.add(id);
    weight += voter.weight;
  }
  const { threshold } = voters;
  return weight < threshold ? err({ code: "belowThreshold", weight, threshold }) : ok(undefined);
}

function checkSignatures(
  precommits: readonly SignedGrandpaVote[],
  place: VotePlace,
  verifier: SignatureVerifier,
): Result<void, CommitError> {
  const forged = precommits.find((vote) => !isSignedVote("precommit", vote, place, verifier));
  return forged === undefined ? ok(undefined) : err({ code: "badSignature", id: forged.id });
}

/** Whether the justification proves its target final in the set `setId`. */
export function verifyJustification(
  { round, commit, votesAncestries }: GrandpaJustification,
  setId: number,
  voters: VoterSet,
  verifier: SignatureVerifier,
): Result<void, JustificationError> {
  const { targetHash, targetNumber, precommits } = commit;
  if (precommits.length > 2 * voters.size)
    return err({ code: "tooManyPrecommits", count: precommits.length });
  if (votesAncestries.length > ANCESTRY_HEADERS_MAX)
    return err({ code: "tooManyHeaders", count: votesAncestries.length });
  const headers = new Map<Hash, Header>();
  for (const header of votesAncestries) {
    const hash = headerHash(header);
    if (headers.has(hash)) return err({ code: "headerRepeated", hash });
    headers.set(hash, header);
  }
  if (!precommits.some(({ target }) => target.targetHash === targetHash))
    return err({ code: "targetWithoutVote" });
  const used = new Set<Hash>();
  for (const { target } of precommits) {
    let hash = target.targetHash;
    let number = target.targetNumber;
    // Numbers fall with every step, so headers that refer to each other in a circle end this too.
    while (hash !== targetHash) {
      const header = headers.get(hash);
      if (header === undefined || number <= targetNumber)
        return err({ code: "notAboveTarget", hash: target.targetHash });
      if (header.number !== number) return err({ code: "numberMismatch", hash });
      // From a header that was used the rest of the way is known.
      if (used.has(hash)) break;
      used.add(hash);
      hash = header.parentHash;
      number -= 1;
    }
    if (hash === targetHash && number !== targetNumber)
      return err({ code: "numberMismatch", hash: target.targetHash });
  }
  if (used.size < headers.size)
    return err({ code: "headersUnused", count: headers.size - used.size });
  const weighed = weigh(precommits, voters, () => true);
  return weighed.ok ? checkSignatures(precommits, { setId, round }, verifier) : weighed;
}

/** A commit whose blocks are not all here cannot be judged yet. */
export type UnknownBlocks = { readonly code: "unknownBlocks"; readonly hashes: readonly Hash[] };

/**
 * Whether a commit proves its target final, by our own knowledge of the chain. Votes for blocks that do
 * not descend from the target do not count.
 */
export function verifyCommit(
  { targetHash, targetNumber, precommits }: GrandpaCommit,
  place: VotePlace,
  voters: VoterSet,
  verifier: SignatureVerifier,
  ancestry: Ancestry & { block(hash: Hash): BlockRef | undefined },
): Result<
  void,
  CommitError | UnknownBlocks | { readonly code: "numberMismatch"; readonly hash: Hash }
> {
  // First what needs no chain, so that a bad commit is refused whatever it is about.
  const weighed = weigh(precommits, voters, () => true);
  if (!weighed.ok) return weighed;
  const signed = checkSignatures(precommits, place, verifier);
  if (!signed.ok) return signed;
  const unknown = new Set<Hash>();
  const targets = [{ targetHash, targetNumber }, ...precommits.map(({ target }) => target)];
  for (const { targetHash: hash, targetNumber: number } of targets) {
    const known = ancestry.block(hash);
    if (known === undefined) unknown.add(hash);
    else if (known.number !== number) return err({ code: "numberMismatch", hash });
  }
  if (unknown.has(targetHash)) return err({ code: "unknownBlocks", hashes: [...unknown] });
  const target = { hash: targetHash, number: targetNumber };
  const above = weigh(
    precommits,
    voters,
    (vote) => ancestry.path(target, targetOf(vote)) !== undefined,
  );
  if (above.ok || unknown.size === 0) return above;
  return err({ code: "unknownBlocks", hashes: [...unknown] });
}

/**
 * The justification that these precommits of a round make for the target, one vote of each voter.
 * `undefined` when no vote names the target or a header is missing: then nobody else could follow it.
 */
export function makeJustification(
  round: number,
  target: BlockRef,
  precommits: readonly SignedGrandpaVote[],
  ancestry: Ancestry & { header(hash: Hash): Header | undefined },
): GrandpaJustification | undefined {
  const chosen = new Map<GrandpaId, SignedGrandpaVote>();
  const headers = new Map<Hash, Header>();
  for (const vote of precommits) {
    if (chosen.has(vote.id)) continue;
    const path = ancestry.path(target, targetOf(vote));
    if (path === undefined) continue;
    for (const hash of path) {
      const header = ancestry.header(hash);
      if (header === undefined) return undefined;
      headers.set(hash, header);
    }
    chosen.set(vote.id, vote);
  }
  const votes = [...chosen.values()];
  if (!votes.some((vote) => vote.target.targetHash === target.hash)) return undefined;
  return {
    round,
    commit: { targetHash: target.hash, targetNumber: target.number, precommits: votes },
    votesAncestries: [...headers.values()],
  };
}

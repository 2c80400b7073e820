/**
 * `req_votes/1`: the votes of a dispute that the asker lacks, for late joiners and new authorities.
 * Polkadot has designed it and not built it; name and layout are ours. Node-side reference, 3.3, 8.6.
 */
import { CandidateHash, DisputeVote, SessionIndex } from "@parahost/primitives";
import { bitVec, struct, type ValueOf, variant, vec } from "@parahost/scale";
import type { RequestProtocol } from "../port.ts";
import { type ChainIdentity, PARACHAIN_REQUEST_BYTES_MAX, protocolName } from "./names.ts";

/** Validators of a session whose votes one request can name: two bitfields fill what a request may be. */
const VALIDATORS_MAX = 3_600;
/** Votes in one answer; who lacks more asks again. */
export const VOTES_PER_RESPONSE_MAX = 2_048;
/** A vote is at most the approval of as many candidates as one signature may cover, and its signature. */
const VOTE_BYTES_MAX = 500;

/** What the asker has: bit i = a vote of validator i. */
export const VotesRequest = struct({
  candidateHash: CandidateHash,
  session: SessionIndex,
  haveValid: bitVec(VALIDATORS_MAX),
  haveInvalid: bitVec(VALIDATORS_MAX),
});
export type VotesRequest = ValueOf<typeof VotesRequest>;

export const VotesResponse = variant({
  votes: [0, vec(DisputeVote, VOTES_PER_RESPONSE_MAX)],
  noSuchDispute: 1,
});
export type VotesResponse = ValueOf<typeof VotesResponse>;

export function votesProtocol(chain: ChainIdentity): RequestProtocol {
  return {
    name: protocolName(chain, "req_votes/1"),
    requestBytesMax: PARACHAIN_REQUEST_BYTES_MAX,
    responseBytesMax: VOTES_PER_RESPONSE_MAX * VOTE_BYTES_MAX,
    timeoutMs: 2_500,
    inboundMax: 10,
  };
}

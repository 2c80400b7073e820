/** Disputes as a validator raises them who has a key and no scruples. */
import { assert, expectOk } from "@parahost/base";
import type { BlockRef } from "@parahost/consensus";
import { type Sr25519Pair, sr25519PairFromUri, sr25519Sign } from "@parahost/crypto";
import { type PeerId, SendDisputeRequest } from "@parahost/network";
import {
  type CandidateHash,
  type CandidateReceipt,
  candidateHash,
  explicitDisputePayload,
  type SessionIndex,
  type UncheckedDisputeMessage,
  type ValidatorIndex,
  type ValidatorSignature,
} from "@parahost/primitives";
import { developmentUri, runtimeApi } from "@parahost/runtime";
import { encode } from "@parahost/scale";
import type { Simulation } from "../simulation.ts";
import type { Stranger } from "./stranger.ts";

/** A candidate that a block backs, with one of the votes that back it. */
export interface BackedOnChain {
  readonly receipt: CandidateReceipt;
  readonly session: SessionIndex;
  readonly vote: UncheckedDisputeMessage["validVote"];
}

/** The newest candidate that the best chain backs, `depth` blocks down or more. */
export function newestBacked(simulation: Simulation, depth: number): BackedOnChain {
  const [node] = simulation.validators;
  assert(node !== undefined, "a network has validators");
  const { chain, states } = node;
  for (let at: BlockRef = chain.best(); at.number > 0; ) {
    const header = chain.header(at.hash);
    const state = states.view(at.hash);
    assert(header !== undefined && state !== undefined, "the last blocks are kept");
    const votes = runtimeApi.onChainVotes(state);
    const [backed] = votes?.backingValidatorsPerCandidate ?? [];
    const [vote] = backed?.votes ?? [];
    if (votes && backed && vote && at.number <= chain.best().number - depth) {
      const type = vote.attestation.type === "implicit" ? "backingSeconded" : "backingValid";
      const kind = { type, value: backed.receipt.descriptor.relayParent } as const;
      const { validatorIndex, attestation } = vote;
      return {
        receipt: backed.receipt,
        session: votes.session,
        vote: { validatorIndex, signature: attestation.value, kind },
      };
    }
    at = { hash: header.parentHash, number: at.number - 1 };
  }
  throw new Error("no block backs a candidate");
}

/** A vote against the candidate by the development validator of this index, with its backer's. */
export function disputeOf(
  { receipt, session, vote }: BackedOnChain,
  index: number,
  validatorIndex: ValidatorIndex,
): UncheckedDisputeMessage {
  const pair: Sr25519Pair = expectOk(sr25519PairFromUri(developmentUri(index)), "a known key");
  const hash: CandidateHash = candidateHash(receipt);
  const payload = explicitDisputePayload(false, hash, session);
  const signature = sr25519Sign(pair, payload) as ValidatorSignature;
  return {
    candidateReceipt: receipt,
    sessionIndex: session,
    invalidVote: { validatorIndex, signature, kind: { type: "explicit" } },
    validVote: vote,
  };
}

/** Sends the message; how many of the peers confirm it. */
export async function raise(
  stranger: Stranger,
  peers: readonly PeerId[],
  message: UncheckedDisputeMessage,
): Promise<number> {
  const payload = encode(SendDisputeRequest, message);
  const answers = await Promise.all(peers.map((peer) => stranger.ask("dispute", peer, payload)));
  return answers.filter(({ ok }) => ok).length;
}

/** Signing and checking single votes. Reference: consensus 4.2. */
import type { Keystore, SignatureVerifier } from "@parahost/crypto";
import {
  type GrandpaId,
  type GrandpaStageName,
  grandpaVotePayload,
  type RoundNumber,
  type SetId,
  type SignedGrandpaVote,
} from "@parahost/primitives";
import type { BlockRef } from "../block-tree.ts";

/** Where a vote is cast; part of what is signed. */
export interface VotePlace {
  readonly setId: SetId;
  readonly round: RoundNumber;
}

/** A vote by our key; `undefined` when the keystore has it no more. */
export function signVote(
  keystore: Keystore,
  id: GrandpaId,
  stage: GrandpaStageName,
  target: BlockRef,
  { setId, round }: VotePlace,
): SignedGrandpaVote | undefined {
  const payload = grandpaVotePayload(stage, target.hash, target.number, round, setId);
  const signature = keystore.sign("gran", id, payload);
  if (signature === undefined) return undefined;
  return { target: { targetHash: target.hash, targetNumber: target.number }, signature, id };
}

/** Whether the vote was signed by its `id` for this place and stage. */
export function isSignedVote(
  stage: GrandpaStageName,
  { target, signature, id }: SignedGrandpaVote,
  { setId, round }: VotePlace,
  verifier: SignatureVerifier,
): boolean {
  const message = grandpaVotePayload(stage, target.targetHash, target.targetNumber, round, setId);
  return verifier.verify({ scheme: "ed25519", publicKey: id, message, signature });
}

/** Validators that sign two things where one is allowed, and the reports of it. */
import { expectOk, hexToBytes } from "@parahost/base";
import { ed25519Sign, pairFromUri, sr25519Sign } from "@parahost/crypto";
import {
  asGrandpaId,
  asHash,
  BABE_ENGINE_ID,
  type BabeEquivocationProof,
  type GrandpaEquivocationProof,
  grandpaVotePayload,
  type Header,
  headerHash,
  withSeal,
} from "@parahost/primitives";
import { developmentUri } from "../genesis/development.ts";
import { type TestChain, validatorPair } from "./chain.ts";

const sealed = (header: Header, author: string): Header =>
  withSeal(
    header,
    BABE_ENGINE_ID,
    sr25519Sign(validatorPair(author), hexToBytes(headerHash(header))),
  );

/** Two headers that the author with this index seals for the next slot of `chain`. */
export function twoHeaders(chain: TestChain, author: number): BabeEquivocationProof {
  const slot = chain.nextSlot;
  const offender = chain.authority(slot, author);
  const digest = chain.digest({ slot, author });
  const header = { ...chain.head, parentHash: headerHash(chain.head), digest };
  const other = { ...header, stateRoot: asHash(`0x${"99".repeat(32)}`) };
  return {
    offender,
    slot,
    firstHeader: sealed(header, offender),
    secondHeader: sealed(other, offender),
  };
}

/** Two votes of the development validator with this index in one stage of a round. */
export function twoVotes(
  index: number,
  { setId = 0, round = 5, stage = "prevote" as "prevote" | "precommit" } = {},
): GrandpaEquivocationProof {
  const pair = expectOk(pairFromUri("ed25519", developmentUri(index)), "a well-known key");
  const vote = (byte: string) => {
    const target = { targetHash: asHash(`0x${byte.repeat(32)}`), targetNumber: 7 };
    const { targetHash, targetNumber } = target;
    const payload = grandpaVotePayload(stage, targetHash, targetNumber, round, setId);
    if (pair.scheme !== "ed25519") throw new Error("finality is signed with ed25519");
    return { target, signature: ed25519Sign(pair, payload) };
  };
  const identity = asGrandpaId(pair.publicKey);
  const value = { round, identity, first: vote("aa"), second: vote("bb") };
  return { setId, equivocation: { type: stage, value } };
}

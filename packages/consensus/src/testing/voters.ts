/** For tests: GRANDPA voters with well-known keys, and their votes. */
import type { Keystore } from "@parahost/crypto";
import {
  asGrandpaId,
  type GrandpaAuthorities,
  type GrandpaId,
  type GrandpaStageName,
  type SignedGrandpaVote,
} from "@parahost/primitives";
import type { BlockRef } from "../block-tree.ts";
import { signVote, type VotePlace } from "../grandpa/vote.ts";
import { keystoreOf } from "./authored.ts";

const keystores = new Map<string, Keystore>();

/** The keystore of `//name`, made once. */
export function voterKeystore(name: string): Keystore {
  let keystore = keystores.get(name);
  if (keystore === undefined) {
    keystore = keystoreOf(name);
    keystores.set(name, keystore);
  }
  return keystore;
}

export const grandpaIdOf = (name: string): GrandpaId =>
  asGrandpaId(voterKeystore(name).publicKeys("gran")[0] ?? "no key");

export const grandpaAuthorities = (...names: readonly string[]): GrandpaAuthorities =>
  names.map((name) => ({ id: grandpaIdOf(name), weight: 1 }));

export function voteOf(
  name: string,
  stage: GrandpaStageName,
  target: BlockRef,
  place: VotePlace,
): SignedGrandpaVote {
  const vote = signVote(voterKeystore(name), grandpaIdOf(name), stage, target, place);
  if (vote === undefined) throw new Error(`no key of ${name}`);
  return vote;
}

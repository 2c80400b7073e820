/**
 * Secret phrases. Words and checksum are BIP-39's; the seed is Substrate's: stretched from the entropy
 * that the words encode, not from their text.
 *
 * Source: substrate-bip39.
 */
import { pbkdf2Sync } from "node:crypto";
import { assert, err, ok, type Result } from "@parahost/base";
import { ENGLISH_WORDS } from "./bip39-english.ts";
import { sha256 } from "./hash.ts";

/** What is wrong with a phrase, without giving any of it away. */
export type PhraseError =
  | { readonly code: "badWordCount"; readonly count: number }
  | { readonly code: "unknownWord"; readonly position: number }
  | { readonly code: "badChecksum" };

const INDEX_OF_WORD: ReadonlyMap<string, number> = new Map(
  ENGLISH_WORDS.map((word, index) => [word, index]),
);
const BITS_PER_WORD = 11;
/** 2048 rounds of HMAC-SHA-512, as BIP-39 fixes. */
const STRETCHING_ROUNDS = 2_048;

const isEntropyLength = (length: number): boolean =>
  length >= 16 && length <= 32 && length % 4 === 0;

/** The 16 to 32 bytes that 12, 15, 18, 21 or 24 words encode. */
export function phraseToEntropy(phrase: string): Result<Uint8Array, PhraseError> {
  const words = phrase
    .normalize("NFKD")
    .split(/\s+/)
    .filter((word) => word !== "");
  // Three words are 33 bits: four bytes of entropy and one bit of checksum.
  const entropyLength = (words.length / 3) * 4;
  if (!isEntropyLength(entropyLength)) return err({ code: "badWordCount", count: words.length });
  let bits = 0n;
  for (const [position, word] of words.entries()) {
    const index = INDEX_OF_WORD.get(word);
    if (index === undefined) return err({ code: "unknownWord", position });
    bits = (bits << BigInt(BITS_PER_WORD)) | BigInt(index);
  }
  const checksumBits = entropyLength / 4;
  const entropy = new Uint8Array(entropyLength);
  let rest = bits >> BigInt(checksumBits);
  for (let i = entropyLength - 1; i >= 0; i--, rest >>= 8n) entropy[i] = Number(rest & 255n);
  const checksum = Number(bits & ((1n << BigInt(checksumBits)) - 1n));
  return checksum === entropyChecksum(entropy) ? ok(entropy) : err({ code: "badChecksum" });
}

/** The first bits of the hash, one for every four bytes. */
const entropyChecksum = (entropy: Uint8Array): number =>
  (sha256(entropy)[0] as number) >> (8 - entropy.length / 4);

/** The phrase of 16, 20, 24, 28 or 32 bytes of entropy. */
export function entropyToPhrase(entropy: Uint8Array): string {
  assert(isEntropyLength(entropy.length), `not a length of entropy: ${entropy.length}`);
  let bits = 0n;
  for (const byte of entropy) bits = (bits << 8n) | BigInt(byte);
  bits = (bits << BigInt(entropy.length / 4)) | BigInt(entropyChecksum(entropy));
  const words: string[] = [];
  for (let left = (entropy.length / 4) * 3; left > 0; left--, bits >>= BigInt(BITS_PER_WORD))
    words.unshift(ENGLISH_WORDS[Number(bits & 2047n)] as string);
  return words.join(" ");
}

/** 64 bytes stretched from entropy and password. */
export const seedFromEntropy = (entropy: Uint8Array, password: string): Uint8Array =>
  new Uint8Array(pbkdf2Sync(entropy, `mnemonic${password}`, STRETCHING_ROUNDS, 64, "sha512"));

/** The 32-byte seed of a phrase's root key. */
export const miniSecretFromEntropy = (entropy: Uint8Array, password: string): Uint8Array =>
  seedFromEntropy(entropy, password).slice(0, 32);

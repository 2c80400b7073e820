/**
 * Secret URIs, the text form of keys on command lines and in keystores:
 * `<phrase or 0x and seed>`, then junctions `//hard` or `/soft`, then `///password`. Without phrase it
 * is the development phrase that everybody knows, so `//Alice` is a whole URI.
 *
 * Source: sp-core `crypto.rs` (SecretUri, DeriveJunction).
 */
import {
  assert,
  concatBytes,
  err,
  hexToBytes,
  isHex,
  ok,
  type Result,
  u64Bytes,
  unreachable,
} from "@parahost/base";
import { miniSecretFromEntropy, type PhraseError, phraseToEntropy } from "./bip39.ts";
import { type EcdsaPair, ecdsaPairFromSecret, isEcdsaSecret } from "./ecdsa.ts";
import { type Ed25519Pair, ed25519PairFromSeed } from "./ed25519.ts";
import { blake2b256, blake2b256Concat } from "./hash.ts";
import type { KeyPair, SignatureScheme } from "./key-pair.ts";
import { type Sr25519Pair, sr25519PairFromSeed } from "./sr25519.ts";
import { sr25519HardChild, sr25519HardChildSeed, sr25519SoftChild } from "./sr25519-derivation.ts";

/** The phrase of all development accounts. Worth nothing, since its secret is public. */
export const DEVELOPMENT_PHRASE =
  "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

/** One step from a key to a child. */
export interface Junction {
  readonly hard: boolean;
  /** 32 bytes. */
  readonly chainCode: Uint8Array;
}

export interface SecretUri {
  /** Words, or `0x` and 64 digits of seed. */
  readonly phrase: string;
  readonly junctions: readonly Junction[];
  readonly password: string;
}

export type SecretUriError =
  | { readonly code: "badUri" }
  | { readonly code: "badSeed" }
  | { readonly code: "badPhrase"; readonly reason: PhraseError }
  /** Ed25519 and ECDSA keys have hard children only. */
  | { readonly code: "softJunction"; readonly position: number };

const URI = /^([\p{L}\p{M}\p{N}\p{Pc} ]+)?((?:\/\/?[^/]+)*)(?:\/\/\/(.*))?$/su;
const JUNCTION = /\/(\/?)([^/]+)/gu;

/** Far above any key in use. */
const TEXT_LENGTH_MAX = 4_096;

export function parseSecretUri(text: string): Result<SecretUri, { readonly code: "badUri" }> {
  const match = text.length > TEXT_LENGTH_MAX ? null : URI.exec(text);
  if (match === null) return err({ code: "badUri" });
  const [, phrase = DEVELOPMENT_PHRASE, path = "", password = ""] = match;
  const junctions = Array.from(path.matchAll(JUNCTION), ([, hard = "", code = ""]) => ({
    hard: hard === "/",
    chainCode: junctionChainCode(code),
  }));
  return ok({ phrase, junctions, password });
}

const U64_END = 1n << 64n;

/** Numbers are their u64 encoding, other text its SCALE encoding; padded, or hashed when longer than 32. */
export function junctionChainCode(code: string): Uint8Array {
  const encoded =
    /^\+?[0-9]+$/.test(code) && BigInt(code.replace("+", "")) < U64_END
      ? u64Bytes(BigInt(code.replace("+", "")))
      : encodeText(code);
  if (encoded.length > 32) return blake2b256(encoded);
  const chainCode = new Uint8Array(32);
  chainCode.set(encoded);
  return chainCode;
}

/** SCALE text: compact length, then UTF-8. `TEXT_LENGTH_MAX` characters are fewer than 2^14 bytes. */
function encodeText(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  assert(bytes.length < 1 << 14, `a compact length of two bytes ends before ${bytes.length}`);
  const length =
    bytes.length < 64 ? [bytes.length << 2] : [((bytes.length << 2) | 1) & 255, bytes.length >> 6];
  return concatBytes(new Uint8Array(length), bytes);
}

/** Of the phrase that everybody knows: a key of it is asked for again and again, and stretching takes a millisecond. */
let developmentSeed: Uint8Array | undefined;

/** The 32-byte seed of the URI's root key, before any junction. */
function rootSeed(uri: SecretUri): Result<Uint8Array, SecretUriError> {
  if (uri.phrase !== DEVELOPMENT_PHRASE || uri.password !== "") return stretchedSeed(uri);
  const seed = developmentSeed === undefined ? stretchedSeed(uri) : ok(developmentSeed);
  if (seed.ok) developmentSeed = seed.value;
  return seed;
}

function stretchedSeed(uri: SecretUri): Result<Uint8Array, SecretUriError> {
  if (uri.phrase.startsWith("0x"))
    return isHex(uri.phrase, 32) ? ok(hexToBytes(uri.phrase)) : err({ code: "badSeed" });
  const entropy = phraseToEntropy(uri.phrase);
  if (!entropy.ok) return err({ code: "badPhrase", reason: entropy.error });
  return ok(miniSecretFromEntropy(entropy.value, uri.password));
}

/** The seed after junctions that must all be hard, for schemes that know no other. */
function hardSeed(uri: SecretUri, label: string): Result<Uint8Array, SecretUriError> {
  const root = rootSeed(uri);
  if (!root.ok) return root;
  let seed = root.value;
  for (const [position, junction] of uri.junctions.entries()) {
    if (!junction.hard) return err({ code: "softJunction", position });
    seed = blake2b256Concat(encodeText(label), seed, junction.chainCode);
  }
  return ok(seed);
}

export function sr25519PairFromUri(text: string): Result<Sr25519Pair, SecretUriError> {
  const uri = parseSecretUri(text);
  if (!uri.ok) return uri;
  const root = rootSeed(uri.value);
  if (!root.ok) return root;
  let pair = sr25519PairFromSeed(root.value);
  for (const { hard, chainCode } of uri.value.junctions)
    pair = hard ? sr25519HardChild(pair, chainCode) : sr25519SoftChild(pair, chainCode);
  return ok(pair);
}

export function ed25519PairFromUri(text: string): Result<Ed25519Pair, SecretUriError> {
  const uri = parseSecretUri(text);
  if (!uri.ok) return uri;
  const seed = hardSeed(uri.value, "Ed25519HDKD");
  return seed.ok ? ok(ed25519PairFromSeed(seed.value)) : seed;
}

export function ecdsaPairFromUri(text: string): Result<EcdsaPair, SecretUriError> {
  const uri = parseSecretUri(text);
  if (!uri.ok) return uri;
  const seed = hardSeed(uri.value, "Secp256k1HDKD");
  if (!seed.ok) return seed;
  return isEcdsaSecret(seed.value) ? ok(ecdsaPairFromSecret(seed.value)) : err({ code: "badSeed" });
}

/** The pair of a secret URI under the given scheme. */
export function pairFromUri(
  scheme: SignatureScheme,
  text: string,
): Result<KeyPair, SecretUriError> {
  switch (scheme) {
    case "sr25519":
      return sr25519PairFromUri(text);
    case "ed25519":
      return ed25519PairFromUri(text);
    case "ecdsa":
      return ecdsaPairFromUri(text);
    default:
      return unreachable(scheme);
  }
}

/**
 * The 32 bytes that the pair of a secret URI is made from, by which it can be written down without its junctions;
 * `undefined` behind a soft junction, where there are none.
 */
export function secretSeed(
  scheme: SignatureScheme,
  text: string,
): Result<Uint8Array | undefined, SecretUriError> {
  const uri = parseSecretUri(text);
  if (!uri.ok) return uri;
  switch (scheme) {
    case "sr25519":
      return sr25519Seed(uri.value);
    case "ed25519":
      return hardSeed(uri.value, "Ed25519HDKD");
    case "ecdsa":
      return hardSeed(uri.value, "Secp256k1HDKD");
    default:
      return unreachable(scheme);
  }
}

function sr25519Seed(uri: SecretUri): Result<Uint8Array | undefined, SecretUriError> {
  const root = rootSeed(uri);
  if (!root.ok) return root;
  if (uri.junctions.some(({ hard }) => !hard)) return ok(undefined);
  return ok(
    uri.junctions.reduce(
      (seed, { chainCode }) => sr25519HardChildSeed(sr25519PairFromSeed(seed), chainCode),
      root.value,
    ),
  );
}

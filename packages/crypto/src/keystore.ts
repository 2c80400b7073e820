/**
 * The port through which a node uses its secret keys. The node names a key by its type and public key
 * and never sees the secret. Implementations: memory here, files elsewhere; `keystoreSuite` is what
 * they have in common.
 *
 * Reference: runtime-and-primitives.md 1.8.
 */
import {
  bytesToHex,
  expectOk,
  type Hex,
  ok,
  type Random,
  type Result,
  randomBytes,
} from "@parahost/base";
import { ecdsaSignPrehashed } from "./ecdsa.ts";
import { type KeyPair, type SignatureScheme, signWithPair } from "./key-pair.ts";
import { pairFromUri, type SecretUriError } from "./secret-uri.ts";
import type { Sr25519Pair } from "./sr25519.ts";
import type { Transcript } from "./transcript.ts";
import { type VrfInOut, type VrfSignature, vrfInOut, vrfSign } from "./vrf.ts";

/** What keys are for, and the scheme that Polkadot uses there. */
export const KEY_TYPES = {
  /** Accounts. */
  acco: "sr25519",
  /** Approval assignments. */
  asgn: "sr25519",
  /** Authority discovery. */
  audi: "sr25519",
  /** Block production. */
  babe: "sr25519",
  /** BEEFY. */
  beef: "ecdsa",
  /** Collators. */
  coll: "sr25519",
  /** Finality. */
  gran: "ed25519",
  /** Heartbeats. */
  imon: "sr25519",
  /** Backing, bitfields, approvals, disputes, pre-checking. */
  para: "sr25519",
} as const satisfies Record<string, SignatureScheme>;

/** Four characters, as in the file names of keystores. */
export type KeyTypeId = keyof typeof KEY_TYPES;

export interface Keystore {
  /** Our public keys of this type, in the order in which they were inserted. */
  publicKeys(keyType: KeyTypeId): readonly Hex[];
  /** Whether we can sign with this key. */
  has(keyType: KeyTypeId, publicKey: Hex): boolean;
  /**
   * Takes in the key of a secret URI, under the key type's own scheme unless another is named, and
   * returns its public key. A key that is there already stays.
   */
  insert(
    keyType: KeyTypeId,
    secretUri: string,
    scheme?: SignatureScheme,
  ): Result<Hex, SecretUriError>;
  /** A signature as the key's scheme makes it, or `undefined` when the key is not ours. */
  sign(keyType: KeyTypeId, publicKey: Hex, message: Uint8Array): Uint8Array | undefined;
  /** An ECDSA signature of a 32-byte hash; `undefined` when the key is not ours or not ECDSA. */
  signPrehashed(keyType: KeyTypeId, publicKey: Hex, hash: Uint8Array): Uint8Array | undefined;
  /** The VRF's value without proof; `undefined` when the key is not ours or not sr25519. */
  vrfInOut(keyType: KeyTypeId, publicKey: Hex, transcript: Transcript): VrfInOut | undefined;
  /** Value and proof, as `vrfSign`; `undefined` when the key is not ours or not sr25519. */
  vrfSign(
    keyType: KeyTypeId,
    publicKey: Hex,
    transcript: Transcript,
    extra?: Transcript,
  ): VrfSignature | undefined;
}

/** Inserts a new key made from 32 random bytes. */
export function generateKey(
  keystore: Keystore,
  keyType: KeyTypeId,
  random: Random,
  scheme: SignatureScheme = KEY_TYPES[keyType],
): Hex {
  const inserted = keystore.insert(keyType, bytesToHex(randomBytes(random, 32)), scheme);
  return expectOk(inserted, "any 32 bytes are a seed");
}

/** Keys that last as long as the process. */
export class MemoryKeystore implements Keystore {
  readonly #pairs = new Map<KeyTypeId, Map<Hex, KeyPair>>();

  publicKeys(keyType: KeyTypeId): readonly Hex[] {
    return [...(this.#pairs.get(keyType)?.keys() ?? [])];
  }

  has(keyType: KeyTypeId, publicKey: Hex): boolean {
    return this.#pair(keyType, publicKey) !== undefined;
  }

  insert(
    keyType: KeyTypeId,
    secretUri: string,
    scheme: SignatureScheme = KEY_TYPES[keyType],
  ): Result<Hex, SecretUriError> {
    const pair = pairFromUri(scheme, secretUri);
    if (!pair.ok) return pair;
    let pairs = this.#pairs.get(keyType);
    if (pairs === undefined) {
      pairs = new Map();
      this.#pairs.set(keyType, pairs);
    }
    const { publicKey } = pair.value;
    if (!pairs.has(publicKey)) pairs.set(publicKey, pair.value);
    return ok(publicKey);
  }

  sign(keyType: KeyTypeId, publicKey: Hex, message: Uint8Array): Uint8Array | undefined {
    const pair = this.#pair(keyType, publicKey);
    return pair === undefined ? undefined : signWithPair(pair, message);
  }

  signPrehashed(keyType: KeyTypeId, publicKey: Hex, hash: Uint8Array): Uint8Array | undefined {
    const pair = this.#pair(keyType, publicKey);
    return pair?.scheme === "ecdsa" ? ecdsaSignPrehashed(pair, hash) : undefined;
  }

  vrfInOut(keyType: KeyTypeId, publicKey: Hex, transcript: Transcript): VrfInOut | undefined {
    const pair = this.#sr25519Pair(keyType, publicKey);
    return pair === undefined ? undefined : vrfInOut(pair, transcript);
  }

  vrfSign(
    keyType: KeyTypeId,
    publicKey: Hex,
    transcript: Transcript,
    extra?: Transcript,
  ): VrfSignature | undefined {
    const pair = this.#sr25519Pair(keyType, publicKey);
    return pair === undefined ? undefined : vrfSign(pair, transcript, extra);
  }

  #pair(keyType: KeyTypeId, publicKey: Hex): KeyPair | undefined {
    return this.#pairs.get(keyType)?.get(publicKey);
  }

  #sr25519Pair(keyType: KeyTypeId, publicKey: Hex): Sr25519Pair | undefined {
    const pair = this.#pair(keyType, publicKey);
    return pair?.scheme === "sr25519" ? pair : undefined;
  }
}

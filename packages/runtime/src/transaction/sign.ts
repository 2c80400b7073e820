/** The client's side: makes signed transactions for our runtime. */
import { hexToBytes } from "@parahost/base";
import { blake2b256Hex, type KeyPair, signWithPair } from "@parahost/crypto";
import {
  type AccountId,
  asAccountId,
  type Balance,
  type Era,
  type Hash,
  type MultiSignature,
  mortalEra,
  type Nonce,
  type OpaqueExtrinsic,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { type AnyRuntimeCall, RuntimeCall } from "../framework/index.ts";
import { RUNTIME_VERSION, type RuntimeVersion } from "../version.ts";
import { encodeSigned, SignedExtra, signingPayload } from "./extrinsic.ts";

/** When a transaction is born, and how long it may be included. */
export interface Mortality {
  /** Blocks; made a power of two from 4 to 65,536. */
  readonly period: number;
  /** A recent block, from which the period counts. */
  readonly blockNumber: number;
  /** Hash of the block that `birthBlock` names. */
  readonly birthHash: Hash;
}

export interface SigningOptions {
  readonly genesisHash: Hash;
  /** How many transactions of the account were included so far. */
  readonly nonce: Nonce;
  /** None unless given. */
  readonly tip?: Balance;
  /** Immortal unless given. */
  readonly mortality?: Mortality;
  /** Of the runtime that is to take it; this one's unless given. */
  readonly version?: Pick<RuntimeVersion, "specVersion" | "transactionVersion">;
}

/** The account that a key pair controls. */
export function accountOf({ scheme, publicKey }: Pick<KeyPair, "scheme" | "publicKey">): AccountId {
  // An ECDSA key is too long for an account id, so its hash stands for it.
  return asAccountId(scheme === "ecdsa" ? blake2b256Hex(hexToBytes(publicKey)) : publicKey);
}

/** The block whose hash is signed by a transaction of this period made at block `blockNumber`. */
export function birthBlock(period: number, blockNumber: number): number {
  const era = mortalEra(period, blockNumber);
  if (era.type === "immortal") return 0;
  return Math.floor((blockNumber - era.phase) / era.period) * era.period + era.phase;
}

/** A signed transaction, without its length prefix. */
export function signExtrinsic(
  pair: KeyPair,
  call: AnyRuntimeCall,
  { genesisHash, nonce, tip = 0n, mortality, version = RUNTIME_VERSION }: SigningOptions,
): OpaqueExtrinsic {
  const era: Era =
    mortality === undefined
      ? { type: "immortal" }
      : mortalEra(mortality.period, mortality.blockNumber);
  const encodedCall = encode(RuntimeCall, call);
  const extra: SignedExtra = { era, nonce, tip, metadataHash: { type: "disabled" } };
  const encodedExtra = encode(SignedExtra, extra);
  const payload = signingPayload(encodedCall, encodedExtra, {
    specVersion: version.specVersion,
    transactionVersion: version.transactionVersion,
    genesisHash,
    birthHash: mortality?.birthHash ?? genesisHash,
    metadataHash: undefined,
  });
  const signature: MultiSignature = { type: pair.scheme, value: signWithPair(pair, payload) };
  const address = { type: "id", value: accountOf(pair) } as const;
  return encodeSigned(address, signature, encodedExtra, encodedCall);
}

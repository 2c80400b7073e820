/**
 * Signed transactions in Polkadot's form, version 4: address, signature, era, nonce, tip, call. What is signed besides:
 * the versions, the genesis hash and the hash of the block at which the era begins.
 */

import { account } from "./accounts";
import { block } from "./block";
import { Bytes } from "./bytes";
import { blake2b256, ecdsaRecover, ed25519Verify, HASH_BYTES, sr25519Verify } from "./host";
import { Reader, Writer } from "./scale";
import { state } from "./state";
import { itemPrefix, KeyWriter } from "./storage";
import { U128 } from "./u128";

/** Why a transaction may not be included, as `TransactionValidityError`: kind above, detail below; 0 if it may. */
export type Refusal = u32;

export const acceptable: Refusal = 0;
const INVALID: u32 = 0x100;
const UNKNOWN: u32 = 0x200;
export const refusedCall: Refusal = INVALID | 0;
export const refusedPayment: Refusal = INVALID | 1;
export const refusedFuture: Refusal = INVALID | 2;
export const refusedStale: Refusal = INVALID | 3;
export const refusedProof: Refusal = INVALID | 4;
export const refusedBirth: Refusal = INVALID | 5;
export const refusedLookup: Refusal = UNKNOWN | 0;

/** The two bytes on the wire. */
export function refusalBytes(refusal: Refusal): Bytes {
  const bytes = Bytes.fresh(2);
  store<u8>(bytes.pointer, <u8>((refusal >> 8) - 1));
  store<u8>(bytes.pointer + 1, <u8>refusal);
  return bytes;
}

const SIGNED_V4: u8 = 0x84;
const ADDRESS_ID: u8 = 0;
const ED25519: u8 = 0;
const SR25519: u8 = 1;
const ECDSA: u8 = 2;
/** Longer payloads are signed by their hash. */
const PAYLOAD_BYTES_MAX: i32 = 256;

/** What the chain has that every signer must have known. */
export class Versions {
  constructor(
    readonly specVersion: u32,
    readonly transactionVersion: u32,
  ) {}
}

export class Transaction {
  private constructor(
    readonly signer: Bytes,
    private readonly scheme: u8,
    private readonly signature: Bytes,
    /** Blocks; 0 for ever. */
    private readonly period: u32,
    private readonly phase: u32,
    readonly nonce: u32,
    readonly tip: U128,
    private readonly extra: Bytes,
    readonly call: Bytes,
    /** With the length before it, as it stands in a block. */
    readonly encodedLength: i32,
  ) {}

  /** Ends the guest for bytes that are no transaction of this form. */
  static read(bytes: Bytes): Transaction {
    const reader = new Reader(bytes);
    assert(reader.u8() == SIGNED_V4, "a transaction of another form");
    assert(reader.u8() == ADDRESS_ID, "a signer that is no account id");
    const signer = reader.bytes(32);
    const scheme = reader.u8();
    assert(scheme <= ECDSA, "an unknown signature scheme");
    const signature = reader.bytes(scheme == ECDSA ? 65 : 64);
    const extraStart = reader.position;
    let period: u32 = 0;
    let phase: u32 = 0;
    const era = reader.u8();
    if (era != 0) {
      const encoded = <u32>era | (<u32>reader.u8() << 8);
      period = <u32>2 << (encoded & 15);
      phase = (encoded >> 4) * max<u32>(1, period >> 12);
      assert(period >= 4 && phase < period, "an era that cannot be");
    }
    const nonce = reader.compactU32();
    const tip = reader.compactU128();
    assert(reader.u8() == 0, "a signed metadata hash");
    const extra = bytes.slice(extraStart, reader.position);
    const call = reader.rest();
    const prefix = bytes.length < 1 << 6 ? 1 : bytes.length < 1 << 14 ? 2 : 4;
    const length = prefix + bytes.length;
    return new Transaction(
      signer,
      scheme,
      signature,
      period,
      phase,
      nonce,
      tip,
      extra,
      call,
      length,
    );
  }

  /** Whether the signer signed this, for this chain and time. */
  checkSignature(versions: Versions): Refusal {
    const birth = blockHash(this.birth(block().number));
    if (!birth) return refusedBirth;
    const genesis = blockHash(0) as Bytes;
    const payload = new Writer(this.call.length + this.extra.length + 2 * HASH_BYTES + 9);
    payload.bytes(this.call);
    payload.bytes(this.extra);
    payload.u32(versions.specVersion);
    payload.u32(versions.transactionVersion);
    payload.bytes(genesis);
    payload.bytes(birth);
    payload.u8(0);
    const view = payload.view();
    const message = view.length > PAYLOAD_BYTES_MAX ? blake2b256(view) : view;
    return this.isSigned(message) ? acceptable : refusedProof;
  }

  /** The block at which the era began that `current` is in. */
  private birth(current: u32): u32 {
    if (this.period == 0) return 0;
    return ((max(current, this.phase) - this.phase) / this.period) * this.period + this.phase;
  }

  private isSigned(message: Bytes): bool {
    if (this.scheme == SR25519) return sr25519Verify(this.signature, message, this.signer);
    if (this.scheme == ED25519) return ed25519Verify(this.signature, message, this.signer);
    // The account is the hash of the key that the signature gives away.
    const key = ecdsaRecover(this.signature, blake2b256(message));
    return key != null && blake2b256(key).equals(this.signer);
  }

  /** How many blocks it is still good for. */
  longevity(): u64 {
    if (this.period == 0) return u64.MAX_VALUE;
    const current = block().number;
    return <u64>(this.birth(current) + this.period - current);
  }

  checkNonce(): Refusal {
    const signer = account(this.signer);
    if (!signer.exists) return refusedPayment;
    if (this.nonce == signer.nonce) return acceptable;
    return this.nonce < signer.nonce ? refusedStale : refusedFuture;
  }
}

export function blockHashKey(number: u32): Bytes {
  const encoded = new Writer(4);
  encoded.u32(number);
  return new KeyWriter(itemPrefix("System", "BlockHash")).twox64Concat(encoded.view()).done();
}

/** Hash of a recent block, `null` once it is forgotten or before it is made. */
export function blockHash(number: u32): Bytes | null {
  return state().get(blockHashKey(number));
}

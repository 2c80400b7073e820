/** Transactions of a declared chain: made by name, signed for it. */
import { assert, concatBytes } from "@parahost/base";
import { type KeyPair, signWithPair } from "@parahost/crypto";
import type { Balance, Era, Hash, Nonce, OpaqueExtrinsic } from "@parahost/primitives";
import { accountOf, encodeSigned, SignedExtra, signingPayload } from "@parahost/runtime";
import { encode, struct } from "@parahost/scale";
import { palletsOf } from "./base-pallets.ts";
import type { ChainSchema } from "./chain.ts";

/** A call by its names: `{ pallet: "Counter", call: "increment", args: { by: 1 } }`. */
export interface NamedCall {
  readonly pallet: string;
  readonly call: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

export function encodeCall(
  schema: ChainSchema,
  { pallet, call, args = {} }: NamedCall,
): Uint8Array {
  const declared = palletsOf(schema)[pallet];
  const found = declared?.calls?.[call];
  assert(declared !== undefined && found !== undefined, `no call ${pallet}.${call}`);
  return concatBytes(
    new Uint8Array([declared.index, found.index]),
    encode(struct(found.args), args as never),
  );
}

export interface TransactionOptions {
  /** Of the chain's first block. */
  readonly genesisHash: Hash;
  readonly nonce: Nonce;
  readonly tip?: Balance;
  /** Immortal unless given. */
  readonly era?: Era;
  /** Of the block at which the era begins; the first for immortal ones. */
  readonly birthHash?: Hash;
}

/** A signed transaction, without its length prefix. */
export function signTransaction(
  schema: ChainSchema,
  pair: KeyPair,
  encodedCall: Uint8Array,
  { genesisHash, nonce, tip = 0n, era = { type: "immortal" }, birthHash }: TransactionOptions,
): OpaqueExtrinsic {
  const extra = encode(SignedExtra, { era, nonce, tip, metadataHash: { type: "disabled" } });
  const payload = signingPayload(encodedCall, extra, {
    specVersion: schema.specVersion,
    transactionVersion: schema.transactionVersion,
    genesisHash,
    birthHash: birthHash ?? genesisHash,
    metadataHash: undefined,
  });
  const signature = { type: pair.scheme, value: signWithPair(pair, payload) };
  return encodeSigned({ type: "id", value: accountOf(pair) }, signature, extra, encodedCall);
}

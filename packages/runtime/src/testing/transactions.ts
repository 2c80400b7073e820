/** Transactions of well-known accounts for tests. */
import { expectOk } from "@parahost/base";
import { type KeyPair, pairFromUri, type SignatureScheme, signWithPair } from "@parahost/crypto";
import type { AccountId, OpaqueExtrinsic } from "@parahost/primitives";
import { developmentKeys } from "../genesis/development.ts";
import { proveKeys, schemeOfKey } from "../pallets/session/keys-proof.ts";
import type { RuntimeCall } from "../runtime.ts";
import { accountNonce } from "../runtime-api.ts";
import { accountOf, type SigningOptions, signExtrinsic } from "../transaction/sign.ts";
import type { TestChain } from "./chain.ts";

const known = new Map<string, KeyPair>();

/** The key pair of a secret URI. */
export function pairOf(uri: string, scheme: SignatureScheme = "sr25519"): KeyPair {
  const pair = known.get(`${scheme}${uri}`) ?? expectOk(pairFromUri(scheme, uri), uri);
  known.set(`${scheme}${uri}`, pair);
  return pair;
}

export const accountOfUri = (uri: string): AccountId => accountOf(pairOf(uri));

/** A transaction of `uri`'s account that the next block of `chain` would take. */
export function signedBy(
  chain: TestChain,
  uri: string,
  call: RuntimeCall,
  options: Partial<SigningOptions> & { readonly scheme?: SignatureScheme } = {},
): OpaqueExtrinsic {
  const { scheme = "sr25519", ...rest } = options;
  const pair = pairOf(uri, scheme);
  const nonce = accountNonce(chain.state, accountOf(pair));
  return signExtrinsic(pair, call, { genesisHash: chain.genesisHash, nonce, ...rest });
}

/** Registers the keys of `uri` for the account `owner`, as their holder can prove. */
export function setKeys(uri: string, owner: AccountId): RuntimeCall {
  const keys = developmentKeys(uri);
  return {
    type: "session",
    value: { type: "setKeys", value: { keys, proof: keysProof(uri, owner) } },
  };
}

/** The proof of all keys of `uri` for `owner`. */
export const keysProof = (uri: string, owner: AccountId): Uint8Array =>
  proveKeys(developmentKeys(uri), owner, (type, message) =>
    signWithPair(pairOf(uri, schemeOfKey(type)), message),
  );

export const transferTo = (dest: AccountId, value: bigint): RuntimeCall => ({
  type: "balances",
  value: { type: "transferKeepAlive", value: { dest: { type: "id", value: dest }, value } },
});

export const remark = (length = 1): RuntimeCall => ({
  type: "system",
  value: { type: "remark", value: { remark: new Uint8Array(length) } },
});

export const sudo = (call: RuntimeCall): RuntimeCall => ({
  type: "sudo",
  value: { type: "sudo", value: { call } },
});

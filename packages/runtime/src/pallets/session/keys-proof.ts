/**
 * The proof that whoever registers keys has their secrets: each key's signature of the owner's account. Without
 * it anybody could register somebody else's key, and keep its owner from using it.
 *
 * As in Polkadot: the message is `POP_` followed by the account; the proof is the signatures in the order of
 * the keys.
 */
import { asciiBytes, concatBytes } from "@parahost/base";
import type { KeyTypeId, SignatureScheme } from "@parahost/crypto";
import { AccountId } from "@parahost/primitives";
import { encode, fixedBytes, struct, tryDecode, type ValueOf } from "@parahost/scale";
import { type State, verifySignature } from "../../framework/index.ts";
import { type SessionKeys, typedKeys } from "./keys.ts";

export const SessionKeysProof = struct({
  grandpa: fixedBytes(64),
  babe: fixedBytes(64),
  paraValidator: fixedBytes(64),
  paraAssignment: fixedBytes(64),
  authorityDiscovery: fixedBytes(64),
  beefy: fixedBytes(65),
});
export type SessionKeysProof = ValueOf<typeof SessionKeysProof>;

/** How a key of this type signs. */
export const schemeOfKey = (type: KeyTypeId): SignatureScheme =>
  type === "gran" ? "ed25519" : type === "beef" ? "ecdsa" : "sr25519";

/** What each key signs for `owner` to register it. */
export const keysProofPayload = (owner: AccountId): Uint8Array =>
  concatBytes(asciiBytes("POP_"), encode(AccountId, owner));

/** The proof for these keys; `sign` signs with the secret of one of them. */
export function proveKeys(
  keys: SessionKeys,
  owner: AccountId,
  sign: (type: KeyTypeId, message: Uint8Array) => Uint8Array,
): Uint8Array {
  const message = keysProofPayload(owner);
  return concatBytes(...typedKeys(keys).map(([type]) => sign(type, message)));
}

/** Whether `owner` has the secrets of all keys. */
export function ownsKeys(
  state: State,
  owner: AccountId,
  keys: SessionKeys,
  proof: Uint8Array,
): boolean {
  const decoded = tryDecode(SessionKeysProof, proof);
  if (!decoded.ok) return false;
  const message = keysProofPayload(owner);
  const signatures = Object.values(decoded.value);
  return typedKeys(keys).every(([type, publicKey], i) =>
    verifySignature(state, {
      scheme: schemeOfKey(type),
      publicKey,
      message,
      signature: signatures[i] as Uint8Array,
    }),
  );
}

/** The signature schemes of the chain, and key pairs of any of them. */
import { unreachable } from "@parahost/base";
import { type EcdsaPair, ecdsaSign } from "./ecdsa.ts";
import { type Ed25519Pair, ed25519Sign } from "./ed25519.ts";
import { type Sr25519Pair, sr25519Sign } from "./sr25519.ts";

export type SignatureScheme = "sr25519" | "ed25519" | "ecdsa";
export type KeyPair = Sr25519Pair | Ed25519Pair | EcdsaPair;

/** A signature of `message` by the pair's scheme; ECDSA signs its BLAKE2b-256. */
export function signWithPair(pair: KeyPair, message: Uint8Array): Uint8Array {
  switch (pair.scheme) {
    case "sr25519":
      return sr25519Sign(pair, message);
    case "ed25519":
      return ed25519Sign(pair, message);
    case "ecdsa":
      return ecdsaSign(pair, message);
    default:
      return unreachable(pair);
  }
}

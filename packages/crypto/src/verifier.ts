/**
 * Checking signatures behind one interface, so that a node decides where it happens: at once, once
 * only (`CachingVerifier`), or off the event loop (`worker-verifier.ts`).
 *
 * Reference: performance-budget.md 2 (verify once), 5 (nothing may hold the event loop for long).
 */
import { type Hex, unreachable } from "@parahost/base";
import { ecdsaVerify } from "./ecdsa.ts";
import { ed25519Verify } from "./ed25519.ts";
import type { SignatureScheme } from "./key-pair.ts";
import { sr25519Verify, sr25519VerifyAll } from "./sr25519.ts";

/** A claim to check: `signature` is one of `message` by the holder of `publicKey`. */
export interface SignatureItem {
  readonly scheme: SignatureScheme;
  readonly publicKey: Hex;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

export interface SignatureVerifier {
  /** Checks one claim now. */
  verify(item: SignatureItem): boolean;
  /** Checks many now, sr25519's several times cheaper than one by one; the answers are in the order of the claims. */
  verifyAll(items: readonly SignatureItem[]): readonly boolean[];
  /** Checks many when there is time; the answers are in the order of the claims. Rejects only with a `HostError`. */
  verifyBatch(items: readonly SignatureItem[]): Promise<readonly boolean[]>;
}

/** Whether the claim is true. Malformed keys and signatures make it false. */
export function verifySignature(item: SignatureItem): boolean {
  const { scheme, publicKey, message, signature } = item;
  switch (scheme) {
    case "sr25519":
      return sr25519Verify(publicKey, message, signature);
    case "ed25519":
      return ed25519Verify(publicKey, message, signature);
    case "ecdsa":
      return ecdsaVerify(publicKey, message, signature);
    default:
      return unreachable(scheme);
  }
}

/** As `verifySignature` of each claim. */
export function verifySignatures(items: readonly SignatureItem[]): readonly boolean[] {
  const together = sr25519VerifyAll(items.filter(({ scheme }) => scheme === "sr25519"));
  let next = 0;
  return items.map((item) =>
    item.scheme === "sr25519" ? together[next++] === true : verifySignature(item),
  );
}

/** Checks where it is called. A batch is done when the call returns: the simulator's verifier. */
export class DirectVerifier implements SignatureVerifier {
  verify(item: SignatureItem): boolean {
    return verifySignature(item);
  }

  verifyAll(items: readonly SignatureItem[]): readonly boolean[] {
    return verifySignatures(items);
  }

  verifyBatch(items: readonly SignatureItem[]): Promise<readonly boolean[]> {
    return Promise.resolve(verifySignatures(items));
  }
}

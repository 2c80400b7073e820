/** A run of the simulator repeats from its seed only if nothing here depends on the system's chance. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk } from "@parahost/base";
import { type KeyPair, type SignatureScheme, signWithPair } from "./key-pair.ts";
import { pairFromUri } from "./secret-uri.ts";
import { Transcript } from "./transcript.ts";
import { type VrfInOut, type VrfSignature, vrfInOut, vrfSign } from "./vrf.ts";

interface Outcome {
  readonly pair: KeyPair;
  readonly signature: Uint8Array;
  readonly vrf: readonly [VrfInOut, VrfSignature] | undefined;
}

function everythingSecret(scheme: SignatureScheme): Outcome {
  const pair = expectOk(pairFromUri(scheme, "//Alice//stash"), "a good URI");
  const transcript = new Transcript("test");
  return {
    pair,
    signature: signWithPair(pair, new Uint8Array([1, 2, 3])),
    vrf:
      pair.scheme === "sr25519"
        ? [vrfInOut(pair, transcript), vrfSign(pair, transcript)]
        : undefined,
  };
}

/** Runs `body` while the system's random bytes are all `byte`; tells how often they were asked for. */
function withRandomBytes<T>(
  byte: number,
  body: () => T,
): { readonly made: T; readonly asked: number } {
  let asked = 0;
  const fill = (target: Uint8Array): Uint8Array => {
    asked += 1;
    return target.fill(byte);
  };
  Object.defineProperty(globalThis.crypto, "getRandomValues", { configurable: true, value: fill });
  try {
    return { made: body(), asked };
  } finally {
    // Uncovers the method of the prototype.
    Reflect.deleteProperty(globalThis.crypto, "getRandomValues");
  }
}

for (const scheme of ["sr25519", "ed25519", "ecdsa"] as const)
  test(`${scheme} keys, signatures and proofs are the same whatever the system's chance`, () => {
    const one = withRandomBytes(1, () => everythingSecret(scheme));
    const two = withRandomBytes(2, () => everythingSecret(scheme));
    assert.deepEqual(one.made, two.made);
    // The library under ECDSA blinds its multiplications with it, which cancels out.
    if (scheme !== "ecdsa") assert.equal(one.asked, 0);
  });

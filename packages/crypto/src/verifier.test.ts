import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk } from "@parahost/base";
import { signWithPair } from "./key-pair.ts";
import { pairFromUri } from "./secret-uri.ts";
import { DirectVerifier, type SignatureItem } from "./verifier.ts";

const message = new Uint8Array([1, 2, 3]);
const claims = (["sr25519", "ed25519", "ecdsa"] as const).map((scheme): SignatureItem => {
  const pair = expectOk(pairFromUri(scheme, "//Alice"), "a URI");
  return { scheme, publicKey: pair.publicKey, message, signature: signWithPair(pair, message) };
});

test("each scheme's signatures are true for it and false for the others", () => {
  const verifier = new DirectVerifier();
  for (const item of claims)
    for (const { scheme } of claims)
      assert.equal(verifier.verify({ ...item, scheme }), item.scheme === scheme);
});

test("many of all schemes are answered in order, at once or when there is time", async () => {
  const forged = claims.map((item) => ({ ...item, message: new Uint8Array() }));
  const verifier = new DirectVerifier();
  const expected = [true, true, true, false, false, false];
  assert.deepEqual(verifier.verifyAll([...claims, ...forged]), expected);
  assert.deepEqual(await verifier.verifyBatch([...claims, ...forged]), expected);
  assert.deepEqual(verifier.verifyAll([]), []);
});

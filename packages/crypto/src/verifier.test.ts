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

test("a batch is answered in order", async () => {
  const forged = claims.map((item) => ({ ...item, message: new Uint8Array() }));
  const answers = await new DirectVerifier().verifyBatch([...claims, ...forged]);
  assert.deepEqual(answers, [true, true, true, false, false, false]);
});

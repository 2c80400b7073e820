import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "@parahost/base";
import { CachingVerifier } from "./caching-verifier.ts";
import { sr25519PairFromSeed, sr25519Sign } from "./sr25519.ts";
import { DirectVerifier, type SignatureItem, type SignatureVerifier } from "./verifier.ts";

/** Really checks, and counts. */
class CountingVerifier implements SignatureVerifier {
  checked = 0;
  readonly #direct = new DirectVerifier();

  verify(item: SignatureItem): boolean {
    this.checked += 1;
    return this.#direct.verify(item);
  }

  verifyAll(items: readonly SignatureItem[]): readonly boolean[] {
    this.checked += items.length;
    return this.#direct.verifyAll(items);
  }

  verifyBatch(items: readonly SignatureItem[]): Promise<readonly boolean[]> {
    this.checked += items.length;
    return this.#direct.verifyBatch(items);
  }
}

const pair = sr25519PairFromSeed(new Uint8Array(32).fill(1));
function claim(byte: number): SignatureItem {
  const message = new Uint8Array([byte]);
  const signature = sr25519Sign(pair, message);
  return { scheme: "sr25519", publicKey: pair.publicKey, message, signature };
}
function forgery(byte: number): SignatureItem {
  return { ...claim(byte), message: new Uint8Array([byte, byte]) };
}

test("a true claim is checked once, a false one every time", () => {
  const inner = new CountingVerifier();
  const verifier = new CachingVerifier(inner);
  for (let i = 0; i < 3; i++) assert.ok(verifier.verify(claim(1)));
  assert.equal(inner.checked, 1);
  for (let i = 0; i < 3; i++) assert.ok(!verifier.verify(forgery(1)));
  assert.equal(inner.checked, 4);
});

test("a batch asks for what is unknown, once each, and answers in order", async () => {
  const inner = new CountingVerifier();
  const verifier = new CachingVerifier(inner);
  verifier.verify(claim(1));
  const items = [claim(2), claim(1), forgery(2), claim(2), claim(3)];
  assert.deepEqual(await verifier.verifyBatch(items), [true, true, false, true, true]);
  assert.equal(inner.checked, 1 + 3);
  assert.deepEqual(await verifier.verifyBatch(items), [true, true, false, true, true]);
  assert.equal(inner.checked, 4 + 1);
  assert.deepEqual(await verifier.verifyBatch([]), []);
});

test("many at once are asked for and remembered as a batch is", () => {
  const inner = new CountingVerifier();
  const verifier = new CachingVerifier(inner);
  verifier.verify(claim(1));
  const items = [claim(2), claim(1), forgery(2), claim(2), claim(3)];
  assert.deepEqual(verifier.verifyAll(items), [true, true, false, true, true]);
  assert.equal(inner.checked, 1 + 3);
  assert.deepEqual(verifier.verifyAll(items), [true, true, false, true, true]);
  assert.equal(inner.checked, 4 + 1);
  assert.deepEqual(verifier.verifyAll([]), []);
});

test("moving bytes between fields makes another claim", () => {
  const verifier = new CachingVerifier(new DirectVerifier());
  const item = claim(1);
  assert.ok(verifier.verify(item));
  const moved = {
    ...item,
    signature: item.signature.subarray(0, 63),
    message: concatBytes(item.signature.subarray(63), item.message),
  };
  assert.ok(!verifier.verify(moved));
  assert.ok(!verifier.verify({ ...item, scheme: "ed25519" }));
});

test("the least recently used claim is forgotten first", () => {
  const inner = new CountingVerifier();
  const verifier = new CachingVerifier(inner, 2);
  for (const byte of [1, 2, 1, 3]) verifier.verify(claim(byte));
  assert.equal(inner.checked, 3);
  verifier.verify(claim(1));
  assert.equal(inner.checked, 3);
  verifier.verify(claim(2));
  assert.equal(inner.checked, 4);
});

test("false claims push nothing out", () => {
  const inner = new CountingVerifier();
  const verifier = new CachingVerifier(inner, 1);
  verifier.verify(claim(1));
  for (let byte = 0; byte < 10; byte++) verifier.verify(forgery(byte));
  verifier.verify(claim(1));
  assert.equal(inner.checked, 11);
});

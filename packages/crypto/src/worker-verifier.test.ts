import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "@parahost/base";
import type { SignatureScheme } from "./key-pair.ts";
import { MemoryKeystore } from "./keystore.ts";
import { answerShared, collectShared, shareBatch } from "./shared-batch.ts";
import type { SignatureItem } from "./verifier.ts";
import { DirectVerifier } from "./verifier.ts";
import { WorkerVerifier } from "./worker-verifier.ts";

/** Claims of all schemes as views of one buffer, every fifth of them false. */
function claims(
  count: number,
  schemes: readonly SignatureScheme[] = ["sr25519", "ed25519", "ecdsa"],
): SignatureItem[] {
  const keystore = new MemoryKeystore();
  const frame = new Uint8Array(count * 8);
  return Array.from({ length: count }, (_, i) => {
    const scheme = schemes[i % schemes.length] ?? "sr25519";
    const inserted = keystore.insert("acco", "//Alice", scheme);
    assert.ok(inserted.ok);
    const message = frame.subarray(8 * i, 8 * i + (i % 9));
    message.fill(i);
    const signature = keystore.sign("acco", inserted.value, message);
    assert.ok(signature !== undefined);
    if (i % 5 === 0) signature[1] = (signature[1] as number) ^ 1;
    return { scheme, publicKey: inserted.value, message, signature };
  });
}

test("a thread gives the answers that checking in place gives", async () => {
  const verifier = new WorkerVerifier();
  const direct = new DirectVerifier();
  for (const count of [0, 1, 15, 16, 40]) {
    const items = claims(count);
    assert.deepEqual(await verifier.verifyBatch(items), await direct.verifyBatch(items));
  }
  await verifier.close();
});

test("a claim too long to be true is false", async () => {
  const verifier = new WorkerVerifier();
  const items = claims(20).map((item, i) =>
    i === 7 ? { ...item, signature: new Uint8Array(300) } : item,
  );
  const answers = await verifier.verifyBatch(items);
  assert.deepEqual(answers, await new DirectVerifier().verifyBatch(items));
  assert.equal(answers[7], false);
  await verifier.close();
});

test("batches beyond the queue wait and are answered in their turn", async () => {
  const verifier = new WorkerVerifier(1);
  const items = claims(16);
  const expected = await new DirectVerifier().verifyBatch(items);
  const batches = await Promise.all(Array.from({ length: 5 }, () => verifier.verifyBatch(items)));
  for (const answers of batches) assert.deepEqual(answers, expected);
  await verifier.close();
});

test("closing finishes what was let in, and refuses the rest", async () => {
  const verifier = new WorkerVerifier(1);
  const items = claims(16);
  const outcomes = Array.from({ length: 4 }, () => verifier.verifyBatch(items));
  const closed = verifier.close();
  const settled = await Promise.allSettled(outcomes);
  assert.ok(settled.some(({ status }) => status === "fulfilled"));
  for (const outcome of settled)
    if (outcome.status === "rejected") assert.equal(outcome.reason.code, "verifierClosed");
  await closed;
  await assert.rejects(verifier.verifyBatch(items), (error) => {
    assert.ok(error instanceof HostError);
    return error.code === "verifierClosed";
  });
  await verifier.close();
});

test("a dying thread fails its batch only", async () => {
  // The first byte of a claim's key stands at 7.
  const mortal = `
    import { parentPort } from "node:worker_threads";
    parentPort.on("message", (packed) => {
      if (packed[7] === 0) throw new Error("died of it");
      parentPort.postMessage(new Uint8Array(16).fill(1));
    });`;
  const program = new URL(`data:text/javascript,${encodeURIComponent(mortal)}`);
  const verifier = new WorkerVerifier(4, program);
  const batch = (firstKeyByte: "00" | "01"): SignatureItem[] =>
    Array.from({ length: 16 }, () => ({
      scheme: "sr25519",
      publicKey: `0x${firstKeyByte}`,
      message: new Uint8Array(),
      signature: new Uint8Array(),
    }));
  const outcomes = await Promise.allSettled([
    verifier.verifyBatch(batch("01")),
    verifier.verifyBatch(batch("00")),
    verifier.verifyBatch(batch("01")),
  ]);
  assert.deepEqual(
    outcomes.map((it) => (it.status === "fulfilled" ? it.value[0] : it.reason.code)),
    [true, "verifierThread", true],
  );
  await verifier.close();
});

test("both threads answer what is wanted at once, as one would", async () => {
  const verifier = new WorkerVerifier();
  const direct = new DirectVerifier();
  // Its answer shows that the thread is awake.
  await verifier.verifyBatch(claims(16));
  for (const count of [0, 255, 256, 301]) {
    const items = claims(count, ["sr25519", "sr25519", "ed25519"]);
    assert.deepEqual(verifier.verifyAll(items), direct.verifyAll(items));
  }
  const long = claims(300, ["sr25519"]).map((item, i) =>
    i === 7 ? { ...item, signature: new Uint8Array(300) } : item,
  );
  assert.deepEqual(verifier.verifyAll(long), direct.verifyAll(long));
  await verifier.close();
  assert.deepEqual(verifier.verifyAll(long), direct.verifyAll(long));
});

test("what is wanted at once does not wait for a thread that has not begun", () => {
  const shared = shareBatch(claims(3));
  assert.equal(collectShared(shared, 1_000), undefined);
  answerShared(shared);
  assert.equal(collectShared(shared, 0), undefined, "withdrawn batches are not answered");
});

test("answers in shared memory are those of the claims", () => {
  const items = claims(10);
  const shared = shareBatch(items);
  answerShared(shared);
  assert.deepEqual(collectShared(shared, 0), new DirectVerifier().verifyAll(items));
});

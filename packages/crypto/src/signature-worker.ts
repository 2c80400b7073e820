/**
 * The thread behind `WorkerVerifier`: packed batches in, one byte for each claim out; batches in shared
 * memory are answered there.
 */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "@parahost/base";
import { answerShared } from "./shared-batch.ts";
import { unpackBatch } from "./signature-batch.ts";
import { verifySignatures } from "./verifier.ts";

const port = parentPort;
assert(port !== null, "this file runs as a worker");

port.on("message", (batch: Uint8Array | SharedArrayBuffer) => {
  if (batch instanceof SharedArrayBuffer) {
    answerShared(batch);
    return;
  }
  const answers = Uint8Array.from(verifySignatures(unpackBatch(batch)), Number);
  port.postMessage(answers, [answers.buffer]);
});

/** Tells the other side that messages are read from now on. */
const awake = workerData as Int32Array;
Atomics.store(awake, 0, 1);

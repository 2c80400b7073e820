/** The thread behind `WorkerVerifier`: packed batches in, one byte for each claim out. */
import { parentPort } from "node:worker_threads";
import { assert } from "@parahost/base";
import { unpackBatch } from "./signature-batch.ts";
import { verifySignature } from "./verifier.ts";

const port = parentPort;
assert(port !== null, "this file runs as a worker");

port.on("message", (packed: Uint8Array) => {
  const answers = Uint8Array.from(unpackBatch(packed), (item) => (verifySignature(item) ? 1 : 0));
  port.postMessage(answers, [answers.buffer]);
});

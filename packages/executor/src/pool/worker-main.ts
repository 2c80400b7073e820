/**
 * A worker process of the pool: a thread that runs guests, and around it this loop, which moves frames between
 * the thread and the pipe and ends the process when the pipe does, so that no worker outlives its pool.
 */

import { Worker } from "node:worker_threads";
import { GUEST_STACK_MB } from "../deep-stack.ts";
import { OUT_OF_MEMORY_EXIT_CODE } from "./exit.ts";
import { encodeFrame, type Frame, FrameDecoder } from "./frame.ts";

/** JavaScript heap of the thread: code and parameters pass through it; guests' memories are not in it. */
const HEAP_MB = 512;

const thread = new Worker(new URL("./engine-thread.ts", import.meta.url), {
  resourceLimits: { stackSizeMb: GUEST_STACK_MB, maxOldGenerationSizeMb: HEAP_MB },
  execArgv: [],
  env: {},
});
thread.on("message", (frame: Frame) => {
  process.stdout.write(encodeFrame(frame));
});
thread.on("error", (error: NodeJS.ErrnoException) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? OUT_OF_MEMORY_EXIT_CODE : 1);
});

const decoder = new FrameDecoder();
process.stdin.on("data", (piece: Buffer) => {
  for (const frame of decoder.push(piece)) thread.postMessage(frame);
});
process.stdin.on("end", () => process.exit(0));

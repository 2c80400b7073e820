/**
 * A worker process that does to the pool what a broken or captured one might. What it does is chosen by the relay
 * parent number of the job.
 */

import { ValidationParams, ValidationResult } from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import { encodeFrame, FrameDecoder, REPLY } from "../pool/frame.ts";
import { ExecuteRequest, PROTOCOL, Ready, Timed } from "../pool/messages.ts";
import { MISBEHAVIOUR } from "./misbehaviour.ts";

const GOOD = encode(ValidationResult, {
  headData: new Uint8Array([1]),
  newValidationCode: undefined,
  upwardMessages: [],
  horizontalMessages: [],
  processedDownwardMessages: 0,
  hrmpWatermark: 0,
});

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

const timed = (job: number, type: number, body: Uint8Array, cpuMicros = 10_000_000): Uint8Array =>
  encodeFrame({ job, type, payload: encode(Timed, { cpuMicros, body }) });

function send(job: number, type: number, body: Uint8Array, cpuMicros?: number): void {
  process.stdout.write(timed(job, type, body, cpuMicros));
}

/** Works for so many milliseconds of CPU time. */
function burn(ms: number): void {
  const start = process.cpuUsage();
  for (let used = 0; used < ms * 1000; ) {
    for (let turn = 0; turn < 1_000_000; turn++) used += turn & 0;
    const { user, system } = process.cpuUsage(start);
    used = user + system;
  }
}

async function tryToWrite(): Promise<string> {
  const { writeFile } = await import("node:fs/promises");
  return writeFile("/tmp/parahost-worker-was-here", "").then(
    () => "written",
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
}

function misbehave(what: number, job: number): void {
  switch (what) {
    case MISBEHAVIOUR.halfAnAnswer: {
      const whole = encodeFrame({ job, type: REPLY.returned, payload: GOOD });
      process.stdout.write(whole.subarray(0, 12), () => process.exit(0));
      return;
    }
    case MISBEHAVIOUR.anotherJob:
      send(job - 1, REPLY.returned, GOOD);
      return;
    case MISBEHAVIOUR.twoAnswers:
      send(job, REPLY.returned, GOOD);
      send(job, REPLY.returned, GOOD);
      return;
    case MISBEHAVIOUR.hugeFrame:
      process.stdout.write(new Uint8Array([0, 0, 0, 0x80, 1, 0, 0, 0, 14]));
      return;
    case MISBEHAVIOUR.garbage:
      process.stdout.write("Debugger listening on ws://127.0.0.1:9229/");
      return;
    case MISBEHAVIOUR.unknownReply:
      send(job, 99, GOOD);
      return;
    case MISBEHAVIOUR.unknownFault:
      send(job, REPLY.faulted, text('{"code":"because"}'));
      return;
    case MISBEHAVIOUR.segmentationFault:
      process.kill(process.pid, "SIGSEGV");
      return;
    case MISBEHAVIOUR.noMemory:
      process.stderr.write("FATAL ERROR: JavaScript heap out of memory\n", () =>
        process.kill(process.pid, "SIGABRT"),
      );
      return;
    case MISBEHAVIOUR.exception:
      throw new Error("worker in trouble");
    case MISBEHAVIOUR.tellEnvironment:
      send(job, REPLY.jobFailed, text(JSON.stringify(Object.keys(process.env))));
      return;
    case MISBEHAVIOUR.openFile:
      void tryToWrite().then((outcome) => send(job, REPLY.jobFailed, text(outcome)));
      return;
    case MISBEHAVIOUR.timeTooSmall:
      process.stdout.write(timed(job, REPLY.started, new Uint8Array()), () => {
        burn(300);
        send(job, REPLY.returned, GOOD, 0);
      });
      return;
    default:
      send(job, REPLY.returned, GOOD);
  }
}

const decoder = new FrameDecoder();
process.stdin.on("data", (piece: Buffer) => {
  for (const { job, payload } of decoder.push(piece)) {
    const params = decode(ValidationParams, decode(ExecuteRequest, payload).params);
    misbehave(params.relayParentNumber, job);
  }
});
process.stdin.on("end", () => process.exit(0));
process.stdout.write(
  encodeFrame({
    job: 0,
    type: REPLY.ready,
    payload: encode(Ready, { protocol: PROTOCOL, thread: 0 }),
  }),
);

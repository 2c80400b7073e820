/**
 * A worker process that does to the pool what a broken or captured one might. What it does is chosen by the relay
 * parent number of the job. It encodes by hand, so that it starts fast.
 */

import { asciiBytes, concatBytes, hexToBytes, u32Bytes, u64Bytes } from "@parahost/base";
import { encodeFrame, FrameDecoder, PROTOCOL, REPLY } from "../pool/frame.ts";
import { type BrokenOut, MISBEHAVIOUR, TAKEN_BYTES } from "./misbehaviour.ts";

/** A validation result: head data 01, nothing else. */
const GOOD = hexToBytes("04010000000000000000000000");

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/** The length of a SCALE byte string below 2^14, in two bytes or one. */
const compact = (length: number): Uint8Array =>
  new Uint8Array(length < 64 ? [length << 2] : [(length << 2) | 1, length >> 6]);

const timed = (job: number, type: number, body: Uint8Array, cpuMicros = 10_000_000): Uint8Array =>
  encodeFrame({
    job,
    type,
    payload: concatBytes(u64Bytes(cpuMicros), compact(body.length), body),
  });

function send(job: number, type: number, body: Uint8Array, cpuMicros?: number): void {
  process.stdout.write(timed(job, type, body, cpuMicros));
}

const hoard: Uint8Array[] = [];

/** Works for so many milliseconds of CPU time. */
function burn(ms: number): void {
  const start = process.cpuUsage();
  for (let used = 0; used < ms * 1000; ) {
    for (let turn = 0; turn < 1_000_000; turn++) used += turn & 0;
    const { user, system } = process.cpuUsage(start);
    used = user + system;
  }
}

/** `done`, or the code of the error. */
async function attempt(deed: () => Promise<unknown>): Promise<string> {
  return Promise.resolve()
    .then(deed)
    .then(
      () => "done",
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );
}

async function breakOut(): Promise<BrokenOut> {
  const { readFile, writeFile } = await import("node:fs/promises");
  const { spawnSync } = await import("node:child_process");
  const { connect } = await import("node:net");
  return {
    read: await attempt(() => readFile("/etc/passwd")),
    write: await attempt(() => writeFile("/tmp/parahost-worker-was-here", "")),
    spawn: await attempt(async () => {
      spawnSync("/bin/true");
    }),
    // Nobody listens there; without a network not even that can be found out.
    connect: await attempt(
      () =>
        new Promise((resolve, reject) => {
          connect(9, "127.0.0.1").once("connect", resolve).once("error", reject);
        }),
    ),
  };
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
    case MISBEHAVIOUR.breakOut:
      void breakOut().then((outcome) => send(job, REPLY.jobFailed, text(JSON.stringify(outcome))));
      return;
    case MISBEHAVIOUR.takeMemory:
      hoard.push(Buffer.alloc(TAKEN_BYTES, 1));
      return;
    case MISBEHAVIOUR.takeMemoryAndAnswer:
      Buffer.alloc(TAKEN_BYTES, 1);
      send(job, REPLY.prepared, new Uint8Array());
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
    // The job's parameters end with the relay parent's number and a root of 32 bytes.
    misbehave(payload.at(-36) ?? 0, job);
  }
});
process.stdin.on("end", () => process.exit(0));
process.stdout.write(
  encodeFrame({
    job: 0,
    type: REPLY.ready,
    payload: concatBytes(compact(PROTOCOL.length), asciiBytes(PROTOCOL), u32Bytes(0)),
  }),
);

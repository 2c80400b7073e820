/**
 * The thread of a worker process that runs guests, on a native stack deep enough for them. It does one request
 * after the other; the process around it reads the pipe meanwhile.
 */

import { parentPort } from "node:worker_threads";
import { assert, HostError } from "@parahost/base";
import { ValidationParams, validationCodeHash } from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import { Engine } from "../engine.ts";
import { ownThread } from "./cpu-time.ts";
import { tuneEngineForGuests } from "./engine-flags.ts";
import { type Frame, PROTOCOL, REPLY, REQUEST } from "./frame.ts";
import { ExecuteRequest, encodeReason, PrepareRequest, Ready, Timed } from "./messages.ts";

const port = parentPort;
assert(port !== null, "this file is the main module of a thread");

tuneEngineForGuests();

const engine = new Engine(false);
const encoder = new TextEncoder();

const EMPTY = new Uint8Array();
port.on("message", serve);
port.postMessage({
  job: 0,
  type: REPLY.ready,
  payload: encode(Ready, { protocol: PROTOCOL, thread: ownThread() }),
});

function serve({ job, type, payload }: Frame): void {
  const usedBefore = process.threadCpuUsage();
  const reply = (replyType: number, body: Uint8Array): void => {
    const used = process.threadCpuUsage(usedBefore);
    const timed = encode(Timed, { cpuMicros: used.user + used.system, body });
    port?.postMessage({ job, type: replyType, payload: timed } satisfies Frame);
  };
  try {
    if (type === REQUEST.prepare) prepare(decode(PrepareRequest, payload), reply);
    else execute(decode(ExecuteRequest, payload), reply);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof HostError) reply(REPLY.hostFailed, encodeReason({ code: error.code }));
    else reply(REPLY.jobFailed, encoder.encode(error.message));
  }
}

type Reply = (type: number, body: Uint8Array) => void;

function prepare(request: PrepareRequest, reply: Reply): void {
  const { code, codeHash, preparation, codeLimitBytes } = request;
  if (validationCodeHash(code) !== codeHash) throw new HostError("codeHashMismatch");
  const prepared = engine.prepare(code, preparation, request, codeLimitBytes);
  reply(REPLY.prepared, prepared.ok ? EMPTY : encodeReason(prepared.error));
}

function execute({ codeHash, preparation, params }: ExecuteRequest, reply: Reply): void {
  const pvf = engine.find({ codeHash, preparation });
  if (pvf === undefined) {
    reply(REPLY.needsCode, EMPTY);
    return;
  }
  reply(REPLY.started, EMPTY);
  const answer = engine.execute(pvf, decode(ValidationParams, params), undefined);
  if (answer.ok) reply(REPLY.returned, answer.value.output);
  else reply(REPLY.faulted, encodeReason(answer.error));
}

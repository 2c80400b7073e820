/** Payloads of the frames of `frame.ts`. */

import { err, ok, type Result } from "@parahost/base";
import { Hash, ValidationCodeHash } from "@parahost/primitives";
import { bool, bytes, str, struct, u32, u64Number, type ValueOf } from "@parahost/scale";
import { BACKTRACE_MAX, type CodePosition } from "../backtrace.ts";
import type { InternalReason, InvalidReason, PreparationRefusal } from "../executor.ts";

export const Ready = struct({
  protocol: str,
  /**
   * The thread that runs guests, whose CPU time counts; 0 for all. Compilers that optimise in the background are not
   * the guest's doing, and when they run is chance.
   */
  thread: u32,
});

export const PrepareRequest = struct({
  codeHash: ValidationCodeHash,
  preparation: Hash,
  maxMemoryPages: u32,
  stackLimit: u32,
  bulkMemory: bool,
  codeLimitBytes: u32,
  code: bytes(),
});
export type PrepareRequest = ValueOf<typeof PrepareRequest>;

export const ExecuteRequest = struct({
  codeHash: ValidationCodeHash,
  preparation: Hash,
  /** Encoded `ValidationParams`, block data as in the PoV. */
  params: bytes(),
});
export type ExecuteRequest = ValueOf<typeof ExecuteRequest>;

/** Every reply about a job says what CPU time the worker thinks it took, in microseconds. */
export const Timed = struct({ cpuMicros: u64Number, body: bytes() });
export type Timed = ValueOf<typeof Timed>;

// Reasons travel as JSON text: they are small, rare, and of many shapes.

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Nobody reads more of a reason. */
const REASON_BYTES_MAX = 64 * 1024;

export const encodeReason = (reason: unknown): Uint8Array => encoder.encode(JSON.stringify(reason));

type Coded = { readonly code: string };

function decodeReason<R extends Coded>(
  body: Uint8Array,
  codes: readonly R["code"][],
): Result<R, string> {
  if (body.length > REASON_BYTES_MAX) return err(`reason of ${body.length} bytes`);
  try {
    const reason: unknown = JSON.parse(decoder.decode(body));
    if (typeof reason === "object" && reason !== null && "code" in reason) {
      const { code } = reason;
      if (codes.some((known) => known === code)) return ok(reason as R);
    }
    return err("a reason without a known code");
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    return err(error.message);
  }
}

const FAULT_CODES: readonly InvalidReason["code"][] = [
  "timeout",
  "trap",
  "stackOverflow",
  "outOfMemory",
  "badReturn",
  "paramsTooLarge",
  "povDecompression",
];
const REFUSAL_CODES: readonly PreparationRefusal["code"][] = ["wasm", "decompression"];
const HOST_CODES = ["outOfHostMemory", "nativeStackExhausted", "codeHashMismatch"] as const;

export function decodeFault(body: Uint8Array): Result<InvalidReason, string> {
  const fault = decodeReason<InvalidReason>(body, FAULT_CODES);
  if (!fault.ok || hasItsFields(fault.value)) return fault;
  return err(`a ${fault.value.code} without what belongs to it`);
}

/** Whether the fields that somebody reads later are there and of their type; others harm nobody. */
function hasItsFields(fault: InvalidReason): boolean {
  switch (fault.code) {
    case "trap":
      return (
        typeof fault.message === "string" && isBacktrace(fault.backtrace) && hasGoodPlace(fault)
      );
    case "outOfMemory":
      return typeof fault.message === "string" && isBacktrace(fault.backtrace);
    case "stackOverflow":
      return isBacktrace(fault.backtrace);
    case "badReturn":
      return typeof fault.message === "string";
    case "paramsTooLarge":
      return Number.isSafeInteger(fault.bytes);
    default:
      return true;
  }
}

const isBacktrace = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length <= BACKTRACE_MAX &&
  value.every(
    (frame: Partial<CodePosition> | null) =>
      Number.isSafeInteger(frame?.functionIndex) && Number.isSafeInteger(frame?.offset),
  );

function hasGoodPlace({ location }: Extract<InvalidReason, { readonly code: "trap" }>): boolean {
  return (
    location === undefined ||
    (typeof location?.file === "string" &&
      Number.isSafeInteger(location.line) &&
      Number.isSafeInteger(location.column))
  );
}

export const decodeRefusal = (body: Uint8Array): Result<PreparationRefusal, string> =>
  decodeReason(body, REFUSAL_CODES);

export type HostFailure = Extract<InternalReason, { readonly code: (typeof HOST_CODES)[number] }>;

export const decodeHostFailure = (body: Uint8Array): Result<HostFailure, string> =>
  decodeReason<HostFailure>(body, HOST_CODES);

export const decodeMessage = (body: Uint8Array): string =>
  new TextDecoder().decode(body.subarray(0, 1024));

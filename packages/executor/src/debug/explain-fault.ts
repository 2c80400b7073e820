/**
 * A guest's fault in the words of its author: file, line and message. Takes the decompressed module that ran, for
 * the names of functions, and its source map if there is one.
 */

import type { CodePosition } from "../backtrace.ts";
import type { InvalidReason } from "../executor.ts";
import type { SourceLocation } from "../host/guest-trap.ts";
import { functionNames } from "./custom-section.ts";
import type { SourceMap } from "./source-map.ts";

export interface SourceFrame extends CodePosition {
  readonly functionName?: string;
  readonly location?: SourceLocation;
}

export interface ExplainedFault {
  /** What happened, without where. */
  readonly message: string;
  /** The place to look at: what the guest said, else the innermost frame that the source map knows. */
  readonly location?: SourceLocation;
  /** Innermost call first. */
  readonly frames: readonly SourceFrame[];
}

/** Files of the compiler's own library, which is where its checks fail but not where the mistake is. */
const isLibrary = ({ file }: SourceLocation): boolean => file.startsWith("~lib/");

export function explainFault(
  reason: InvalidReason,
  wasm: Uint8Array,
  sourceMap?: SourceMap,
): ExplainedFault {
  const names = functionNames(wasm);
  const frames = ("backtrace" in reason ? reason.backtrace : []).map(
    (position): SourceFrame => ({
      ...position,
      ...optional("functionName", names.get(position.functionIndex)),
      ...optional("location", sourceMap?.locate(position.offset)),
    }),
  );
  const known = frames.flatMap((frame) => frame.location ?? []);
  const said = "location" in reason ? reason.location : undefined;
  const location =
    said !== undefined && !isLibrary(said)
      ? said
      : (known.find((place) => !isLibrary(place)) ?? said ?? known[0]);
  return { message: faultMessage(reason), frames, ...optional("location", location) };
}

/** One line: `assembly/counter.ts:12:5 (increment): unreachable`. */
export function faultLine({ message, location, frames }: ExplainedFault): string {
  const frame = frames.find((candidate) => candidate.location === location) ?? frames[0];
  const name = frame?.functionName;
  const code = frame === undefined ? "" : `function ${frame.functionIndex}, byte ${frame.offset}`;
  const place =
    location === undefined ? code : `${location.file}:${location.line}:${location.column}`;
  const where = name === undefined ? place : `${place} (${name})`;
  return where === "" ? message : `${where}: ${message}`;
}

function faultMessage(reason: InvalidReason): string {
  switch (reason.code) {
    case "trap":
      return reason.message;
    case "stackOverflow":
      return "calls are nested deeper than the stack limit; look for a recursion without end";
    case "outOfMemory":
      return `out of memory: ${reason.message}`;
    case "timeout":
      return "took more time than it may; look for a loop without end or do less in a block";
    case "badReturn":
      return `what validate_block returned is no result: ${reason.message}`;
    case "paramsTooLarge":
      return `${reason.bytes} bytes of parameters are more than a block may have`;
    case "povDecompression":
      return "the block's data does not decompress";
  }
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}

/**
 * Executor parameters of a session, with the defaults for what they do not name, in the form that the engine
 * and the pool work with. Reference: runtime-and-primitives.md 3.4.
 */

import { asciiBytes, concatBytes, err, ok, type Result } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { ExecutorParam, type ExecutorParams, type Hash } from "@parahost/primitives";
import { encode } from "@parahost/scale";

/** What changes prepared code. */
export interface PreparationParameters {
  /** Pages of 64 KiB that the memory may have, the 32 above the parameter included. */
  readonly maxMemoryPages: number;
  /** Logical values on the stack of one call chain. */
  readonly stackLimit: number;
  readonly bulkMemory: boolean;
}

export interface EngineParameters extends PreparationParameters {
  readonly timeouts: Timeouts;
  /** Memory that pre-checking may take; `undefined` for no limit. */
  readonly precheckingMemoryBytes: number | undefined;
}

/** CPU milliseconds. */
export interface Timeouts {
  readonly precheck: number;
  readonly prepare: number;
  readonly backing: number;
  readonly approval: number;
}

/** Pages beyond the parameter, for the stack and data of the module. */
const EXTRA_PAGES = 32;
/**
 * A native stack has at least so many bytes for each logical value. Ours need fewer, which a test of `deep-stack.ts`
 * shows, so a guest passes its logical limit before it has used what `StackNativeMax` allows, whatever that is.
 */
export const NATIVE_BYTES_PER_LOGICAL = 128;
/** `StackNativeMax` unless the session says otherwise. */
const STACK_NATIVE_BYTES = 256 * 2 ** 20;
const MEBIBYTE = 2 ** 20;

export const DEFAULT_ENGINE_PARAMETERS: EngineParameters = {
  maxMemoryPages: 2048 + EXTRA_PAGES,
  stackLimit: 65_536,
  bulkMemory: false,
  precheckingMemoryBytes: undefined,
  timeouts: { precheck: 60_000, prepare: 360_000, backing: 2_000, approval: 12_000 },
};

/** The chain should never have accepted such parameters; nobody can be blamed for a candidate under them. */
export interface BadExecutorParams {
  readonly code: "badExecutorParams";
  readonly detail: string;
}

const bad = (detail: string): Result<never, BadExecutorParams> =>
  err({ code: "badExecutorParams", detail });

/** Parameters as the chain keeps them, checked against their bounds. */
export function engineParameters(
  params: ExecutorParams,
): Result<EngineParameters, BadExecutorParams> {
  let { maxMemoryPages, stackLimit, bulkMemory } = DEFAULT_ENGINE_PARAMETERS;
  const timeouts = { ...DEFAULT_ENGINE_PARAMETERS.timeouts };
  let stackNative = STACK_NATIVE_BYTES;
  let precheckingMemoryBytes: number | undefined;
  const seen = new Set<string>();
  for (const param of params) {
    const name =
      param.type === "pvfPrepTimeout" || param.type === "pvfExecTimeout"
        ? `${param.type}.${param.value.kind.type}`
        : param.type;
    if (seen.has(name)) return bad(`${name} is there twice`);
    seen.add(name);
    switch (param.type) {
      case "maxMemoryPages":
        if (param.value < 1 || param.value > 65_536) return bad(`${param.value} memory pages`);
        maxMemoryPages = Math.min(param.value + EXTRA_PAGES, 65_536);
        break;
      case "stackLogicalMax":
        if (param.value < 1024 || param.value > 131_072) return bad(`stack of ${param.value}`);
        stackLimit = param.value;
        break;
      case "stackNativeMax":
        stackNative = param.value;
        break;
      case "precheckingMaxMemory":
        if (param.value < 256 * MEBIBYTE || param.value > 16 * 1024 * MEBIBYTE)
          return bad(`prechecking memory of ${param.value} bytes`);
        precheckingMemoryBytes = param.value;
        break;
      case "pvfPrepTimeout":
        timeouts[param.value.kind.type] = param.value.milliseconds;
        break;
      case "pvfExecTimeout":
        timeouts[param.value.kind.type] = param.value.milliseconds;
        break;
      case "wasmExtBulkMemory":
        bulkMemory = true;
    }
  }
  if (stackNative < NATIVE_BYTES_PER_LOGICAL * stackLimit)
    return bad(`native stack of ${stackNative} bytes for ${stackLimit} logical values`);
  if (timeouts.precheck >= timeouts.prepare)
    return bad("precheck timeout above that of preparation");
  if (timeouts.backing >= timeouts.approval) return bad("backing timeout above that of approval");
  return ok({ maxMemoryPages, stackLimit, bulkMemory, timeouts, precheckingMemoryBytes });
}

/**
 * Identifies what preparation depends on: BLAKE2b-256 of "prep" and the parameters that change the artifact.
 * Two sessions that differ only in timeouts share prepared code.
 */
export function preparationHash(params: ExecutorParams): Hash {
  const encodings = params
    .filter(
      (param) =>
        param.type === "maxMemoryPages" ||
        param.type === "stackLogicalMax" ||
        param.type === "wasmExtBulkMemory",
    )
    .map((param) => encode(ExecutorParam, param));
  return blake2b256Hex(concatBytes(asciiBytes("prep"), ...encodings)) as Hash;
}

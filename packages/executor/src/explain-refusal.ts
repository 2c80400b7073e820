/**
 * Why code is not accepted, for its author: what is wrong, where, and what to do about it. One answer for each of the
 * mistakes that people make with their compilers.
 */

import type { PreparationRefusal } from "./executor.ts";
import type { WasmRefusal, WasmRefusalCode } from "./wasm/refusal.ts";

/** One sentence or two, without the code. */
export function explainRefusal(reason: PreparationRefusal): string {
  switch (reason.code) {
    case "wasm":
      return explainWasmRefusal(reason.refusal);
    case "decompression":
      return reason.cause.code === "decompressionBomb"
        ? `The code has more than ${reason.cause.limit} bytes once decompressed. Make it smaller: optimise for size, leave out debug information.`
        : `The code does not decompress (${reason.cause.code}). Compress it as one plain zstd frame behind the blob prefix, or not at all.`;
    case "outOfMemory":
      return `Compiling the code takes more than ${reason.limitBytes} bytes of memory. Make it smaller.`;
  }
}

function explainWasmRefusal({ code, offset, detail }: WasmRefusal): string {
  const advice = adviceFor(code, detail);
  return `${capital(WHAT[code])} at byte ${offset}: ${detail}.${advice === undefined ? "" : ` ${advice}`}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const WHAT: Readonly<Record<WasmRefusalCode, string>> = {
  notWasm: "this is no WebAssembly module",
  wrongVersion: "this is no WebAssembly 1 module",
  unexpectedEnd: "the module is cut off",
  lebTooLong: "a number is encoded wrongly",
  lebOutOfRange: "a number is encoded wrongly",
  unknownSection: "the module has an unknown section",
  sectionOrder: "the sections are out of order",
  sectionSize: "a section has the wrong size",
  badUtf8: "a name is not UTF-8",
  malformed: "the module is malformed",
  featureNotAllowed: "the module uses what validators do not allow",
  indexOutOfRange: "the module refers to what is not there",
  typeMismatch: "the types of an instruction do not fit",
  duplicateExport: "an export is there twice",
  badConstantExpression: "an initial value is not constant",
  badLimits: "the limits of a memory or table are contradictory",
  segmentOutOfRange: "initial data lie outside of the memory or table",
  limitExceeded: "the module is larger than validators compile",
  startSection: "the module has a start function",
  missingExport: "an export is missing",
  badExport: "an export has the wrong type",
  badImport: "an import is not offered",
  memoryTooLarge: "the memory is too large",
};

/** Part of a feature's name, and how to do without it. */
const FEATURE_ADVICE: readonly (readonly [string, string])[] = [
  [
    "bulk memory",
    "AssemblyScript: --disable bulk-memory; Rust: build the standard library too, with -C target-cpu=mvp; C: -mno-bulk-memory.",
  ],
  [
    "saturating",
    "AssemblyScript: --disable nontrapping-f2i; Rust: -C target-cpu=mvp; C: -mno-nontrapping-fptoint.",
  ],
  ["SIMD", "AssemblyScript: leave out --enable simd; Rust and C: leave out the simd128 feature."],
  ["multi-value", "Rust: -C target-cpu=mvp; C: -mno-multivalue. Return one value at most."],
  [
    "reference types",
    "Rust: -C target-cpu=mvp; C: -mno-reference-types; AssemblyScript: leave out --enable reference-types.",
  ],
  ["threads", "Compile without threads and shared memory."],
  ["tail calls", "Compile without the tail-call feature."],
  ["exceptions", "Compile without exceptions: let errors end in unreachable."],
  ["garbage collection", "Compile to linear memory, without the gc feature."],
  ["multi-memory", "A parachain has one memory."],
  ["memory64", "Compile for 32-bit addresses (wasm32)."],
];

function adviceFor(code: WasmRefusalCode, detail: string): string | undefined {
  switch (code) {
    case "notWasm":
    case "wrongVersion":
      return "Give the compiler's binary output (.wasm), not its text (.wat) or source.";
    case "featureNotAllowed":
      return FEATURE_ADVICE.find(([feature]) => detail.includes(feature))?.[1];
    case "startSection":
      return "Nothing but validate_block is called. AssemblyScript: initialise globals with constants, or build with --exportStart and call that function first in validate_block.";
    case "missingExport":
      return exportAdvice(detail);
    case "badImport":
      return importAdvice(detail);
    case "memoryTooLarge":
      return "Lower the initial memory; it may grow while the code runs.";
    case "limitExceeded":
      return "Split large functions, and compile with optimisation: unoptimised code branches more.";
    default:
      return undefined;
  }
}

function exportAdvice(detail: string): string | undefined {
  if (detail.startsWith("validate_block"))
    return "Export it under exactly this name, as (i32, i32) -> i64: pointer and length of the parameters, and of the result packed.";
  if (detail.startsWith("__heap_base"))
    return "The host allocates from there on. Rust and C: --export=__heap_base for the linker; AssemblyScript: export the compiler's ~lib/memory/__heap_base under this name.";
  if (detail.startsWith("memory"))
    return 'Define a memory and export it as "memory", or import it as env.memory.';
  return undefined;
}

function importAdvice(detail: string): string | undefined {
  if (detail.startsWith("wasi"))
    return "A validation function has no files, clock, randomness or environment: build for wasm32-unknown-unknown, or AssemblyScript without its WASI shim.";
  if (detail.startsWith("relay"))
    return "Host reads of the relay chain are not offered; verify a proof against the relay parent's storage root instead.";
  if (detail.includes("imported as"))
    return "Declare it with the signature that the host has (i: i32, L: i64, behind > the result).";
  if (detail.includes("only env")) return 'Everything that a validator offers is in module "env".';
  return undefined;
}

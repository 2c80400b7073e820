/**
 * Validation code, from bytes to something that can be instantiated: parsed, checked against the contract
 * between parachain and host, instrumented, compiled. Reference: runtime-and-primitives.md 3.1 and 3.2.
 */

import { assert, err, ok, type Result } from "@parahost/base";
import type { PreparationParameters } from "./engine-parameters.ts";
import type { HostFunction } from "./host/host-function.ts";
import { HOST_FUNCTIONS } from "./host/host-functions.ts";
import { type BodyFacts, BodyValidator } from "./wasm/function-body.ts";
import { instrument } from "./wasm/instrument.ts";
import { type FunctionType, PVF_WASM_LIMITS, parseModule, type WasmModule } from "./wasm/module.ts";
import { EMPTY, I32, I64, typeName } from "./wasm/opcodes.ts";
import { WasmError, type WasmRefusal, type WasmRefusalCode } from "./wasm/refusal.ts";

export const ENTRY = "validate_block";
export const HEAP_BASE = "__heap_base";

export interface PreparedPvf {
  readonly module: WebAssembly.Module;
  /** Size of the instrumented code. */
  readonly bytes: number;
  /** From the compiled code back to the author's, for `originalOffset`. */
  readonly positions: Uint32Array;
  /** Functions that the module wants from `env`; those that no host has are there too. */
  readonly imports: readonly string[];
  readonly maxMemoryPages: number;
  readonly stackLimit: number;
  /** Whether the code counts its instructions. */
  readonly metered: boolean;
}

export interface PrepareOptions {
  /** Count instructions and stop without fuel. */
  readonly metered: boolean;
  /** Functions beside `validate_block` that may be called: those through which a collator builds blocks. */
  readonly entries?: readonly string[];
}

/** Makes code ready for execution, or says why it must not be registered. Takes decompressed bytes. */
export function preparePvf(
  wasm: Uint8Array,
  parameters: PreparationParameters,
  options: PrepareOptions,
): Result<PreparedPvf, WasmRefusal> {
  const checked = checkPvf(wasm, parameters);
  if (!checked.ok) return checked;
  const { module, bodies } = checked.value;
  const instrumented = instrument(module, bodies, {
    maxMemoryPages: parameters.maxMemoryPages,
    stackLimit: parameters.stackLimit,
    fuel: options.metered,
    exports: [ENTRY, HEAP_BASE, ...(options.entries ?? [])],
  });
  if (!instrumented.ok) return instrumented;
  return ok({
    module: compile(instrumented.value.bytes),
    bytes: instrumented.value.bytes.length,
    positions: instrumented.value.positions,
    imports: module.imports.filter((entry) => entry.kind === "function").map(({ name }) => name),
    maxMemoryPages: parameters.maxMemoryPages,
    stackLimit: parameters.stackLimit,
    metered: options.metered,
  });
}

/** What has passed our own validation compiles; anything else means that we let something through. */
function compile(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    assert(false, `the engine refuses code that we accept: ${error.message}`);
  }
}

export interface CheckedPvf {
  readonly module: WasmModule;
  readonly bodies: readonly BodyFacts[];
}

/** All checks of preparation, without instrumenting or compiling. */
export function checkPvf(
  wasm: Uint8Array,
  parameters: PreparationParameters,
): Result<CheckedPvf, WasmRefusal> {
  const features = { bulkMemory: parameters.bulkMemory };
  const parsed = parseModule(wasm, features, PVF_WASM_LIMITS);
  if (!parsed.ok) return parsed;
  const module = parsed.value;
  try {
    checkContract(module, parameters);
    const validator = new BodyValidator(module, features, PVF_WASM_LIMITS);
    const bodies = module.bodies.map((_, index) => validator.check(index));
    checkTotalWork(bodies);
    return ok({ module, bodies });
  } catch (error) {
    if (error instanceof WasmError) return err(error.refusal);
    throw error;
  }
}

function refuse(code: WasmRefusalCode, offset: number, detail: string): never {
  throw new WasmError(code, offset, detail);
}

/** What the compilers have to do grows faster than the code; each function was checked by itself. */
function checkTotalWork(bodies: readonly BodyFacts[]): void {
  const { totalMergeWork, totalForksSquared } = PVF_WASM_LIMITS;
  const limit = (what: string, cost: (body: BodyFacts) => number, most: number): void => {
    const sum = bodies.reduce((total, body) => total + cost(body), 0);
    if (sum > most)
      refuse("limitExceeded", 0, `${what} over all functions is ${sum}, limit ${most}`);
  };
  limit("the sum of branches times values", ({ mergeWork }) => mergeWork, totalMergeWork);
  limit("the sum of squared branches", ({ forks }) => forks * forks, totalForksSquared);
}

function checkContract(module: WasmModule, parameters: PreparationParameters): void {
  if (module.start !== undefined)
    refuse("startSection", module.start.offset, "nothing but validate_block is called");
  checkImports(module);
  checkMemory(module, parameters);

  const entry = exported(module, ENTRY);
  if (entry.kind !== "function") refuse("badExport", entry.offset, `${ENTRY} is a ${entry.kind}`);
  const typeIndex = module.functionTypes[entry.index];
  const type = typeIndex === undefined ? undefined : module.types[typeIndex];
  if (type === undefined || signatureOf(type) !== "ii>L")
    refuse("badExport", entry.offset, `${ENTRY} must be (i32, i32) -> i64`);
  if (entry.index < module.importedFunctionCount)
    refuse("badExport", entry.offset, `${ENTRY} is an import`);

  const heapBase = exported(module, HEAP_BASE);
  const global = module.globals[heapBase.index - module.importedGlobals.length];
  if (heapBase.kind !== "global" || global?.type !== I32)
    refuse("badExport", heapBase.offset, `${HEAP_BASE} must be an i32 global`);
}

function exported(module: WasmModule, name: string): WasmModule["exports"][number] {
  const found = module.exports.find((entry) => entry.name === name);
  if (found === undefined) {
    const similar = module.exports.find((entry) => plainName(entry.name) === plainName(name));
    const hint = similar === undefined ? "" : `; there is ${similar.name}`;
    refuse("missingExport", module.bytes.length, name + hint);
  }
  return found;
}

/** Without what languages add to names, and in one case. */
const plainName = (name: string): string => name.replaceAll("_", "").toLowerCase();

function checkImports(module: WasmModule): void {
  for (const entry of module.imports) {
    const path = `${entry.module}.${entry.name}`;
    if (entry.module !== "env") refuse("badImport", entry.offset, `${path}: only env is offered`);
    if (entry.kind === "memory") {
      if (entry.name !== "memory")
        refuse("badImport", entry.offset, `${path}: memory is env.memory`);
      continue;
    }
    if (entry.kind !== "function")
      refuse("badImport", entry.offset, `${path}: a ${entry.kind} cannot be imported`);
    const known = hostFunction(entry.name);
    const type = module.types[entry.typeIndex];
    if (known === undefined || type === undefined) continue;
    const signature = signatureOf(type);
    if (signature !== known.signature)
      refuse("badImport", entry.offset, `${path} is ${known.signature}, imported as ${signature}`);
  }
}

function checkMemory(module: WasmModule, parameters: PreparationParameters): void {
  const { memory } = module;
  if (memory === undefined) refuse("missingExport", module.bytes.length, "memory");
  if (memory.min > parameters.maxMemoryPages)
    refuse(
      "memoryTooLarge",
      0,
      `${memory.min} pages at least, ${parameters.maxMemoryPages} allowed`,
    );
  if (module.memoryImported) return;
  const entry = exported(module, "memory");
  if (entry.kind !== "memory") refuse("badExport", entry.offset, `memory is a ${entry.kind}`);
}

/** The host function of that name, if any validation host has it. */
export function hostFunction(name: string): HostFunction | undefined {
  return Object.hasOwn(HOST_FUNCTIONS, name) ? HOST_FUNCTIONS[name] : undefined;
}

const LETTERS: Readonly<Record<number, string>> = { [I32]: "i", [I64]: "L", [EMPTY]: "" };
const letter = (type: number): string => LETTERS[type] ?? typeName(type);

function signatureOf(type: FunctionType): string {
  return `${[...type.params].map(letter).join("")}>${letter(type.result)}`;
}

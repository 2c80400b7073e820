/**
 * One call of `validate_block` in a fresh instance. Reference: runtime-and-primitives.md 3.1.
 *
 * Nothing outlives the call. The guest can end it by a trap, by passing its logical stack limit, by
 * asking for too much memory, by running out of fuel where it is metered, or by an answer that is no
 * answer; each has its own code. What the machine cannot give (native stack, memory inside the limit) is our
 * fault and thrown as `HostError`.
 */

import { assert, err, HostError, ok, type Result } from "@parahost/base";
import { ValidationParams, ValidationResult } from "@parahost/primitives";
import { bytes, encode, option, tryDecode } from "@parahost/scale";
import { backtraceOf, type CodePosition } from "./backtrace.ts";
import { ABORT, abortTrap } from "./host/abort.ts";
import { ALLOCATION_MAX_BYTES, FreeingBumpAllocator } from "./host/allocator.ts";
import { GuestMemory } from "./host/guest-memory.ts";
import { GuestTrap, type GuestTrapCode, type SourceLocation } from "./host/guest-trap.ts";
import { HostContext } from "./host/host-context.ts";
import { ENTRY, HEAP_BASE, hostFunction, type PreparedPvf } from "./pvf.ts";
import { FUEL_EXPORT, MACHINE_REFUSED, STACK_EXPORT, STACK_OVERFLOWED } from "./wasm/instrument.ts";

/** Why a call of the guest gave no result. All are the guest's doing. */
export type GuestFault =
  /** More CPU time, or fuel, than allowed. */
  | { readonly code: "timeout" }
  | {
      readonly code: "trap";
      readonly cause: TrapCause;
      readonly message: string;
      readonly backtrace: readonly CodePosition[];
      /** Where the guest itself said that it was. */
      readonly location?: SourceLocation;
    }
  | { readonly code: "stackOverflow"; readonly backtrace: readonly CodePosition[] }
  | {
      readonly code: "outOfMemory";
      readonly message: string;
      readonly backtrace: readonly CodePosition[];
    }
  | { readonly code: "badReturn"; readonly message: string }
  | { readonly code: "paramsTooLarge"; readonly bytes: number };

export type TrapCause = Exclude<GuestTrapCode, "outOfMemory" | "outOfFuel"> | "wasm";

export interface GuestAnswer {
  readonly result: ValidationResult;
  /** Fuel that the call took; 0 where it is not metered. */
  readonly fuelUsed: bigint;
}

/** Largest fuel that can be given: the counter is a signed 64-bit number. */
const FUEL_MAX = 2n ** 62n;
const LOW_32 = 0xffff_ffffn;

/** Calls `validate_block`. `fuel` bounds metered code and is ignored for other. Throws `HostError`. */
export function validateBlock(
  pvf: PreparedPvf,
  params: ValidationParams,
  fuel: bigint = FUEL_MAX,
): Result<GuestAnswer, GuestFault> {
  const input = encode(ValidationParams, params);
  const called = callValidateBlock(pvf, input, fuel);
  if (!called.ok) return called;
  const result = tryDecode(ValidationResult, called.value.output);
  if (!result.ok) {
    const { code, message } = result.error;
    return err({ code: "badReturn", message: `${code}: ${message}` });
  }
  return ok({ result: result.value, fuelUsed: called.value.fuelUsed });
}

export interface RawAnswer {
  readonly output: Uint8Array;
  readonly fuelUsed: bigint;
}

/** As `validateBlock` with parameters and result as bytes. */
export const callValidateBlock = (
  pvf: PreparedPvf,
  input: Uint8Array,
  fuel: bigint = FUEL_MAX,
): Result<RawAnswer, GuestFault> => callGuest(pvf, { entry: ENTRY, input, fuel });

/** Answers a guest's questions; it may look at how much fuel is left, if the guest is metered. */
export type Oracle = (question: Uint8Array, fuelLeft: bigint) => Uint8Array | undefined;

export interface GuestCall {
  readonly entry: string;
  readonly input: Uint8Array;
  readonly fuel?: bigint;
  /**
   * Answers what the guest asks through `ext_misc_runtime_version`: a collator's way to hand a guest what it builds
   * a block from. A validator answers nothing.
   */
  readonly oracle?: Oracle;
}

/** Calls a function of the guest that takes and gives bytes, in a fresh instance. */
export function callGuest(
  pvf: PreparedPvf,
  { entry, input, fuel = FUEL_MAX, oracle }: GuestCall,
): Result<RawAnswer, GuestFault> {
  if (input.length > ALLOCATION_MAX_BYTES)
    return err({ code: "paramsTooLarge", bytes: input.length });
  const guest = instantiate(pvf, entry, fuel, oracle);
  try {
    const pointer = guest.host.give(input);
    const packed = BigInt.asUintN(64, guest.entry(pointer, input.length));
    const output = answerAt(guest.host, Number(packed & LOW_32), Number(packed >> 32n));
    if (!output.ok) return output;
    const fuelUsed = guest.fuel === undefined ? 0n : fuel - guest.fuel.value;
    return ok({ output: output.value, fuelUsed });
  } catch (error) {
    return err(faultOf(error, pvf, guest));
  }
}

function answerAt(
  host: HostContext,
  pointer: number,
  length: number,
): Result<Uint8Array, GuestFault> {
  if (pointer + length > host.memory.size)
    return err({
      code: "badReturn",
      message: `${length} bytes at ${pointer}, the memory has ${host.memory.size}`,
    });
  return ok(host.memory.view(pointer, length).slice());
}

interface Guest {
  readonly host: HostContext;
  readonly entry: (pointer: number, length: number) => bigint;
  readonly stack: WebAssembly.Global<"i32">;
  readonly fuel: WebAssembly.Global<"i64"> | undefined;
}

function instantiate(
  pvf: PreparedPvf,
  entryName: string,
  fuel: bigint,
  oracle: Oracle | undefined,
): Guest {
  let host: HostContext | undefined;
  const hostAtWork = (): HostContext => {
    assert(host !== undefined, "a guest without a start section runs before it is set up");
    return host;
  };
  const env: Record<string, WebAssembly.ImportValue> = Object.fromEntries(
    pvf.imports.map((name) => [name, importedFunction(name, hostAtWork)]),
  );
  if (oracle !== undefined && ORACLE in env) env[ORACLE] = askedThrough(oracle, hostAtWork);
  const { exports } = newInstance(pvf.module, env);
  const { memory } = exports;
  const heapBase = exports[HEAP_BASE];
  const entry = exports[entryName];
  const stack = exports[STACK_EXPORT];
  const fuelGlobal = exports[FUEL_EXPORT];
  assert(
    memory instanceof WebAssembly.Memory &&
      heapBase instanceof WebAssembly.Global &&
      stack instanceof WebAssembly.Global &&
      typeof entry === "function",
    "preparation has checked the exports",
  );
  const counter =
    fuelGlobal instanceof WebAssembly.Global
      ? (fuelGlobal as WebAssembly.Global<"i64">)
      : undefined;
  assert((counter !== undefined) === pvf.metered, "metered code exports its fuel");
  if (counter !== undefined) counter.value = fuel;
  const guestMemory = new GuestMemory(memory, pvf.maxMemoryPages);
  const allocator = new FreeingBumpAllocator(guestMemory, Number(heapBase.value) >>> 0);
  host = new HostContext(guestMemory, allocator, counter);
  return {
    host,
    entry: entry as Guest["entry"],
    stack: stack as WebAssembly.Global<"i32">,
    fuel: counter,
  };
}

/** The host function through which a guest may ask. */
const ORACLE = "ext_misc_runtime_version_version_1";

/** The oracle as that function: an option of bytes, encoded. */
const askedThrough =
  (oracle: Oracle, hostAtWork: () => HostContext): ((packed: bigint) => bigint) =>
  (packed) => {
    const host = hostAtWork();
    const answer = oracle(host.packed(packed), host.fuelLeft);
    return host.givePacked(encode(OracleAnswer, answer));
  };

const OracleAnswer = option(bytes());

/** What a guest gets under a name: the host function, or one that ends it. */
function importedFunction(
  name: string,
  hostAtWork: () => HostContext,
): (...args: number[]) => unknown {
  const known = hostFunction(name);
  if (known !== undefined) return (...args) => known.call(hostAtWork(), ...(args as never[]));
  if (name === ABORT)
    return (...args) => {
      throw abortTrap(hostAtWork().memory, args);
    };
  return () => {
    throw new GuestTrap("missingImport", `env.${name} does not exist here`);
  };
}

function newInstance(
  module: WebAssembly.Module,
  env: Record<string, WebAssembly.ImportValue>,
): WebAssembly.Instance {
  try {
    return new WebAssembly.Instance(module, { env });
  } catch (cause) {
    // Segments were checked against the sizes, so what is left is memory that the machine does not have.
    if (cause instanceof RangeError) throw new HostError("outOfHostMemory", { cause });
    throw cause;
  }
}

function faultOf(error: unknown, pvf: PreparedPvf, guest: Guest): GuestFault {
  if (error instanceof GuestTrap) {
    const backtrace = backtraceOf(error, pvf.positions);
    const message = withLastWords(error.message, guest.host);
    switch (error.code) {
      case "outOfFuel":
        return { code: "timeout" };
      case "outOfMemory":
        return { code: "outOfMemory", message, backtrace };
      default: {
        const { code: cause, location } = error;
        const trap = { code: "trap", cause, message, backtrace } as const;
        return location === undefined ? trap : { ...trap, location };
      }
    }
  }
  if (error instanceof WebAssembly.RuntimeError) {
    if (guest.stack.value === MACHINE_REFUSED)
      throw new HostError("outOfHostMemory", { cause: error });
    if (guest.fuel !== undefined && guest.fuel.value < 0n) return { code: "timeout" };
    const backtrace = backtraceOf(error, pvf.positions);
    if (guest.stack.value === STACK_OVERFLOWED) return { code: "stackOverflow", backtrace };
    const message = withLastWords(error.message, guest.host);
    return { code: "trap", cause: "wasm", message, backtrace };
  }
  if (error instanceof RangeError) {
    const isStack = error.message.includes("call stack");
    throw new HostError(isStack ? "nativeStackExhausted" : "outOfHostMemory", { cause: error });
  }
  throw error;
}

function withLastWords(message: string, host: HostContext): string {
  return host.lastSaid === undefined ? message : `${message} (guest: ${host.lastSaid})`;
}

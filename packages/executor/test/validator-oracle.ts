/**
 * Mutated modules before our validator, before wabt's and before V8. What we accept both of them accept; what we
 * refuse wabt, told of the same features, refuses as well, but for the few rules that are ours and where wabt is
 * lenient and V8 is not (it reads a data segment's flags of 4 as 0).
 */

import assert from "node:assert/strict";
import wabt from "wabt";
import { Chance, randomModule } from "../src/testing/random-module.ts";
import { BodyValidator } from "../src/wasm/function-body.ts";
import { PVF_WASM_LIMITS, parseModule, type WasmFeatures } from "../src/wasm/module.ts";
import { WasmError, type WasmRefusalCode } from "../src/wasm/refusal.ts";

type Wabt = Awaited<ReturnType<typeof wabt>>;

const WABT_FEATURES = {
  exceptions: false,
  mutable_globals: true,
  sat_float_to_int: false,
  sign_extension: true,
  simd: false,
  threads: false,
  function_references: false,
  multi_value: false,
  tail_call: false,
  reference_types: false,
  annotations: false,
  code_metadata: false,
  gc: false,
  memory64: false,
  extended_const: false,
  relaxed_simd: false,
} as const;

/**
 * Refusals that wabt need not share: segments that lie outside trap at instantiation, limits are the host's, and
 * wabt takes `ref.func` whatever it is told.
 */
const OURS_ALONE: readonly WasmRefusalCode[] = [
  "segmentOutOfRange",
  "limitExceeded",
  "featureNotAllowed",
];

export interface Agreement {
  readonly accepted: number;
  readonly refused: number;
}

const MUTANTS_PER_MODULE = 40;

export class ValidatorOracle {
  readonly #wabt: Wabt;

  private constructor(module: Wabt) {
    this.#wabt = module;
  }

  static async load(): Promise<ValidatorOracle> {
    return new ValidatorOracle(await wabt());
  }

  /** Compares the mutants of one random module; throws `AssertionError` when the validators disagree. */
  compareMutants(seed: number): Agreement {
    const bulkMemory = seed % 2 === 0;
    const whole = randomModule({ seed, seesFloatBits: true, bulkMemory });
    const chance = new Chance(7 * seed + 3);
    let accepted = 0;
    for (let mutant = 0; mutant < MUTANTS_PER_MODULE; mutant++) {
      const wasm = mutated(mutated(whole, chance), chance);
      const refusal = ourRefusal(wasm, { bulkMemory });
      const what = `mutant ${mutant} of module ${seed}: ${refusal ?? "accepted"}`;
      if (refusal === undefined) {
        accepted += 1;
        assert.equal(this.#refusal(wasm, bulkMemory), undefined, what);
        assert.ok(WebAssembly.validate(wasm), what);
      } else if (!OURS_ALONE.includes(refusal) && WebAssembly.validate(wasm)) {
        assert.notEqual(this.#refusal(wasm, bulkMemory), undefined, what);
      }
    }
    return { accepted, refused: MUTANTS_PER_MODULE - accepted };
  }

  #refusal(wasm: Uint8Array, bulkMemory: boolean): string | undefined {
    let module: ReturnType<Wabt["readWasm"]> | undefined;
    try {
      module = this.#wabt.readWasm(wasm, { ...WABT_FEATURES, bulk_memory: bulkMemory });
      module.validate();
      return undefined;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return error.message;
    } finally {
      module?.destroy();
    }
  }
}

function ourRefusal(wasm: Uint8Array, features: WasmFeatures): WasmRefusalCode | undefined {
  const parsed = parseModule(wasm, features, PVF_WASM_LIMITS);
  if (!parsed.ok) return parsed.error.code;
  const validator = new BodyValidator(parsed.value, features, PVF_WASM_LIMITS);
  try {
    for (const index of parsed.value.bodies.keys()) validator.check(index);
    return undefined;
  } catch (error) {
    if (error instanceof WasmError) return error.refusal.code;
    throw error;
  }
}

/** One byte changed, left out, put in or copied from elsewhere; sometimes none. */
function mutated(wasm: Uint8Array, chance: Chance): Uint8Array<ArrayBuffer> {
  const at = 8 + chance.below(wasm.length - 8);
  const byte = wasm[at] as number;
  switch (chance.below(7)) {
    case 0:
      return Uint8Array.from(wasm.with(at, chance.below(256)));
    case 1:
      return Uint8Array.from(wasm.with(at, byte ^ (1 << chance.below(8))));
    case 2:
      return Uint8Array.from([...wasm.subarray(0, at), ...wasm.subarray(at + 1)]);
    case 3:
      return Uint8Array.from([...wasm.subarray(0, at), chance.below(256), ...wasm.subarray(at)]);
    case 4:
      return Uint8Array.from(wasm.with(at, chance.below(64)));
    case 5:
      return Uint8Array.from(wasm.with(at, wasm[8 + chance.below(wasm.length - 8)] as number));
    default:
      return Uint8Array.from(wasm);
  }
}

/**
 * What both executors do with code and jobs once they are where these run: prepared code is kept by hash and
 * parameters, blobs are opened, `validate_block` is called.
 */

import { err, HostError, ok, type Result } from "@parahost/base";
import {
  type Hash,
  POV_BOMB_LIMIT_BYTES,
  POV_SIZE_MAX_BYTES,
  type ValidationCodeHash,
  ValidationParams,
  validationCodeHash,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { decompressBlob } from "./blob.ts";
import type { PreparationParameters } from "./engine-parameters.ts";
import type { InternalReason, InvalidReason, PreparationRefusal } from "./executor.ts";
import { PreparedCodes } from "./prepared-codes.ts";
import { type PreparedPvf, preparePvf } from "./pvf.ts";
import { callValidateBlock, type RawAnswer } from "./validate-block.ts";

/** Calls guests somewhere: here, or on a thread with a deeper stack. */
export type CallGuest = typeof callValidateBlock;

export interface PreparationKey {
  readonly codeHash: ValidationCodeHash;
  /** `preparationHash` of the executor parameters. */
  readonly preparation: Hash;
}

export class Engine {
  readonly #metered: boolean;
  readonly #prepared = new PreparedCodes();

  /** `metered`: code counts its instructions, for executions that fuel bounds. */
  constructor(metered: boolean) {
    this.#metered = metered;
  }

  find({ codeHash, preparation }: PreparationKey): PreparedPvf | undefined {
    return this.#prepared.get(codeHash + preparation);
  }

  /** Prepares code and keeps it, under its own hash whatever the caller believes it to be. */
  prepare(
    code: Uint8Array,
    preparation: Hash,
    parameters: PreparationParameters,
    codeLimitBytes: number,
  ): Result<PreparedPvf, PreparationRefusal> {
    const wasm = decompressBlob(code, "code", codeLimitBytes);
    if (!wasm.ok) return err({ code: "decompression", cause: wasm.error });
    const prepared = preparePvf(wasm.value, parameters, { metered: this.#metered });
    if (!prepared.ok) return err({ code: "wasm", refusal: prepared.error });
    this.#prepared.set(validationCodeHash(code) + preparation, prepared.value);
    return ok(prepared.value);
  }

  /** Calls `validate_block` with the block data opened. */
  execute(
    pvf: PreparedPvf,
    params: ValidationParams,
    fuel: bigint | undefined,
    call: CallGuest = callValidateBlock,
  ): Result<RawAnswer, InvalidReason> {
    const tooLarge = oversizedBlockData(params);
    if (tooLarge !== undefined) return err(tooLarge);
    const blockData = decompressBlob(params.blockData, "pov", POV_BOMB_LIMIT_BYTES);
    if (!blockData.ok) return err({ code: "povDecompression", cause: blockData.error });
    return call(pvf, encode(ValidationParams, { ...params, blockData: blockData.value }), fuel);
  }
}

/** Block data above what a PoV may have as it travels is looked at no further. */
export function oversizedBlockData({ blockData }: ValidationParams): InvalidReason | undefined {
  if (blockData.length <= POV_SIZE_MAX_BYTES) return undefined;
  return { code: "paramsTooLarge", bytes: blockData.length };
}

/** The value of `attempt`, or the internal reason that a `HostError` of the engine stands for. */
export function hostErrorAsReason<T>(attempt: () => T): T | { readonly internal: InternalReason } {
  try {
    return attempt();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    if (error.code === "outOfHostMemory" || error.code === "nativeStackExhausted")
      return { internal: { code: error.code } };
    throw error;
  }
}

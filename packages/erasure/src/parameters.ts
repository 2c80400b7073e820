/**
 * How a payload is cut for a number of validators.
 *
 * Any third of the validators must be able to restore what all of them hold, so the recovery
 * threshold is one above the number of tolerated faults. The code itself works on powers of two:
 * `k` data symbols a codeword, the power of two at or below the threshold.
 *
 * Reference: runtime and primitives, 2.2.
 */
import { err, ok, type Result } from "@parahost/base";

export const VALIDATORS_MIN = 2;
/** The field has that many points. */
export const VALIDATORS_MAX = 65_536;

export interface ErasureParameters {
  /** Number of chunks: one for each validator. */
  readonly n: number;
  /** Data symbols in a codeword, a power of two: chunks `0..k-1` are the payload itself. */
  readonly k: number;
  /** Evaluation points of the code: the power of two at or above `n`. */
  readonly codeLength: number;
  /** Chunks the protocol asks for before it recovers: `f + 1`, at least `k`. */
  readonly recoveryThreshold: number;
}

export type ParametersError =
  | { readonly code: "tooFewValidators"; readonly n: number }
  | { readonly code: "tooManyValidators"; readonly n: number };

/** The parameters for `n` validators, 2 to 65,536. One validator has nobody to share with. */
export function erasureParameters(n: number): Result<ErasureParameters, ParametersError> {
  if (!(n >= VALIDATORS_MIN)) return err({ code: "tooFewValidators", n });
  if (n > VALIDATORS_MAX) return err({ code: "tooManyValidators", n });
  const recoveryThreshold = Math.floor((n - 1) / 3) + 1;
  return ok({
    n,
    k: 1 << (31 - Math.clz32(recoveryThreshold)),
    codeLength: 1 << (32 - Math.clz32(n - 1)),
    recoveryThreshold,
  });
}

/** Chunks that suffice whichever they are. */
export function recoveryThreshold(n: number): Result<number, ParametersError> {
  const parameters = erasureParameters(n);
  return parameters.ok ? ok(parameters.value.recoveryThreshold) : parameters;
}

/** Chunks that suffice when they are the first ones: no arithmetic is needed then. */
export function systematicThreshold(n: number): Result<number, ParametersError> {
  const parameters = erasureParameters(n);
  return parameters.ok ? ok(parameters.value.k) : parameters;
}

/** Length in bytes of every chunk of a payload of `dataLength` bytes, always even. */
export function chunkLength(parameters: ErasureParameters, dataLength: number): number {
  return 2 * Math.ceil(Math.ceil(dataLength / 2) / parameters.k);
}

/**
 * Chunks of a payload and the payload of chunks: what the availability subsystems call.
 *
 * Reference: runtime and primitives, 2.3 and 2.4. What comes back from either recovery is only as
 * good as the chunks: whoever recovers encodes again and compares the erasure root.
 */
import { err, ok, type Result } from "@parahost/base";
import type { ErasureKernel, IndexedChunk } from "./kernel.ts";
import { type ErasureParameters, erasureParameters, type ParametersError } from "./parameters.ts";
import { wasmKernel } from "./wasm-kernel.ts";

export type EncodeError = ParametersError | { readonly code: "emptyData" };

export type ErasureError =
  | ParametersError
  | { readonly code: "noChunks" }
  | { readonly code: "tooFewChunks"; readonly have: number; readonly need: number }
  | { readonly code: "indexOutOfRange"; readonly index: number; readonly n: number }
  | { readonly code: "duplicateIndex"; readonly index: number }
  | { readonly code: "unequalLengths"; readonly lengths: readonly [number, number] }
  | { readonly code: "oddLength"; readonly length: number }
  | { readonly code: "emptyChunks" };

/**
 * The `n` chunks of `data`, all of one even length. They are views of one memory of about three to
 * six times the payload: `slice()` a chunk that is to be kept alone.
 */
export function obtainChunks(
  n: number,
  data: Uint8Array,
  kernel: ErasureKernel = wasmKernel,
): Result<Uint8Array[], EncodeError> {
  const parameters = erasureParameters(n);
  if (!parameters.ok) return parameters;
  if (data.length === 0) return err({ code: "emptyData" });
  return ok(kernel.encode(parameters.value, data));
}

/**
 * The payload followed by up to one codeword of zero padding (its own encoding says where it
 * ends), from any `systematicThreshold(n)` or more distinct chunks. Surplus chunks are checked for
 * shape and otherwise ignored: those with the lowest indices are used.
 */
export function reconstruct(
  n: number,
  chunks: readonly IndexedChunk[],
  kernel: ErasureKernel = wasmKernel,
): Result<Uint8Array, ErasureError> {
  const parameters = erasureParameters(n);
  if (!parameters.ok) return parameters;
  const usable = checkedChunks(parameters.value, chunks);
  if (!usable.ok) return usable;
  return ok(kernel.reconstruct(parameters.value, usable.value));
}

/** The same from the first `systematicThreshold(n)` chunks in order; more are ignored. */
export function reconstructFromSystematic(
  n: number,
  chunks: readonly Uint8Array[],
  kernel: ErasureKernel = wasmKernel,
): Result<Uint8Array, ErasureError> {
  const parameters = erasureParameters(n);
  if (!parameters.ok) return parameters;
  return reconstruct(
    n,
    chunks.slice(0, parameters.value.k).map((bytes, index) => [index, bytes] as const),
    kernel,
  );
}

/** The `k` chunks of lowest index, ascending, once all of them have a sound shape. */
function checkedChunks(
  { n, k }: ErasureParameters,
  chunks: readonly IndexedChunk[],
): Result<IndexedChunk[], ErasureError> {
  const first = chunks[0];
  if (first === undefined) return err({ code: "noChunks" });
  const length = first[1].length;
  const seen = new Set<number>();
  for (const [index, bytes] of chunks) {
    if (!Number.isInteger(index) || index < 0 || index >= n)
      return err({ code: "indexOutOfRange", index, n });
    if (seen.has(index)) return err({ code: "duplicateIndex", index });
    seen.add(index);
    if (bytes.length !== length)
      return err({ code: "unequalLengths", lengths: [length, bytes.length] });
  }
  if (length === 0) return err({ code: "emptyChunks" });
  if (length % 2 !== 0) return err({ code: "oddLength", length });
  if (chunks.length < k) return err({ code: "tooFewChunks", have: chunks.length, need: k });
  return ok(chunks.toSorted((a, b) => a[0] - b[0]).slice(0, k));
}

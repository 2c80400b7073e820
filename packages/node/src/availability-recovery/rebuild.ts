/**
 * From chunks to data. What was recovered is encoded again and its root compared: only that makes
 * everybody who recovers the candidate see the same, whichever chunks they got. Reference: node 5.14.
 */
import { err, expectOk, ok, type Result } from "@parahost/base";
import type { ErasureCoder, IndexedChunk } from "@parahost/erasure";
import { AvailableData, type Hash } from "@parahost/primitives";
import { DecodeError, encode, Reader } from "@parahost/scale";
import type { RecoveryError } from "./messages.ts";

/** Whether the data is what the candidate's erasure root commits to, for `validatorCount` validators. */
export async function hasErasureRoot(
  coder: ErasureCoder,
  data: AvailableData,
  validatorCount: number,
  root: Hash,
): Promise<boolean> {
  const computed = await coder.root(validatorCount, encode(AvailableData, data));
  return expectOk(computed, "a session has enough validators") === root;
}

/** `chunks` are enough, distinct, and proven to lie under the root. */
export async function rebuild(
  coder: ErasureCoder,
  chunks: readonly IndexedChunk[],
  validatorCount: number,
  root: Hash,
): Promise<Result<AvailableData, RecoveryError>> {
  // The root may commit to anything, chunks of different lengths included.
  const bytes = await coder.reconstruct(validatorCount, chunks);
  const data = bytes.ok ? decodePadded(bytes.value) : undefined;
  if (data === undefined || !(await hasErasureRoot(coder, data, validatorCount, root)))
    return err({ code: "invalid" });
  return ok(data);
}

/** The code pads with zeros; encoding again shows whether that is all there was. */
function decodePadded(bytes: Uint8Array): AvailableData | undefined {
  try {
    return AvailableData.read(new Reader(bytes));
  } catch (failure) {
    if (failure instanceof DecodeError) return undefined;
    throw failure;
  }
}

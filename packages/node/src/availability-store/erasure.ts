/** Available data as erasure chunks in the order of validators. Reference: runtime and primitives, 2. */
import { err, expectOk, ok, type Result } from "@parahost/base";
import { chunkIndexFor, type ErasureCoder } from "@parahost/erasure";
import {
  AvailableData,
  type CoreIndex,
  type ErasureChunk,
  type Hash,
  isFeatureOn,
  type NodeFeatures,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import type { StoreAvailableDataError } from "./messages.ts";

export interface EncodedData {
  readonly data: Uint8Array;
  /** The chunk of validator i at place i. */
  readonly chunks: readonly ErasureChunk[];
}

/** Encodes for `validatorCount` validators, two at least, and compares the root. */
export async function encodeAvailableData(
  coder: ErasureCoder,
  availableData: AvailableData,
  validatorCount: number,
  coreIndex: CoreIndex,
  nodeFeatures: NodeFeatures,
  expected: Hash,
): Promise<Result<EncodedData, StoreAvailableDataError>> {
  const data = encode(AvailableData, availableData);
  const coded = await coder.encode(validatorCount, data);
  const { chunks: pieces, commitment } = expectOk(coded, "a session has enough validators");
  if (commitment.root !== expected)
    return err({ code: "invalidErasureRoot", expected, computed: commitment.root as Hash });
  const isMapped = isFeatureOn(nodeFeatures, "availabilityChunkMapping");
  const chunks = pieces.map((_, validator) => {
    const mapped = chunkIndexFor(validator, coreIndex, validatorCount, isMapped);
    const index = expectOk(mapped, "a session has enough validators");
    return { chunk: pieces[index] as Uint8Array, index, proof: commitment.proof(index) };
  });
  return ok({ data, chunks });
}

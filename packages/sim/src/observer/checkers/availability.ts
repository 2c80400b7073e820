/**
 * What is included can be rebuilt: whoever said to have its chunk has it, every chunk is proven against
 * the erasure root, and chunks alone give the data that the descriptor names.
 */
import { equalBytes } from "@parahost/base";
import { branches, obtainChunks, reconstruct, verifyChunkProof } from "@parahost/erasure";
import {
  AvailableData,
  type ErasureChunk,
  persistedValidationDataHash,
  povHash,
  recoveryThreshold,
  type ValidatorIndex,
} from "@parahost/primitives";
import { DecodeError, encode, Reader } from "@parahost/scale";
import type { PendingCandidate } from "../fork.ts";
import { type Problem, problem } from "../violation.ts";

/** A validator that the observer can look into. */
export interface ChunkHolder {
  readonly name: string;
  readonly validator: ValidatorIndex;
  /** What it keeps for the candidate as its own chunk. */
  readonly chunk: ErasureChunk | undefined;
}

export interface AvailabilityCheck {
  readonly problems: readonly Problem[];
  /** Chunks that were found and are right. */
  readonly chunks: number;
  /** What they were rebuilt to; `undefined` when that failed. */
  readonly data: AvailableData | undefined;
  /** Why the candidate is invalid, judged by its data alone; empty when it may be valid. */
  readonly faults: readonly string[];
}

export function checkAvailability(
  { hash, receipt, voters }: PendingCandidate,
  validatorCount: number,
  holders: readonly ChunkHolder[],
): AvailabilityCheck {
  const { descriptor } = receipt;
  const problems: Problem[] = [];
  const bad = (text: string): void => void problems.push(problem("S3", `${hash} ${text}`));
  const chunks = new Map<number, Uint8Array>();
  for (const { name, validator, chunk } of holders) {
    if (chunk === undefined) {
      if (voters.has(validator)) bad(`has the vote of ${name}, who has no chunk`);
      continue;
    }
    const { index, chunk: bytes, proof } = chunk;
    if (!verifyChunkProof(descriptor.erasureRoot, index, bytes, proof).ok)
      bad(`has a chunk at ${name} that is not of its erasure root`);
    else if (chunks.has(index)) bad(`has chunk ${index} twice, once at ${name}`);
    else chunks.set(index, bytes);
  }
  const found = { problems, chunks: chunks.size, data: undefined, faults: [] };
  const needed = recoveryThreshold(validatorCount);
  if (chunks.size < needed) {
    bad(`is included with ${chunks.size} chunks of ${needed} that rebuild it`);
    return found;
  }
  const rebuilt = reconstruct(validatorCount, [...chunks]);
  const data = rebuilt.ok ? readPadded(rebuilt.value) : undefined;
  // The chunks are proven to be what the candidate stands for: if that is nothing, the candidate is to blame.
  if (data === undefined)
    return { ...found, faults: [`${hash} cannot be rebuilt from its chunks`] };
  const faults: string[] = [];
  const again = obtainChunks(validatorCount, encode(AvailableData, data));
  if (!again.ok || branches(again.value).root !== descriptor.erasureRoot)
    faults.push(`${hash} has another erasure root than its data`);
  if (povHash(data.pov) !== descriptor.povHash)
    faults.push(`${hash} has another PoV than its descriptor names`);
  if (persistedValidationDataHash(data.validationData) !== descriptor.persistedValidationDataHash)
    faults.push(`${hash} has other validation data than its descriptor names`);
  return { problems, chunks: chunks.size, data, faults };
}

/** The data at the beginning of what was rebuilt; the rest is the coder's padding. */
function readPadded(bytes: Uint8Array): AvailableData | undefined {
  const reader = new Reader(bytes);
  try {
    const data = AvailableData.read(reader);
    const padding = bytes.subarray(reader.offset);
    return equalBytes(padding, new Uint8Array(padding.length)) ? data : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

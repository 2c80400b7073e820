/**
 * The port through which nodes code payloads: a few megabytes for a thousand validators take longer than an event
 * loop may stand still, so a process may have it done elsewhere. Performance budget, 5.
 */
import { type Hex, ok, type Result } from "@parahost/base";
import { type EncodeError, type ErasureError, obtainChunks, reconstruct } from "./chunks.ts";
import { branches, type Commitment } from "./commitment.ts";
import type { IndexedChunk } from "./kernel.ts";

export interface CodedPayload {
  /** As of `obtainChunks`. */
  readonly chunks: readonly Uint8Array[];
  readonly commitment: Commitment;
}

/** Nobody writes into what it was given before the answer is there. */
export interface ErasureCoder {
  /** The chunks of `data` for `n` validators, and what commits to them. */
  encode(n: number, data: Uint8Array): Promise<Result<CodedPayload, EncodeError>>;
  /** The erasure root alone. */
  root(n: number, data: Uint8Array): Promise<Result<Hex, EncodeError>>;
  /** As `reconstruct`. */
  reconstruct(
    n: number,
    chunks: readonly IndexedChunk[],
  ): Promise<Result<Uint8Array, ErasureError>>;
}

/** Where it is called, and with an answer that is there at once: for the simulator. */
export const directCoder: ErasureCoder = {
  encode: async (n, data) => {
    const chunks = obtainChunks(n, data);
    return chunks.ok ? ok({ chunks: chunks.value, commitment: branches(chunks.value) }) : chunks;
  },
  root: async (n, data) => {
    const chunks = obtainChunks(n, data);
    return chunks.ok ? ok(branches(chunks.value).root) : chunks;
  },
  reconstruct: async (n, chunks) => reconstruct(n, chunks),
};

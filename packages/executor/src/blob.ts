/**
 * Code and PoVs as they travel: either bare, or an 8-byte prefix and one zstd frame. Hashes are over the form
 * that travels. Decompression stops at the limit and never holds more than that.
 *
 * Reference: runtime-and-primitives.md 3.5; fault catalogue 11.7.
 */

import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { concatBytes, err, ok, type Result } from "@parahost/base";
import { inspectZstdFrame, type ZstdFrameError } from "./zstd-frame.ts";

export type BlobKind = "code" | "pov";

/** Why a blob cannot be read. */
export type BlobError =
  /** The prefix announces a kind of blob that does not belong here. */
  | { readonly code: "decompressionBadPrefix"; readonly type: number }
  | { readonly code: "decompressionBadFrame"; readonly cause: ZstdFrameError }
  /** The decoder found the frame's content wrong. */
  | { readonly code: "decompressionFailed"; readonly message: string }
  /** More than `limit` bytes would come out, or there are more without compression. */
  | { readonly code: "decompressionBomb"; readonly limit: number };

/** First seven bytes of every prefix; the eighth says what follows. */
const PREFIX = new Uint8Array([0x52, 0xbc, 0x53, 0x76, 0x46, 0xdb, 0x8e]);
const PREFIX_BYTES = 8;
/** The first type was used for code and PoVs alike; later ones name one kind. */
const UNTYPED = 0x05;
const TYPES: Readonly<Record<BlobKind, number>> = { pov: 0x06, code: 0x07 };

/** Level of the encoder: PoVs are compressed once per block, on the collator's critical path. */
const COMPRESSION_LEVEL = 3;

/** The bytes that a blob stands for, `limit` of them at most. Without a prefix they are the blob itself. */
export function decompressBlob(
  blob: Uint8Array,
  kind: BlobKind,
  limit: number,
): Result<Uint8Array, BlobError> {
  const type = prefixType(blob);
  if (type === undefined)
    return blob.length > limit ? err({ code: "decompressionBomb", limit }) : ok(blob);
  if (type !== UNTYPED && type !== TYPES[kind])
    return err({ code: "decompressionBadPrefix", type });
  const frame = inspectZstdFrame(blob, PREFIX_BYTES);
  if (!frame.ok) return err({ code: "decompressionBadFrame", cause: frame.error });
  const { contentSize } = frame.value;
  if (contentSize !== undefined && contentSize > BigInt(limit))
    return err({ code: "decompressionBomb", limit });
  return decompress(blob.subarray(PREFIX_BYTES), limit, Number(contentSize ?? BigInt(limit)));
}

/** Type byte of the prefix, or `undefined` when the blob has none. */
function prefixType(blob: Uint8Array): number | undefined {
  if (blob.length < PREFIX_BYTES) return undefined;
  for (let at = 0; at < PREFIX.length; at++) if (blob[at] !== PREFIX[at]) return undefined;
  return blob[PREFIX.length];
}

/** `expected` bytes come out, or at most so many where the frame does not say. */
function decompress(
  frame: Uint8Array,
  limit: number,
  expected: number,
): Result<Uint8Array, BlobError> {
  try {
    // One chunk that holds everything: nothing is gathered and copied, and pages that stay unused cost nothing.
    const out = zstdDecompressSync(frame, {
      maxOutputLength: Math.max(limit, 1),
      chunkSize: Math.max(expected + 1, 64),
    });
    if (out.length > limit) return err({ code: "decompressionBomb", limit });
    // A short result must not keep a large chunk alive.
    if (out.length < out.buffer.byteLength / 2) return ok(new Uint8Array(out));
    return ok(new Uint8Array(out.buffer, out.byteOffset, out.length));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      return err({ code: "decompressionBomb", limit });
    return err({ code: "decompressionFailed", message: error.message });
  }
}

/** The travelling form of a blob: compressed where that makes it shorter. */
export function compressBlob(bytes: Uint8Array): Uint8Array {
  const frame = zstdCompressSync(bytes, {
    params: { [constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL },
  });
  const blob = concatBytes(PREFIX, new Uint8Array([UNTYPED]), frame);
  // Bare bytes that look like a prefix would be read as one.
  return blob.length < bytes.length || prefixType(bytes) !== undefined ? blob : bytes;
}

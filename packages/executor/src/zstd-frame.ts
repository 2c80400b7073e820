/**
 * Looks at a zstd frame without decompressing it: what the header promises and where the frame ends. Only one
 * plain frame is accepted where we expect one, so that two decoders with different manners about skippable
 * frames, dictionaries or what follows the frame cannot disagree.
 *
 * Format: RFC 8878, sections 3.1.1 and 3.1.2.
 */

import { err, ok, type Result } from "@parahost/base";

export interface ZstdFrame {
  /** Bytes after decompression, if the header says. */
  readonly contentSize: bigint | undefined;
  /** Bytes that the decoder must be able to look back. */
  readonly windowSize: number;
}

export type ZstdFrameError =
  | { readonly code: "notZstd"; readonly offset: number }
  | { readonly code: "skippableFrame" }
  | { readonly code: "truncated"; readonly offset: number }
  | { readonly code: "reservedBit"; readonly offset: number }
  | { readonly code: "dictionary"; readonly id: number }
  | { readonly code: "windowTooLarge"; readonly bytes: number }
  | { readonly code: "trailingBytes"; readonly offset: number };

const MAGIC = 0xfd2f_b528;
const SKIPPABLE_MAGIC = 0x184d_2a50;
/** What decoders accept unless told otherwise: 128 MiB. */
export const WINDOW_MAX_BYTES: number = 2 ** 27;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;

/** The only frame of `bytes`, from `start` to their end. */
export function inspectZstdFrame(
  bytes: Uint8Array,
  start: number,
): Result<ZstdFrame, ZstdFrameError> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const truncated = err({ code: "truncated", offset: bytes.length });
  if (bytes.length - start < 5) return truncated;
  const magic = view.getUint32(start, true);
  if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE_MAGIC) return err({ code: "skippableFrame" });
  if (magic !== MAGIC) return err({ code: "notZstd", offset: start });

  let at = start + 4;
  const descriptor = view.getUint8(at++);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  if ((descriptor & 0x08) !== 0) return err({ code: "reservedBit", offset: at - 1 });
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag;
  const headerEnd = at + (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
  if (headerEnd > bytes.length) return truncated;

  let windowSize = 0;
  if (!isSingleSegment) {
    const byte = view.getUint8(at++);
    const base = 2 ** (10 + (byte >> 3));
    windowSize = base + (base / 8) * (byte & 7);
  }
  const dictionary = littleEndian(bytes, at, dictionaryBytes);
  at += dictionaryBytes;
  if (dictionary !== 0n) return err({ code: "dictionary", id: Number(dictionary) });
  let contentSize: bigint | undefined;
  if (sizeBytes > 0)
    contentSize = littleEndian(bytes, at, sizeBytes) + (sizeBytes === 2 ? 256n : 0n);
  at += sizeBytes;
  if (isSingleSegment) windowSize = Number(contentSize ?? 0n);
  // A single segment is decoded into the output itself, which its own limit bounds.
  else if (windowSize > WINDOW_MAX_BYTES) return err({ code: "windowTooLarge", bytes: windowSize });

  for (let isLast = false; !isLast; ) {
    if (at + 3 > bytes.length) return truncated;
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    isLast = (header & 1) === 1;
    const type = (header >> 1) & 3;
    if (type === BLOCK_RESERVED) return err({ code: "reservedBit", offset: at });
    at += 3 + (type === BLOCK_RLE ? 1 : header >>> 3);
  }
  if (hasChecksum) at += 4;
  if (at > bytes.length) return truncated;
  if (at < bytes.length) return err({ code: "trailingBytes", offset: at });
  return ok({ contentSize, windowSize });
}

function littleEndian(bytes: Uint8Array, at: number, length: number): bigint {
  let value = 0n;
  for (let index = length - 1; index >= 0; index--)
    value = (value << 8n) | BigInt(bytes[at + index] as number);
  return value;
}

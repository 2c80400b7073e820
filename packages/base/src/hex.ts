/**
 * Hexadecimal text. Identities (hashes, public keys, account ids, storage keys) travel as lower-case
 * `0x` strings, since they are compared, printed and used as map keys far more often than hashed;
 * everything else (signatures, proofs, payloads) stays `Uint8Array`.
 */
export type Hex = `0x${string}`;

const DIGITS = "0123456789abcdef";
const PAIRS: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => DIGITS.charAt(byte >> 4) + DIGITS.charAt(byte & 15),
);
/** Value of a character code as a hex digit, 255 when it is none. */
const VALUES = new Uint8Array(128).fill(255);
for (let digit = 0; digit < 16; digit++) {
  VALUES[DIGITS.charCodeAt(digit)] = digit;
  VALUES[DIGITS.toUpperCase().charCodeAt(digit)] = digit;
}

interface HexSlicer {
  toString(encoding: "hex"): string;
}
interface BufferLike {
  from(buffer: ArrayBufferLike, offset: number, length: number): HexSlicer;
}
/** Present in Node; several times faster than text built in JavaScript, which other engines get. */
const nodeBuffer = (globalThis as { readonly Buffer?: BufferLike }).Buffer;

export function bytesToHex(bytes: Uint8Array): Hex {
  if (nodeBuffer !== undefined)
    return `0x${nodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")}`;
  return bytesToHexPortable(bytes);
}

export function bytesToHexPortable(bytes: Uint8Array): Hex {
  let text = "";
  for (const byte of bytes) text += PAIRS[byte];
  return `0x${text}`;
}

/** Bytes of hex text that we made or checked ourselves; text from outside goes through `isHex` first. */
export function hexToBytes(text: string): Uint8Array {
  const start = text.startsWith("0x") ? 2 : 0;
  if ((text.length - start) % 2 !== 0)
    throw new RangeError(`odd number of hex digits: ${text.length - start}`);
  const bytes = new Uint8Array((text.length - start) >> 1);
  for (let i = 0, at = start; i < bytes.length; i++, at += 2) {
    const high = VALUES[text.charCodeAt(at)] ?? 255;
    const low = VALUES[text.charCodeAt(at + 1)] ?? 255;
    if (high === 255 || low === 255) throw new RangeError(`not a hex digit at ${at}`);
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

/** True for `0x` followed by an even number of hex digits, `byteLength` bytes of them if given. */
export function isHex(text: string, byteLength?: number): text is Hex {
  if (!text.startsWith("0x") || text.length % 2 !== 0) return false;
  if (byteLength !== undefined && text.length !== 2 + 2 * byteLength) return false;
  for (let at = 2; at < text.length; at++)
    if ((VALUES[text.charCodeAt(at)] ?? 255) === 255) return false;
  return true;
}

/**
 * Hexadecimal text. Identities (hashes, public keys, account ids, storage keys) travel as lower-case
 * `0x` strings, since they are compared, printed and used as map keys far more often than hashed;
 * everything else (signatures, proofs, payloads) stays `Uint8Array`.
 *
 * A block brings a thousand of them, so both directions go through tables of digit pairs and a
 * scratch buffer, which is several times faster than text built or read character by character.
 */
export type Hex = `0x${string}`;

const DIGITS = "0123456789abcdef";

/** Longest byte string that is converted in the scratch buffer. */
const SCRATCH_BYTES = 256;
/** Room for `0x` and the digits, seen as characters and as pairs of them. */
const characters = new Uint8Array(2 + 2 * SCRATCH_BYTES);
const pairs = new Uint16Array(characters.buffer);

/** Two characters as one number, in this machine's byte order. */
function pairOf(high: number, low: number): number {
  characters[0] = high;
  characters[1] = low;
  return pairs[0] as number;
}

const PREFIX = pairOf("0".charCodeAt(0), "x".charCodeAt(0));
const NO_DIGITS = 0x100;
/** Digit pair of each byte. */
const PAIR_OF_BYTE = new Uint16Array(256);
/** Byte of each digit pair in either case, `NO_DIGITS` for every other pair. */
const BYTE_OF_PAIR = new Uint16Array(0x1_0000).fill(NO_DIGITS);
/** Digits of each byte as text. */
const TEXT_OF_BYTE: string[] = [];
for (let byte = 0; byte < 256; byte++) {
  const [high, low] = [DIGITS.charAt(byte >> 4), DIGITS.charAt(byte & 15)];
  TEXT_OF_BYTE.push(high + low);
  PAIR_OF_BYTE[byte] = pairOf(high.charCodeAt(0), low.charCodeAt(0));
  for (const h of [high, high.toUpperCase()])
    for (const l of [low, low.toUpperCase()])
      BYTE_OF_PAIR[pairOf(h.charCodeAt(0), l.charCodeAt(0))] = byte;
}

interface TextView {
  toString(encoding: "hex"): string;
  latin1Slice(start: number, end: number): string;
}
interface BufferLike {
  from(buffer: ArrayBufferLike, offset: number, length: number): TextView;
}
/** Present in Node; other engines build the text in JavaScript. */
const nodeBuffer = (globalThis as unknown as { readonly Buffer?: BufferLike }).Buffer;
const scratchText = nodeBuffer?.from(characters.buffer, 0, characters.length);

export function bytesToHex(bytes: Uint8Array): Hex {
  return hexOfRange(bytes, 0, bytes.length);
}

/** The bytes from `start` up to `end`, without making a view of them first. */
export function hexOfRange(bytes: Uint8Array, start: number, end: number): Hex {
  const length = end - start;
  if (nodeBuffer === undefined || scratchText === undefined)
    return bytesToHexPortable(bytes.subarray(start, end));
  if (length > SCRATCH_BYTES)
    return `0x${nodeBuffer.from(bytes.buffer, bytes.byteOffset + start, length).toString("hex")}`;
  pairs[0] = PREFIX;
  for (let i = 0; i < length; i++)
    pairs[i + 1] = PAIR_OF_BYTE[bytes[start + i] as number] as number;
  return scratchText.latin1Slice(0, 2 + 2 * length) as Hex;
}

/** As `bytesToHex`, for engines without Node's `Buffer`. */
export function bytesToHexPortable(bytes: Uint8Array): Hex {
  let text = "";
  for (const byte of bytes) text += TEXT_OF_BYTE[byte];
  return `0x${text}`;
}

/**
 * Bytes of hex text, with or without `0x`, that we made or checked ourselves; text from outside goes
 * through `isHex` first. Throws `RangeError` for anything that is not pairs of digits.
 */
export function hexToBytes(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length - (text.startsWith("0x") ? 2 : 0)) >> 1);
  hexInto(text, bytes, 0);
  return bytes;
}

const encoder = new TextEncoder();

/** Writes the bytes of hex text into `target` from `at` on and returns how many they are. */
export function hexInto(text: string, target: Uint8Array, at: number): number {
  const start = text.startsWith("0x") ? 1 : 0;
  if (text.length % 2 !== 0)
    throw new RangeError(`odd number of hex digits: ${text.length - 2 * start}`);
  const isShort = text.length <= characters.length;
  const from = isShort ? characters : new Uint8Array(text.length);
  const digits = isShort ? pairs : new Uint16Array(from.buffer);
  const length = (text.length >> 1) - start;
  // Anything but ASCII takes more than one byte a character, so that it is not all written.
  let wrong = encoder.encodeInto(text, from).written === text.length ? 0 : NO_DIGITS;
  for (let i = 0; i < length; i++) {
    const byte = BYTE_OF_PAIR[digits[i + start] as number] as number;
    wrong |= byte;
    target[at + i] = byte;
  }
  if (wrong >= NO_DIGITS) throw new RangeError(`not hex digits: ${text.slice(0, 80)}`);
  return length;
}

/** True for `0x` followed by an even number of hex digits, `byteLength` bytes of them if given. */
export function isHex(text: string, byteLength?: number): text is Hex {
  if (!text.startsWith("0x") || text.length % 2 !== 0) return false;
  if (byteLength !== undefined && text.length !== 2 + 2 * byteLength) return false;
  for (let at = 2; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isDigit = code >= 0x30 && code <= 0x39;
    // Bit 5 makes a letter lower-case.
    const letter = code | 0x20;
    if (!isDigit && (letter < 0x61 || letter > 0x66)) return false;
  }
  return true;
}

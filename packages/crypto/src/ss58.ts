/**
 * SS58, the text form of accounts: Base58 of network prefix, public key and the first two bytes of a
 * hash of both.
 *
 * Source: docs.polkadot.com "Account format", sp-core `crypto.rs` (Ss58Codec).
 */
import {
  asciiBytes,
  assert,
  bytesToHex,
  concatBytes,
  equalBytes,
  err,
  type Hex,
  hexToBytes,
  ok,
  type Result,
} from "@parahost/base";
import { decodeBase58, encodeBase58 } from "./base58.ts";
import { blake2b512 } from "./hash.ts";

export type Ss58Error =
  | { readonly code: "badBase58" }
  | { readonly code: "badLength"; readonly length: number }
  | { readonly code: "badPrefix" }
  | { readonly code: "badChecksum" };

/** The prefix of networks that have none of their own. */
const GENERIC_SUBSTRATE = 42;
const PREFIX_END = 1 << 14;
const CHECKSUM_BYTES = 2;
/** An address of a 33-byte key with a long prefix has 51 characters; longer text is not decoded. */
const TEXT_LENGTH_MAX = 64;

const checksum = (body: Uint8Array): Uint8Array =>
  blake2b512(concatBytes(asciiBytes("SS58PRE"), body)).subarray(0, CHECKSUM_BYTES);

/** The address of a public key of 32 or 33 bytes on the network `prefix` (0 to 16383). */
export function ss58Encode(publicKey: Hex, prefix: number = GENERIC_SUBSTRATE): string {
  const key = hexToBytes(publicKey);
  assert(key.length === 32 || key.length === 33, `no account has ${key.length} bytes`);
  const body = concatBytes(encodePrefix(prefix), key);
  return encodeBase58(concatBytes(body, checksum(body)));
}

/** One byte below 64; otherwise two, of which the first is 01 and bits 2–7, the second bits 0–1 and 8–13. */
function encodePrefix(prefix: number): Uint8Array {
  assert(Number.isInteger(prefix) && prefix >= 0 && prefix < PREFIX_END, `bad prefix ${prefix}`);
  if (prefix < 64) return new Uint8Array([prefix]);
  return new Uint8Array([((prefix & 0xfc) >> 2) | 0x40, (prefix >> 8) | ((prefix & 3) << 6)]);
}

/** Public key and prefix of an address. Only the shortest form of a prefix is accepted. */
export function ss58Decode(
  text: string,
): Result<{ readonly publicKey: Hex; readonly prefix: number }, Ss58Error> {
  if (text.length > TEXT_LENGTH_MAX) return err({ code: "badLength", length: text.length });
  const bytes = decodeBase58(text);
  if (bytes === undefined) return err({ code: "badBase58" });
  const [first = 255, second = 0] = bytes;
  if (first >= 128) return err({ code: "badPrefix" });
  const prefixLength = first < 64 ? 1 : 2;
  const prefix =
    first < 64 ? first : ((first & 0x3f) << 2) | (second >> 6) | ((second & 0x3f) << 8);
  if (prefixLength === 2 && prefix < 64) return err({ code: "badPrefix" });
  const keyLength = bytes.length - prefixLength - CHECKSUM_BYTES;
  if (keyLength !== 32 && keyLength !== 33) return err({ code: "badLength", length: bytes.length });
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  if (!equalBytes(checksum(body), bytes.subarray(-CHECKSUM_BYTES)))
    return err({ code: "badChecksum" });
  return ok({ publicKey: bytesToHex(body.subarray(prefixLength)), prefix });
}

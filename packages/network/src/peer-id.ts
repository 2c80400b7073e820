/**
 * Peer ids: the base58 text of the multihash of an ed25519 identity key. The hash is the identity
 * hash, so that an id contains its key. Reference: consensus 6.
 */
import { assert, compareBytes, concatBytes } from "@parahost/base";
import { blake2b256, decodeBase58, encodeBase58 } from "@parahost/crypto";
import { type PeerId, peerId } from "./port.ts";

/** Identity multihash of 36 bytes: a key of type ed25519 with 32 bytes. */
const ED25519_PREFIX = new Uint8Array([0x00, 0x24, 0x08, 0x01, 0x12, 0x20]);
const PEER_ID_BYTES = ED25519_PREFIX.length + 32;
/** 38 bytes never need more digits; longer text is not worth converting. */
const TEXT_LENGTH_MAX = 53;

/** The id of whoever holds the secret of a 32-byte ed25519 key. */
export function peerIdOfKey(publicKey: Uint8Array): PeerId {
  assert(publicKey.length === 32, "an identity key has 32 bytes");
  return peerId(encodeBase58(concatBytes(ED25519_PREFIX, publicKey)));
}

/** The id of a peer in memory, which has a name but no key. */
export const peerIdOfName = (name: string): PeerId =>
  peerIdOfKey(blake2b256(new TextEncoder().encode(name)));

/** The 38 bytes of an id; `undefined` for text that is no id of an ed25519 key. */
export function peerIdBytes(text: string): Uint8Array | undefined {
  if (text.length > TEXT_LENGTH_MAX) return undefined;
  const bytes = decodeBase58(text);
  if (bytes?.length !== PEER_ID_BYTES) return undefined;
  const prefix = bytes.subarray(0, ED25519_PREFIX.length);
  return compareBytes(prefix, ED25519_PREFIX) === 0 ? bytes : undefined;
}

/**
 * Where an authority is to be found, said by itself: signed with its discovery key, and with the identity
 * key of the node that it runs on, so that nobody can point at somebody else's node. The form is that of
 * Substrate's authority discovery.
 */
import { bytesToHex, err, hexToBytes, ok, type Result } from "@parahost/base";
import {
  type Ed25519Pair,
  ed25519Sign,
  ed25519Verify,
  type Keystore,
  sha256,
  sr25519Verify,
} from "@parahost/crypto";
import type { AuthorityDiscoveryId } from "@parahost/primitives";
import { peerIdBytes, peerIdOfKey } from "../peer-id.ts";
import type { PeerId } from "../port.ts";
import { decodeProtobuf, encodeProtobuf } from "../protocols/protobuf.ts";

/** A key as libp2p writes it: type ed25519, 32 bytes. */
const ED25519_KEY_PREFIX = [0x08, 0x01, 0x12, 0x20] as const;
const ADDRESSES_MAX = 16;
const NANOSECONDS_PER_MS = 1_000_000n;
const TIMESTAMP_BYTES = 16;

export interface AuthorityRecord {
  readonly peer: PeerId;
  /** Multiaddresses as bytes, each of which ends with the peer's id. */
  readonly addresses: readonly Uint8Array[];
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

export type AuthorityRecordError =
  | { readonly code: "malformed"; readonly message: string }
  | { readonly code: "badAuthoritySignature" }
  | { readonly code: "badPeerSignature" };

/** Under which key the authority's record is kept. */
export const authorityRecordKey = (authority: AuthorityDiscoveryId): Uint8Array =>
  sha256(hexToBytes(authority));

/** The signed record, or `undefined` when the keystore does not have the authority's key. */
export function signAuthorityRecord(
  authority: AuthorityDiscoveryId,
  { addresses, createdAt }: Omit<AuthorityRecord, "peer">,
  keystore: Keystore,
  identity: Ed25519Pair,
): Uint8Array | undefined {
  const timestamp = new Uint8Array(TIMESTAMP_BYTES);
  const nanoseconds = BigInt(createdAt) * NANOSECONDS_PER_MS;
  new DataView(timestamp.buffer).setBigUint64(0, nanoseconds, true);
  const record = encodeProtobuf([
    ...addresses.slice(0, ADDRESSES_MAX).map((value) => ({ field: 1, value })),
    { field: 2, value: encodeProtobuf([{ field: 1, value: timestamp }]) },
  ]);
  const signature = keystore.sign("audi", authority, record);
  if (signature === undefined) return undefined;
  const publicKey = Uint8Array.from([...ED25519_KEY_PREFIX, ...hexToBytes(identity.publicKey)]);
  const peerSignature = encodeProtobuf([
    { field: 1, value: ed25519Sign(identity, record) },
    { field: 2, value: publicKey },
  ]);
  return encodeProtobuf([
    { field: 1, value: record },
    { field: 2, value: signature },
    { field: 3, value: peerSignature },
  ]);
}

/** What the authority says, if it is the authority that says it. */
export function openAuthorityRecord(
  authority: AuthorityDiscoveryId,
  signed: Uint8Array,
): Result<AuthorityRecord, AuthorityRecordError> {
  const outer = bytesFields(signed);
  const record = outer?.get(1)?.[0];
  const signature = outer?.get(2)?.[0];
  const peerSignature = bytesFields(outer?.get(3)?.[0]);
  const publicKey = peerSignature?.get(2)?.[0];
  const inner = bytesFields(record);
  const timestamp = bytesFields(inner?.get(2)?.[0])?.get(1)?.[0];
  if (record === undefined || signature === undefined || timestamp?.length !== TIMESTAMP_BYTES)
    return err({ code: "malformed", message: "a part is missing" });
  if (!sr25519Verify(authority, record, signature)) return err({ code: "badAuthoritySignature" });
  const isKey =
    publicKey?.length === ED25519_KEY_PREFIX.length + 32 &&
    ED25519_KEY_PREFIX.every((byte, i) => publicKey[i] === byte);
  const key = isKey ? publicKey.subarray(ED25519_KEY_PREFIX.length) : undefined;
  const byPeer = peerSignature?.get(1)?.[0];
  if (key === undefined || byPeer === undefined || !ed25519Verify(bytesToHex(key), record, byPeer))
    return err({ code: "badPeerSignature" });
  const peer = peerIdOfKey(key);
  const id = peerIdBytes(peer) as Uint8Array;
  const addresses = (inner?.get(1) ?? [])
    .slice(0, ADDRESSES_MAX)
    .filter((address) => endsWith(address, id));
  const nanoseconds = new DataView(timestamp.buffer, timestamp.byteOffset).getBigUint64(0, true);
  return ok({ peer, addresses, createdAt: Number(nanoseconds / NANOSECONDS_PER_MS) });
}

const endsWith = (bytes: Uint8Array, end: Uint8Array): boolean =>
  bytes.length > end.length &&
  end.every((byte, i) => bytes[bytes.length - end.length + i] === byte);

/** The byte fields of a message by number; `undefined` for what is no message. */
function bytesFields(input: Uint8Array | undefined): Map<number, Uint8Array[]> | undefined {
  const decoded = input === undefined ? undefined : decodeProtobuf(input, 64);
  if (decoded?.ok !== true) return undefined;
  const fields = new Map<number, Uint8Array[]>();
  for (const { field, value } of decoded.value)
    if (value instanceof Uint8Array) fields.set(field, [...(fields.get(field) ?? []), value]);
  return fields;
}

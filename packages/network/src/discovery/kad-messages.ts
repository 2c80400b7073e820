/** `kad`: messages of the Kademlia protocol, as far as authorities need it. Reference: consensus 6, 7.1. */
import { err, ok, type Result } from "@parahost/base";
import type { RequestProtocol } from "../port.ts";
import { type ChainIdentity, protocolName } from "../protocols/names.ts";
import { decodeProtobuf, encodeProtobuf, type ProtobufField } from "../protocols/protobuf.ts";

/** Nodes that are told of in one answer, and records that are looked at in a lookup. */
export const CLOSER_PEERS_MAX = 20;
const ADDRESSES_MAX = 16;
const ADDRESS_BYTES_MAX = 256;
const KEY_BYTES_MAX = 64;
/** Longest value that is kept for others. */
export const VALUE_BYTES_MAX = 8 * 1024;
const FIELDS_MAX = 256;

const Type = { putValue: 0, getValue: 1, findNode: 4 } as const;

export interface KadPeer {
  /** Bytes of the peer's id. */
  readonly id: Uint8Array;
  /** Multiaddresses as bytes. */
  readonly addresses: readonly Uint8Array[];
}

export interface KadRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface KadMessage {
  readonly type: keyof typeof Type;
  readonly key: Uint8Array;
  readonly record?: KadRecord;
  readonly closerPeers: readonly KadPeer[];
}

export interface KadDecodeError {
  readonly code: "badKadMessage";
  readonly message: string;
}

export function kadProtocol(chain: ChainIdentity): RequestProtocol {
  return {
    name: protocolName(chain, "kad"),
    requestBytesMax: 16 * 1024,
    responseBytesMax: 256 * 1024,
    timeoutMs: 10_000,
    inboundMax: 64,
  };
}

export function encodeKadMessage({ type, key, record, closerPeers }: KadMessage): Uint8Array {
  const fields: ProtobufField[] = [
    { field: 1, value: Type[type] },
    { field: 2, value: key },
  ];
  if (record !== undefined)
    fields.push({
      field: 3,
      value: encodeProtobuf([
        { field: 1, value: record.key },
        { field: 2, value: record.value },
      ]),
    });
  for (const { id, addresses } of closerPeers)
    fields.push({
      field: 8,
      value: encodeProtobuf([
        { field: 1, value: id },
        ...addresses.map((value) => ({ field: 2, value })),
      ]),
    });
  return encodeProtobuf(fields);
}

const bad = (message: string): Result<never, KadDecodeError> =>
  err({ code: "badKadMessage", message });

export function decodeKadMessage(input: Uint8Array): Result<KadMessage, KadDecodeError> {
  const message = decodeProtobuf(input, FIELDS_MAX);
  if (!message.ok) return bad(message.error.message);
  let type: KadMessage["type"] = "putValue";
  let key: Uint8Array = new Uint8Array(0);
  let record: KadRecord | undefined;
  const closerPeers: KadPeer[] = [];
  for (const { field, value } of message.value) {
    if (field === 1) {
      const named = Object.entries(Type).find(([, number]) => number === value)?.[0];
      if (named === undefined) return bad("a message of another kind");
      type = named as KadMessage["type"];
    } else if (field === 2 && value instanceof Uint8Array) {
      if (value.length > KEY_BYTES_MAX) return bad(`a key of ${value.length} bytes`);
      key = value;
    } else if (field === 3 && value instanceof Uint8Array) {
      const decoded = decodeRecord(value);
      if (!decoded.ok) return decoded;
      record = decoded.value;
    } else if (field === 8 && value instanceof Uint8Array) {
      if (closerPeers.length === CLOSER_PEERS_MAX) return bad("too many peers");
      const peer = decodePeer(value);
      if (!peer.ok) return peer;
      closerPeers.push(peer.value);
    }
  }
  return ok({ type, key, closerPeers, ...(record === undefined ? {} : { record }) });
}

function decodeRecord(input: Uint8Array): Result<KadRecord, KadDecodeError> {
  const fields = decodeProtobuf(input, FIELDS_MAX);
  if (!fields.ok) return bad(fields.error.message);
  const bytesOf = (wanted: number): Uint8Array =>
    fields.value.flatMap(({ field, value }) =>
      field === wanted && value instanceof Uint8Array ? [value] : [],
    )[0] ?? new Uint8Array(0);
  const [key, value] = [bytesOf(1), bytesOf(2)];
  if (key.length > KEY_BYTES_MAX) return bad(`a key of ${key.length} bytes`);
  if (value.length > VALUE_BYTES_MAX) return bad(`a value of ${value.length} bytes`);
  return ok({ key, value });
}

function decodePeer(input: Uint8Array): Result<KadPeer, KadDecodeError> {
  const fields = decodeProtobuf(input, FIELDS_MAX);
  if (!fields.ok) return bad(fields.error.message);
  let id: Uint8Array = new Uint8Array(0);
  const addresses: Uint8Array[] = [];
  for (const { field, value } of fields.value) {
    if (!(value instanceof Uint8Array)) continue;
    if (field === 1) id = value;
    if (field === 2 && addresses.length < ADDRESSES_MAX && value.length <= ADDRESS_BYTES_MAX)
      addresses.push(value);
  }
  return ok({ id, addresses });
}

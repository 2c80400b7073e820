/**
 * `sync/2`: headers, bodies and justifications of a range of blocks, as protocol buffers.
 * Reference: consensus 7.6.
 */
import { bytesToHex, err, hexToBytes, ok, type Result, u32Bytes } from "@parahost/base";
import {
  GRANDPA_ENGINE_ID,
  type Hash,
  Header,
  Justifications,
  justificationBy,
} from "@parahost/primitives";
import { bytes, encode, tryDecode } from "@parahost/scale";
import type { RequestProtocol } from "../port.ts";
import { ForeignHeader, ForeignJustifications } from "./foreign-header.ts";
import { type ChainIdentity, MIB, protocolName } from "./names.ts";
import { decodeProtobuf, encodeProtobuf, type ProtobufField } from "./protobuf.ts";

/** Blocks in one answer. */
export const SYNC_BLOCKS_MAX = 128;
/** Blocks are added to an answer until their bodies and justifications are about this large. */
export const SYNC_BYTES_SOFT_MAX: number = 8 * MIB;
/**
 * Fields in one answer, its blocks' included. Bodies of 8 MiB in transfers of a hundred bytes are
 * 84,000; without a bound an answer of empty extrinsics would take forty times its size in memory.
 */
const ANSWER_FIELDS_MAX = 131_072;
/** A request has six fields; some room for those of later versions. */
const REQUEST_FIELDS_MAX = 32;

/** Bits of the `fields` number: what is wanted of each block. */
export const BlockAttribute = {
  header: 0x0100_0000,
  body: 0x0200_0000,
  justification: 0x1000_0000,
} as const;

export type BlockStart =
  | { readonly type: "hash"; readonly hash: Hash }
  | { readonly type: "number"; readonly number: number };

export interface BlockRequest {
  /** Sum of `BlockAttribute`s. */
  readonly fields: number;
  readonly from: BlockStart;
  /** Towards later blocks of the canonical chain, or towards ancestors. */
  readonly direction: "ascending" | "descending";
  /** 0 leaves the number to the answering side. */
  readonly countMax: number;
  /** Whether the asker takes justifications of several engines; otherwise it gets GRANDPA's bare. */
  readonly takesManyJustifications: boolean;
}

export interface BlockData {
  readonly hash: Hash;
  readonly header?: Header;
  readonly body?: readonly Uint8Array[];
  readonly justifications?: Justifications;
}

export interface SyncDecodeError {
  readonly code: "badSyncMessage";
  readonly message: string;
}

export function syncProtocol(chain: ChainIdentity): RequestProtocol {
  return {
    name: protocolName(chain, "sync/2"),
    requestBytesMax: MIB,
    responseBytesMax: 16 * MIB,
    timeoutMs: 15_000,
    inboundMax: 20,
  };
}

export function encodeBlockRequest(request: BlockRequest): Uint8Array {
  const { from } = request;
  return encodeProtobuf([
    { field: 1, value: request.fields },
    from.type === "hash"
      ? { field: 2, value: hexToBytes(from.hash) }
      : { field: 3, value: u32Bytes(from.number) },
    { field: 5, value: request.direction === "ascending" ? 0 : 1 },
    { field: 6, value: request.countMax },
    { field: 7, value: request.takesManyJustifications ? 1 : 0 },
  ]);
}

export function decodeBlockRequest(input: Uint8Array): Result<BlockRequest, SyncDecodeError> {
  const message = decodeProtobuf(input, REQUEST_FIELDS_MAX);
  if (!message.ok) return bad(message.error.message);
  let fields = 0;
  let from: BlockStart | undefined;
  let direction: BlockRequest["direction"] = "ascending";
  let countMax = 0;
  let takesManyJustifications = false;
  for (const { field, value } of message.value) {
    if (field === 1 && typeof value === "number") fields = value;
    else if (field === 2 && value instanceof Uint8Array) {
      if (value.length !== 32) return bad(`block hash of ${value.length} bytes`);
      from = { type: "hash", hash: bytesToHex(value) as Hash };
    } else if (field === 3 && value instanceof Uint8Array) {
      if (value.length !== 4) return bad(`block number of ${value.length} bytes`);
      from = { type: "number", number: value.reduceRight((sum, byte) => sum * 256 + byte, 0) };
    } else if (field === 5) {
      if (value !== 0 && value !== 1) return bad("unknown direction");
      direction = value === 0 ? "ascending" : "descending";
    } else if (field === 6 && typeof value === "number") countMax = value;
    else if (field === 7) takesManyJustifications = value === 1;
  }
  if (from === undefined) return bad("no starting block");
  return ok({ fields, from, direction, countMax, takesManyJustifications });
}

/** An extrinsic travels with its length prefix. */
const PrefixedExtrinsic = bytes();

/** The answer to `request`, whose form of justifications it takes. */
export function encodeBlockResponse(
  blocks: readonly BlockData[],
  request: Pick<BlockRequest, "takesManyJustifications">,
): Uint8Array {
  return encodeProtobuf(
    blocks.map((block) => {
      const parts: ProtobufField[] = [{ field: 1, value: hexToBytes(block.hash) }];
      if (block.header !== undefined) parts.push({ field: 2, value: encode(Header, block.header) });
      for (const extrinsic of block.body ?? [])
        parts.push({ field: 3, value: encode(PrefixedExtrinsic, extrinsic) });
      if (block.justifications !== undefined)
        parts.push(...justificationField(block.justifications, request));
      return { field: 1, value: encodeProtobuf(parts) };
    }),
  );
}

function justificationField(
  justifications: Justifications,
  request: Pick<BlockRequest, "takesManyJustifications">,
): ProtobufField[] {
  if (request.takesManyJustifications)
    return [{ field: 8, value: encode(Justifications, justifications) }];
  const bare = justificationBy(justifications, GRANDPA_ENGINE_ID);
  return bare === undefined ? [] : [{ field: 6, value: bare }];
}

/**
 * The answer to a request for these `fields`: a body that was asked for and is empty is an empty
 * list, what was not asked for is left out.
 */
export function decodeBlockResponse(
  input: Uint8Array,
  wanted: number,
): Result<readonly BlockData[], SyncDecodeError> {
  const message = decodeProtobuf(input, SYNC_BLOCKS_MAX);
  if (!message.ok) return bad(message.error.message);
  let fieldsLeft = ANSWER_FIELDS_MAX;
  const blocks: BlockData[] = [];
  for (const { field, value } of message.value) {
    if (field !== 1 || !(value instanceof Uint8Array)) continue;
    const parts = decodeProtobuf(value, fieldsLeft);
    if (!parts.ok) return bad(parts.error.message);
    fieldsLeft -= parts.value.length;
    const block = blockData(parts.value, wanted);
    if (!block.ok) return block;
    blocks.push(block.value);
  }
  return ok(blocks);
}

function blockData(
  parts: readonly ProtobufField[],
  wanted: number,
): Result<BlockData, SyncDecodeError> {
  let hash: Hash | undefined;
  let header: Header | undefined;
  let justifications: Justifications | undefined;
  const body: Uint8Array[] = [];
  const wantsHeader = (wanted & BlockAttribute.header) !== 0;
  const wantsBody = (wanted & BlockAttribute.body) !== 0;
  const wantsJustification = (wanted & BlockAttribute.justification) !== 0;
  for (const { field, value } of parts) {
    if (!(value instanceof Uint8Array)) continue;
    switch (field) {
      case 1:
        if (value.length !== 32) return bad(`block hash of ${value.length} bytes`);
        hash = bytesToHex(value) as Hash;
        break;
      case 2: {
        if (!wantsHeader || value.length === 0) break;
        const decoded = tryDecode(ForeignHeader, value);
        if (!decoded.ok) return bad(`header: ${decoded.error.message}`);
        header = decoded.value;
        break;
      }
      case 3: {
        if (!wantsBody) break;
        const decoded = tryDecode(PrefixedExtrinsic, value);
        if (!decoded.ok) return bad(`extrinsic: ${decoded.error.message}`);
        body.push(decoded.value);
        break;
      }
      case 8: {
        if (!wantsJustification || value.length === 0) break;
        const decoded = tryDecode(ForeignJustifications, value);
        if (!decoded.ok) return bad(`justifications: ${decoded.error.message}`);
        justifications = decoded.value;
        break;
      }
    }
  }
  if (hash === undefined) return bad("a block without a hash");
  return ok({
    hash,
    ...(header === undefined ? {} : { header }),
    ...(wantsBody ? { body } : {}),
    ...(justifications === undefined ? {} : { justifications }),
  });
}

const bad = (message: string) => err({ code: "badSyncMessage", message });

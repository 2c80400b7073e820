/**
 * `state/2`: the entries of a block's state, piece by piece, each as a compact proof. Reference:
 * consensus 7.7.
 */
import { bytesToHex, err, type Hex, hexToBytes, ok, type Result } from "@parahost/base";
import type { Hash } from "@parahost/primitives";
import { encode, tryDecode } from "@parahost/scale";
import type { RequestProtocol } from "../port.ts";
import { StorageProof } from "./light.ts";
import { type ChainIdentity, MIB, protocolName } from "./names.ts";
import { decodeProtobuf, encodeProtobuf } from "./protobuf.ts";

/** Nodes are added to an answer until they are about this large. */
export const STATE_BYTES_SOFT_MAX: number = 2 * MIB;

/** Where to go on: after this key of the main trie, or after the second in the child trie at the first. */
export type StateStart = readonly [] | readonly [Hex] | readonly [childRoot: Hex, key: Hex];

export interface StateRequest {
  readonly block: Hash;
  readonly start: StateStart;
}

export interface StateDecodeError {
  readonly code: "badStateMessage";
  readonly message: string;
}

export function stateProtocol(chain: ChainIdentity): RequestProtocol {
  return {
    name: protocolName(chain, "state/2"),
    requestBytesMax: MIB,
    responseBytesMax: 16 * MIB,
    timeoutMs: 40_000,
    inboundMax: 4,
  };
}

const bad = (message: string): Result<never, StateDecodeError> =>
  err({ code: "badStateMessage", message });

export const encodeStateRequest = ({ block, start }: StateRequest): Uint8Array =>
  encodeProtobuf([
    { field: 1, value: hexToBytes(block) },
    ...start.map((key) => ({ field: 2, value: hexToBytes(key) })),
  ]);

export function decodeStateRequest(input: Uint8Array): Result<StateRequest, StateDecodeError> {
  const message = decodeProtobuf(input, 8);
  if (!message.ok) return bad(message.error.message);
  const start: Hex[] = [];
  let block: Hash | undefined;
  for (const { field, value } of message.value) {
    if (field === 1 && value instanceof Uint8Array && value.length === 32)
      block = bytesToHex(value) as Hash;
    else if (field === 2 && value instanceof Uint8Array) start.push(bytesToHex(value));
    else if (field === 3 && value === 1) return bad("entries without a proof are not given");
  }
  if (block === undefined) return bad("no block hash");
  if (start.length > 2) return bad(`${start.length} keys to start from`);
  return ok({ block, start: start as unknown as StateStart });
}

export const encodeStateResponse = (compactProof: readonly Uint8Array[]): Uint8Array =>
  encodeProtobuf([{ field: 2, value: encode(StorageProof, compactProof) }]);

/** The items of the compact proof in an answer. */
export function decodeStateResponse(
  input: Uint8Array,
): Result<readonly Uint8Array[], StateDecodeError> {
  const message = decodeProtobuf(input, 8);
  if (!message.ok) return bad(message.error.message);
  const proof = message.value.find(({ field }) => field === 2)?.value;
  if (!(proof instanceof Uint8Array)) return bad("no proof");
  const decoded = tryDecode(StorageProof, proof);
  return decoded.ok ? decoded : bad(decoded.error.message);
}

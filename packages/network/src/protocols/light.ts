/**
 * `light/2`: reads and calls on the state of a block, answered with a proof, so that whoever knows the
 * state root need not believe the answer. Reference: consensus 7.8.
 */
import { bytesToHex, err, type Hex, hexToBytes, ok, type Result } from "@parahost/base";
import type { Hash } from "@parahost/primitives";
import { bytes, type Codec, type DecodeFailure, encode, tryDecode, vec } from "@parahost/scale";
import type { RequestProtocol } from "../port.ts";
import { type ChainIdentity, MIB, protocolName } from "./names.ts";
import { decodeProtobuf, encodeProtobuf, type ProtobufField } from "./protobuf.ts";

/** Keys that one request may name. */
export const LIGHT_KEYS_MAX = 1_024;
/** Longest argument of a call. */
export const CALL_ARGUMENT_BYTES_MAX: number = 64 * 1024;
const CALL_NAME_BYTES_MAX = 128;
const PROOF_NODES_MAX = 65_536;

/** Fields of a request and of an answer, by which they are told apart. */
const Field = { call: 1, read: 2, readChild: 4 } as const;

export type LightRequest =
  | {
      readonly type: "call";
      readonly block: Hash;
      readonly method: string;
      readonly data: Uint8Array;
    }
  | {
      readonly type: "read";
      readonly block: Hash;
      readonly keys: readonly Hex[];
      /** Key of the child trie's root in the main trie; without it the main trie is read. */
      readonly child?: Hex;
    };

export interface LightDecodeError {
  readonly code: "badLightMessage";
  readonly message: string;
}

/** Trie nodes and values, in any order. */
export const StorageProof: Codec<readonly Uint8Array[]> = vec(bytes(), PROOF_NODES_MAX);

export function lightProtocol(chain: ChainIdentity): RequestProtocol {
  return {
    name: protocolName(chain, "light/2"),
    requestBytesMax: MIB,
    responseBytesMax: 16 * MIB,
    timeoutMs: 15_000,
    inboundMax: 32,
  };
}

const bad = (message: string): Result<never, LightDecodeError> =>
  err({ code: "badLightMessage", message });

export function encodeLightRequest(request: LightRequest): Uint8Array {
  const block = { field: 2, value: hexToBytes(request.block) };
  if (request.type === "call") {
    const method = { field: 3, value: new TextEncoder().encode(request.method) };
    return nested(Field.call, [block, method, { field: 4, value: request.data }]);
  }
  const keysAt = request.child === undefined ? 3 : 6;
  const keys = request.keys.map((key) => ({ field: keysAt, value: hexToBytes(key) }));
  if (request.child === undefined) return nested(Field.read, [block, ...keys]);
  const child = { field: 3, value: hexToBytes(request.child) };
  return nested(Field.readChild, [block, child, ...keys]);
}

const nested = (field: number, fields: readonly ProtobufField[]): Uint8Array =>
  encodeProtobuf([{ field, value: encodeProtobuf(fields) }]);

export function decodeLightRequest(input: Uint8Array): Result<LightRequest, LightDecodeError> {
  const message = decodeProtobuf(input, 4);
  if (!message.ok) return bad(message.error.message);
  const request = message.value.find(({ value }) => value instanceof Uint8Array);
  if (request === undefined) return bad("no request");
  const inner = decodeProtobuf(request.value as Uint8Array, LIGHT_KEYS_MAX + 8);
  if (!inner.ok) return bad(inner.error.message);
  const all = (field: number): Uint8Array[] =>
    inner.value.flatMap((entry) =>
      entry.field === field && entry.value instanceof Uint8Array ? [entry.value] : [],
    );
  const [hash] = all(2);
  if (hash?.length !== 32) return bad("no block hash");
  const block = bytesToHex(hash) as Hash;
  const keysOf = (field: number): readonly Hex[] => all(field).map((key) => bytesToHex(key));
  switch (request.field) {
    case Field.call: {
      const [method = new Uint8Array(0)] = all(3);
      const [data = new Uint8Array(0)] = all(4);
      if (method.length > CALL_NAME_BYTES_MAX) return bad("a function's name is too long");
      if (data.length > CALL_ARGUMENT_BYTES_MAX) return bad("an argument is too long");
      return ok({ type: "call", block, method: new TextDecoder().decode(method), data });
    }
    case Field.read: {
      const keys = keysOf(3);
      if (keys.length === 0 || keys.length > LIGHT_KEYS_MAX) return bad(`${keys.length} keys`);
      return ok({ type: "read", block, keys });
    }
    case Field.readChild: {
      const keys = keysOf(6);
      const [child] = all(3);
      if (keys.length === 0 || keys.length > LIGHT_KEYS_MAX) return bad(`${keys.length} keys`);
      if (child === undefined) return bad("no child trie");
      return ok({ type: "read", block, keys, child: bytesToHex(child) });
    }
    default:
      return bad(`unknown request ${request.field}`);
  }
}

/** The answer to `request`. */
export function encodeLightResponse(
  { type }: LightRequest,
  proof: readonly Uint8Array[],
): Uint8Array {
  const field = type === "call" ? Field.call : Field.read;
  return nested(field, [{ field: 2, value: encode(StorageProof, proof) }]);
}

/** The proof in an answer. */
export function decodeLightResponse(
  input: Uint8Array,
): Result<readonly Uint8Array[], LightDecodeError> {
  const message = decodeProtobuf(input, 4);
  if (!message.ok) return bad(message.error.message);
  const answer = message.value.find(
    ({ field, value }) =>
      (field === Field.call || field === Field.read) && value instanceof Uint8Array,
  );
  if (answer === undefined) return bad("no answer");
  const inner = decodeProtobuf(answer.value as Uint8Array, 8);
  if (!inner.ok) return bad(inner.error.message);
  const proof = inner.value.find(({ field }) => field === 2)?.value;
  if (!(proof instanceof Uint8Array)) return bad("no proof");
  const decoded: Result<readonly Uint8Array[], DecodeFailure> = tryDecode(StorageProof, proof);
  return decoded.ok ? decoded : bad(decoded.error.message);
}

/** What the families of the relay chain have in common: blocks and states by the hashes that clients name. */
import { bytesToHex, type Hex } from "@parahost/base";
import type { RelayNode } from "@parahost/node/service/node";
import {
  asHash,
  DigestItem,
  encodeExtrinsic,
  type Hash,
  type Header,
  OpaqueExtrinsic,
} from "@parahost/primitives";
import type { RuntimeVersion } from "@parahost/runtime";
import { encode, tryDecode } from "@parahost/scale";
import type { ChainView } from "../chain-view.ts";
import { ErrorCode, type Json, RpcError } from "../json-rpc.ts";
import { hash, hexBytes, optional, type Param, param } from "../params.ts";

/** Longest extrinsic that a block could take. */
const EXTRINSIC_BYTES_MAX = 5 * 1024 * 1024;

/** Codes of Polkadot's nodes for questions about the state. */
export const StateErrorCode = {
  /** The range ends before it begins, or is too long. */
  badRange: 4001,
  /** More items were asked for than one answer holds. */
  badCount: 4002,
  /** The block or its state is not here, or the runtime refused. */
  client: 4003,
} as const;

// Parameters

/** The block named at `position`: the best one unless it is given. */
export function blockParam(
  node: Pick<ChainView, "chain">,
  params: readonly Json[],
  position: number,
): Hash {
  const { value } = param(params, position, "at", optional(hash));
  return value === undefined ? node.chain.best().hash : asHash(value);
}

/** Bytes as hex; clients write none as `"0x"`, as `""` or not at all. */
export const callArguments: Param<Uint8Array> = {
  what: hexBytes(EXTRINSIC_BYTES_MAX).what,
  read: (value) =>
    value === undefined || value === null || value === ""
      ? new Uint8Array()
      : hexBytes(EXTRINSIC_BYTES_MAX).read(value),
};

/** An extrinsic as it stands in a block, without the length before it. */
export function extrinsicParam(params: readonly Json[], position: number): OpaqueExtrinsic {
  const given = param(params, position, "extrinsic", hexBytes(EXTRINSIC_BYTES_MAX));
  const extrinsic = tryDecode(OpaqueExtrinsic, given);
  if (extrinsic.ok) return extrinsic.value;
  throw new RpcError(
    ErrorCode.invalidParams,
    `the extrinsic does not begin with its own length: ${extrinsic.error.message}`,
  );
}

// Blocks

/** Reads of the state after a block; refuses when it is not kept. */
export function stateAt(node: Pick<ChainView, "chain" | "states">, block: Hash) {
  return node.states.reader(block) ?? unknownState(node, block);
}

/** The state after a block, for the runtime to be asked with; whatever is written to it is forgotten. */
export function runtimeStateAt(node: RelayNode, block: Hash) {
  return node.states.toExecuteOn(block) ?? unknownState(node, block);
}

export function unknownState(node: Pick<ChainView, "chain">, block: Hash): never {
  const why =
    node.chain.header(block) === undefined
      ? "UnknownBlock: there is no such block here"
      : "UnknownBlock: State already discarded";
  throw new RpcError(StateErrorCode.client, `Client error: ${why} for ${block}`);
}

const headersAsJson = new WeakMap<Header, Json>();

/** As clients know headers. Remembered, since every subscriber is sent the same one. */
export function headerJson(header: Header): Json {
  const known = headersAsJson.get(header);
  if (known !== undefined) return known;
  const { parentHash, number, stateRoot, extrinsicsRoot, digest } = header;
  const json = {
    parentHash,
    number: numberJson(number),
    stateRoot,
    extrinsicsRoot,
    digest: { logs: digest.map((item) => bytesToHex(encode(DigestItem, item))) },
  };
  headersAsJson.set(header, json);
  return json;
}

export const numberJson = (number: number | bigint): Hex => `0x${number.toString(16)}`;

/** The extrinsics of a block, each with the length before it. */
export const bodyJson = (body: readonly OpaqueExtrinsic[]): Hex[] =>
  body.map((extrinsic) => bytesToHex(encodeExtrinsic(extrinsic)));

// Versions

const apisOf = ({ apis }: RuntimeVersion): [Hex, number][] =>
  apis.map(([id, version]) => [bytesToHex(id), version]);

/** As the older methods tell it. */
export const legacyVersionJson = (version: RuntimeVersion): Json => ({
  specName: version.specName,
  implName: version.implName,
  authoringVersion: version.authoringVersion,
  specVersion: version.specVersion,
  implVersion: version.implVersion,
  apis: apisOf(version),
  transactionVersion: version.transactionVersion,
  systemVersion: version.systemVersion,
  stateVersion: version.systemVersion,
});

/** As the newer methods tell it. */
export const versionJson = (version: RuntimeVersion): Json => ({
  specName: version.specName,
  implName: version.implName,
  specVersion: version.specVersion,
  implVersion: version.implVersion,
  transactionVersion: version.transactionVersion,
  apis: Object.fromEntries(apisOf(version)),
});

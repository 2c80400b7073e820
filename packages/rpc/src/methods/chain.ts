/** The relay chain's blocks and the pool of extrinsics, under the names that clients know. */
import { bytesToHex, describe, type Hex } from "@parahost/base";
import type { RelayNode } from "@parahost/node/service/node";
import { asHash, DigestItem, OpaqueExtrinsic } from "@parahost/primitives";
import { encode, tryDecode } from "@parahost/scale";
import { ErrorCode, type Json, RpcError } from "../json-rpc.ts";
import type { Methods } from "../method.ts";
import { hash, hexBytes, optional, param, uint } from "../params.ts";
import { toJson } from "./json.ts";

/** Longest extrinsic that a block could take. */
const EXTRINSIC_BYTES_MAX = 5 * 1024 * 1024;

export function chainMethods(node: RelayNode): Methods {
  const header = (at: Hex | undefined): Json => {
    const found = node.chain.header(asHash(at ?? node.chain.best().hash));
    if (found === undefined) return null;
    const { parentHash, number, stateRoot, extrinsicsRoot } = found;
    return {
      parentHash,
      number: `0x${number.toString(16)}`,
      stateRoot,
      extrinsicsRoot,
      digest: { logs: found.digest.map((item) => bytesToHex(encode(DigestItem, item))) },
    };
  };
  return {
    methods: {
      chain_getBlockHash: (params) => {
        const { value } = param(params, 0, "number", optional(uint));
        if (value === undefined) return node.chain.best().hash;
        return node.chain.hashByNumber(value) ?? null;
      },
      chain_getFinalizedHead: () => node.chain.finalized().hash,
      chain_getHeader: (params) => header(param(params, 0, "hash", optional(hash)).value),
      author_submitExtrinsic: (params) => {
        // The extrinsic comes with its length prefix, as it stands in a block.
        const bytes = param(params, 0, "extrinsic", hexBytes(EXTRINSIC_BYTES_MAX));
        const submitted = node.submit(withoutPrefix(bytes));
        if (submitted.ok) return submitted.value;
        throw new RpcError(
          1010,
          `extrinsic refused: ${describe(submitted.error)}`,
          toJson(submitted.error),
        );
      },
      system_health: () => ({
        peers: node.peers().length,
        isSyncing: node.isSyncing,
        shouldHavePeers: true,
      }),
      system_name: () => "parahost",
    },
    subscriptions: {},
  };
}

function withoutPrefix(bytes: Uint8Array): Uint8Array {
  const extrinsic = tryDecode(OpaqueExtrinsic, bytes);
  if (extrinsic.ok) return extrinsic.value;
  throw new RpcError(
    ErrorCode.invalidParams,
    `the extrinsic does not begin with its own length: ${extrinsic.error.message}`,
  );
}

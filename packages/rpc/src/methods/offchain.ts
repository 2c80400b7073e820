/**
 * `offchain_`: what off-chain workers keep on this node, apart from the state of any block.
 *
 * Reference: json-rpc-and-metadata.md 5.3.
 */
import { bytesToHex } from "@parahost/base";
import {
  OFFCHAIN_KEY_BYTES_MAX,
  OFFCHAIN_VALUE_BYTES_MAX,
  type OffchainStorage,
} from "@parahost/node/service/offchain-storage";
import { type Json, RpcError } from "../json-rpc.ts";
import type { Methods } from "../method.ts";
import { hexBytes, type Param, param } from "../params.ts";

/** Code of Polkadot's nodes: of the two kinds only the lasting one is kept. */
const KIND_UNAVAILABLE = 5001;

const kind: Param<"PERSISTENT" | "LOCAL"> = {
  what: 'the kind of storage, "PERSISTENT" or "LOCAL"',
  read: (value) => (value === "PERSISTENT" || value === "LOCAL" ? value : undefined),
};

const keyBytes = hexBytes(OFFCHAIN_KEY_BYTES_MAX);
const valueBytes = hexBytes(OFFCHAIN_VALUE_BYTES_MAX);

/** For the node's owner. */
export function offchainMethods(storage: OffchainStorage): Methods {
  const keyOf = (params: readonly Json[]): Uint8Array => {
    const wanted = param(params, 0, "kind", kind);
    const key = param(params, 1, "key", keyBytes);
    if (wanted === "PERSISTENT") return key;
    throw new RpcError(KIND_UNAVAILABLE, "This storage kind is not available yet: use PERSISTENT");
  };
  return {
    methods: {
      offchain_localStorageGet: (params) => {
        const value = storage.get(keyOf(params));
        return value === undefined ? null : bytesToHex(value);
      },
      offchain_localStorageSet: (params) => {
        const key = keyOf(params);
        storage.set(key, param(params, 2, "value", valueBytes));
        return null;
      },
      offchain_localStorageClear: (params) => {
        storage.clear(keyOf(params));
        return null;
      },
    },
    subscriptions: {},
  };
}

/** `author_`: submitting transactions and following them. Reference: json-rpc-and-metadata.md 5.3, 10. */
import {
  assert,
  bytesToHex,
  concatBytes,
  describe,
  hexToBytes,
  isHex,
  type Random,
} from "@parahost/base";
import { blake2b256Hex, generateKey, KEY_TYPES, type KeyTypeId } from "@parahost/crypto";
import type { RelayNode } from "@parahost/node/service/node";
import {
  asAccountId,
  asHash,
  encodeExtrinsic,
  type Hash,
  transactionHash,
} from "@parahost/primitives";
import { keysProofPayload, runtimeApi } from "@parahost/runtime";
import type { ChainView } from "../chain-view.ts";
import { ErrorCode, type Json, RpcError } from "../json-rpc.ts";
import type { Methods } from "../method.ts";
import { hash, hexBytes, hexText, list, type Param, param, text } from "../params.ts";
import { extrinsicParam } from "./relay.ts";
import { submit } from "./submission.ts";
import { TransactionWatch } from "./transaction-watch.ts";

export function authorMethods(node: ChainView): Methods {
  const watch = new TransactionWatch(node);
  return {
    methods: {
      author_submitExtrinsic: (params) => submit(node, extrinsicParam(params, 0)),
      author_pendingExtrinsics: () =>
        node.pool.ready().map(({ extrinsic }) => bytesToHex(encodeExtrinsic(extrinsic))),
    },
    subscriptions: {
      author_submitAndWatchExtrinsic: {
        notification: "author_extrinsicUpdate",
        unsubscribe: "author_unwatchExtrinsic",
        start: (params, send, { end }) => {
          const extrinsic = extrinsicParam(params, 0);
          const stop = watch.add(transactionHash(extrinsic), (status, isLast) => {
            send(status);
            if (isLast) end();
          });
          try {
            submit(node, extrinsic);
          } catch (error) {
            stop();
            throw error;
          }
          const peers = node.peers();
          if (peers.length > 0) send({ broadcast: [...peers] });
          return stop;
        },
      },
    },
  };
}

// The pool

/** Transactions removed by one call. */
const REMOVED_MAX = 1000;

/** A transaction itself, or its hash. */
const transactionName: Param<Hash> = {
  what: '{ "hash": 32 bytes as 0x hex } or { "extrinsic": bytes as 0x hex }',
  read: (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const { hash: named, extrinsic } = value as { readonly [key: string]: Json };
    const read = hash.read(named);
    if (read !== undefined) return asHash(read);
    return typeof extrinsic === "string" && isHex(extrinsic)
      ? asHash(blake2b256Hex(hexToBytes(extrinsic)))
      : undefined;
  },
};

/** For the node's owner. */
export function unsafePoolMethods({ pool }: RelayNode): Methods {
  return {
    methods: {
      /** Answers with the hashes of those that were there. They are not taken again for a while. */
      author_removeExtrinsic: (params) => {
        const named = param(params, 0, "bytesOrHash", list(transactionName, REMOVED_MAX));
        const there = named.filter((one) => pool.has(one));
        for (const one of there) pool.removeInvalid(one, REMOVED);
        return there;
      },
    },
    subscriptions: {},
  };
}

/** Why whoever follows a removed transaction is told that it is invalid. */
const REMOVED = { type: "invalid", value: { type: "call" } } as const;

// Keys

const KEY_BYTES_MAX = 64;

const keyType: Param<KeyTypeId> = {
  what: `one of ${Object.keys(KEY_TYPES).join(", ")}`,
  read: (value) =>
    typeof value === "string" && Object.hasOwn(KEY_TYPES, value) ? (value as KeyTypeId) : undefined,
};

/** Methods about the node's own keys; for its owner. */
export function keyMethods(node: RelayNode, random: Random): Methods {
  const { keystore } = node;
  const rotate = (): Uint8Array => {
    const keys = runtimeApi.generateSessionKeys((type) => generateKey(keystore, type, random));
    assert(keys !== undefined, "fresh secrets give keys");
    return keys;
  };
  return {
    methods: {
      author_insertKey: (params) => {
        const type = param(params, 0, "keyType", keyType);
        const secret = param(params, 1, "suri", text);
        const publicKey = param(params, 2, "publicKey", hexText(KEY_BYTES_MAX));
        const inserted = keystore.insert(type, secret);
        if (!inserted.ok)
          throw new RpcError(ErrorCode.invalidParams, `no key: ${describe(inserted.error)}`);
        if (inserted.value === publicKey) return null;
        throw new RpcError(
          ErrorCode.refused,
          `the key was inserted, but its public key is ${inserted.value}`,
        );
      },
      author_hasKey: (params) =>
        keystore.has(
          param(params, 1, "keyType", keyType),
          param(params, 0, "publicKey", hexText(KEY_BYTES_MAX)),
        ),
      author_hasSessionKeys: (params): Json => {
        const given = param(params, 0, "sessionKeys", hexBytes(1024));
        const keys = runtimeApi.decodeSessionKeys(given);
        if (keys === undefined)
          throw new RpcError(ErrorCode.invalidParams, "Session keys are not encoded correctly");
        return keys.every(([key, type]) => keystore.has(type, bytesToHex(key)));
      },
      author_rotateKeys: () => bytesToHex(rotate()),
      author_rotateKeysWithOwner: (params) => {
        const owner = asAccountId(param(params, 0, "owner", hash));
        const keys = rotate();
        const message = keysProofPayload(owner);
        const signatures = (runtimeApi.decodeSessionKeys(keys) ?? []).map(([key, type]) => {
          const signature = keystore.sign(type, bytesToHex(key), message);
          assert(signature !== undefined, "a key that was made just now signs");
          return signature;
        });
        return { keys: bytesToHex(keys), proof: bytesToHex(concatBytes(...signatures)) };
      },
    },
    subscriptions: {},
  };
}

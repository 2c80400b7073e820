/** `system_`: the node and its network. Reference: json-rpc-and-metadata.md 5.3. */
import { bytesToHex, type Hex, isHex } from "@parahost/base";
import { ss58Decode } from "@parahost/crypto";
import type { RelayNode } from "@parahost/node/service/node";
import { AccountId, asAccountId, encodeExtrinsic, Nonce } from "@parahost/primitives";
import { nonceTag } from "@parahost/runtime";
import { decode, encode } from "@parahost/scale";
import type { ChainView } from "../chain-view.ts";
import { type Json, RpcError } from "../json-rpc.ts";
import type { Methods } from "../method.ts";
import { type Param, param } from "../params.ts";
import { blockParam, extrinsicParam } from "./relay.ts";
import { callRuntime } from "./state.ts";

/** Name of this program, as clients show it. */
export const NODE_NAME = "parahost";

export interface ChainIdentity {
  /** For people, for example `Local Testnet`. */
  readonly name: string;
  readonly type: "Development" | "Local" | "Live";
  /** Of the program. */
  readonly version: string;
  /** Where other nodes reach this one, with its peer id; none in a network within one process. */
  readonly listenAddresses?: readonly string[];
}

/** An account as an address or as the 32 bytes of its id. */
const account: Param<AccountId> = {
  what: "an account: an SS58 address or 32 bytes as 0x hex",
  read: (value) => {
    if (typeof value !== "string") return undefined;
    if (isHex(value, 32)) return asAccountId(value.toLowerCase() as Hex);
    const decoded = ss58Decode(value);
    if (!decoded.ok || !isHex(decoded.value.publicKey, 32)) return undefined;
    return asAccountId(decoded.value.publicKey);
  },
};

/** The nonce of the account's next transaction, those that wait in the pool being counted. */
export function nextNonce(node: ChainView, who: AccountId): number {
  const answer = callRuntime(
    node,
    node.chain.best().hash,
    "AccountNonceApi_account_nonce",
    encode(AccountId, who),
  );
  let nonce = decode(Nonce, answer);
  const offered = new Set(
    node.pool.ready().flatMap(({ validity }) => validity.provides.map(bytesToHex)),
  );
  while (offered.has(bytesToHex(nonceTag(who, nonce)))) nonce += 1;
  return nonce;
}

export function systemMethods(node: ChainView, identity: ChainIdentity): Methods {
  const { chain } = node;
  const startingBlock = chain.best().number;
  const nextIndex = (params: readonly Json[]): Json =>
    nextNonce(node, param(params, 0, "account", account));
  return {
    methods: {
      system_chain: () => identity.name,
      system_name: () => NODE_NAME,
      system_version: () => identity.version,
      system_properties: () => ({ ...node.properties }),
      system_chainType: () => identity.type,
      system_health: () => ({
        peers: node.peers().length,
        isSyncing: node.isSyncing,
        shouldHavePeers: true,
      }),
      system_nodeRoles: () => [node.role === "authority" ? "Authority" : "Full"],
      system_localPeerId: () => node.localPeer,
      system_localListenAddresses: () => [...(identity.listenAddresses ?? [])],
      system_syncState: () => ({
        startingBlock,
        currentBlock: chain.best().number,
        highestBlock: node.highestSeen(),
      }),
      system_accountNextIndex: nextIndex,
      account_nextIndex: nextIndex,
    },
    subscriptions: {},
  };
}

/** By the byte of the handshake. */
const ROLE_NAMES: ReadonlyMap<number, string> = new Map([
  [1, "FULL"],
  [2, "LIGHT"],
  [4, "AUTHORITY"],
]);

/** Code of Polkadot's nodes for a peer that nobody can make out. */
const MALFORMED_PEER = 2002;
/** Characters of an address or of a peer's id. */
const PEER_LENGTH_MAX = 512;

const peerText = (what: string): Param<string> => ({
  what,
  read: (value) =>
    typeof value === "string" && value.length <= PEER_LENGTH_MAX ? value : undefined,
});
const peerAddress = peerText("an address that ends with /p2p/ and the peer's id");
const peerName = peerText("the id of a peer");

/** Whom the node keeps connections to; for its owner. */
export const reservedPeerMethods = (node: RelayNode): Methods => ({
  methods: {
    system_reservedPeers: () => [...node.reservedPeers()],
    system_addReservedPeer: (params) => {
      const added = node.addReservedPeer(param(params, 0, "peer", peerAddress));
      if (added.ok) return null;
      throw new RpcError(MALFORMED_PEER, added.error.message);
    },
    system_removeReservedPeer: (params) => {
      const removed = node.removeReservedPeer(param(params, 0, "peerId", peerName));
      if (removed.ok) return null;
      throw new RpcError(MALFORMED_PEER, removed.error.message);
    },
  },
  subscriptions: {},
});

/** For the node's owner. */
export function unsafeSystemMethods(node: ChainView, peerStates: RelayNode["peerStates"]): Methods {
  const dryRun = (params: readonly Json[]): Json => {
    const extrinsic = extrinsicParam(params, 0);
    const block = blockParam(node, params, 1);
    return bytesToHex(
      callRuntime(node, block, "BlockBuilder_apply_extrinsic", encodeExtrinsic(extrinsic)),
    );
  };
  return {
    methods: {
      system_dryRun: dryRun,
      system_dryRunAt: dryRun,
      system_peers: () =>
        peerStates().map(({ peer, role, best }) => ({
          peerId: peer,
          roles: ROLE_NAMES.get(role) ?? "FULL",
          bestHash: best.hash,
          bestNumber: best.number,
        })),
    },
    subscriptions: {},
  };
}

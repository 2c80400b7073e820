/** A libp2p node with our protocols on it: what a process calls to be on the network. */
import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import type {
  ConnectionGater,
  Libp2p,
  PeerId as Libp2pPeerId,
  MultiaddrConnection,
} from "@libp2p/interface";
import { ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { webSockets } from "@libp2p/websockets";
import type { Clock, Logger } from "@parahost/base";
import { HostError, hexToBytes } from "@parahost/base";
import type { Ed25519Pair } from "@parahost/crypto";
import { createLibp2p } from "libp2p";
import { peerIdOfKey } from "../peer-id.ts";
import type { PeerId } from "../port.ts";
import { ReputationTable } from "../reputation.ts";
import { AddressBook, type PeerAddress } from "./address-book.ts";
import { BufferBudget } from "./buffer-budget.ts";
import {
  type GuardOptions,
  guardedNoise,
  guardedYamux,
  guardNewConnection,
} from "./guarded-transport.ts";
import { Libp2pNetwork } from "./libp2p-network.ts";
import { PeerPolicy } from "./peer-policy.ts";

const MIB = 1024 * 1024;
const TARGET = "sub-libp2p";

/** What the whole process may spend on its peers. */
export interface Libp2pLimits {
  readonly connections: number;
  /** Connections that have not finished their handshake; more are closed at once. */
  readonly pendingConnections: number;
  /** Negotiation, encryption and multiplexing of a connection take no longer. */
  readonly handshakeMs: number;
  /** New connections from one host in a second. */
  readonly connectionsPerSecond: number;
  /** Streams of one connection in each direction. */
  readonly streamsPerConnection: number;
  /** Parts of messages and messages that wait to leave, of all peers together. */
  readonly bufferedBytes: number;
}

export const DEFAULT_LIMITS: Libp2pLimits = {
  connections: 300,
  pendingConnections: 64,
  handshakeMs: 10_000,
  connectionsPerSecond: 64,
  streamsPerConnection: 512,
  bufferedBytes: 128 * MIB,
};

export interface Libp2pOptions {
  /** The key that our peer id is made from. */
  readonly identity: Ed25519Pair;
  /** Multiaddresses such as `/ip4/0.0.0.0/tcp/30333` and `/ip4/0.0.0.0/tcp/30334/ws`; port 0 is any. */
  readonly listen: readonly string[];
  /** Told to others instead of the addresses that we listen on. */
  readonly publicAddresses?: readonly string[];
  /** Where to find the first peers. */
  readonly bootnodes?: readonly PeerAddress[];
  readonly reservedPeers?: readonly PeerAddress[];
  /** Talk to reserved peers only, and let nobody else connect. */
  readonly reservedOnly?: boolean;
  readonly limits?: Partial<Libp2pLimits>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface RunningLibp2pNetwork {
  readonly network: Libp2pNetwork;
  /** Where others can reach us, with our peer id. */
  readonly addresses: readonly string[];
  /** Closes the network and waits until its sockets are closed. */
  stop(): Promise<void>;
}

/** Listens and is ready for protocols to be registered. Rejects with `HostError` when it cannot listen. */
export async function startLibp2pNetwork(options: Libp2pOptions): Promise<RunningLibp2pNetwork> {
  const { identity, listen, bootnodes = [], reservedPeers = [], clock, logger } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const localPeer = peerIdOfKey(hexToBytes(identity.publicKey));
  const only =
    options.reservedOnly === true ? new Set(reservedPeers.map(({ peer }) => peer)) : undefined;
  const policy = new PeerPolicy(localPeer, new ReputationTable(clock), only);
  const book = new AddressBook();
  const guard: GuardOptions = {
    clock,
    streamsMax: limits.streamsPerConnection,
    isOffered: (protocol) => node.getProtocols().includes(protocol),
    onViolation: (what) => logger.log("debug", TARGET, "a connection breaks the rules", { what }),
  };
  const node: Libp2p = await createLibp2p({
    start: false,
    privateKey: await generateKeyPairFromSeed("Ed25519", identity.seed),
    nodeInfo: { name: "parahost", version: "0.1.0", userAgent: "parahost/0.1.0" },
    addresses: { listen: [...listen], announce: [...(options.publicAddresses ?? [])] },
    transports: [
      tcp({ maxConnections: limits.connections + limits.pendingConnections }),
      webSockets(),
    ],
    connectionEncrypters: [guardedNoise(guard)],
    streamMuxers: [guardedYamux(guard)],
    services: { identify: identify(), ping: ping() },
    connectionGater: gater(policy, guard),
    connectionManager: {
      maxConnections: limits.connections,
      maxIncomingPendingConnections: limits.pendingConnections,
      inboundConnectionThreshold: limits.connectionsPerSecond,
      inboundUpgradeTimeout: limits.handshakeMs,
      dialTimeout: limits.handshakeMs,
    },
  });
  const network = new Libp2pNetwork(node, {
    clock,
    logger,
    policy,
    book,
    budget: new BufferBudget(limits.bufferedBytes),
  });
  for (const { peer, address } of [...bootnodes, ...reservedPeers])
    network.addAddresses(peer, [address]);
  try {
    await node.start();
  } catch (cause) {
    network.close();
    throw new HostError("cannotListen", { message: `no socket at ${listen.join(", ")}`, cause });
  }
  return {
    network,
    addresses: node.getMultiaddrs().map(String),
    stop: async () => {
      network.close();
      await node.stop();
    },
  };
}

/** Only ed25519 identities take part: ids contain the key, and collators sign over them. */
function gater(policy: PeerPolicy, guard: GuardOptions): ConnectionGater {
  const isRefused = (peer: Libp2pPeerId): boolean =>
    peer.type !== "Ed25519" || !policy.isWelcome(peer.toString() as PeerId);
  const guarded = (connection: MultiaddrConnection): boolean => {
    guardNewConnection(connection, guard);
    return false;
  };
  return {
    denyDialPeer: isRefused,
    denyInboundConnection: guarded,
    denyOutboundConnection: (_, connection) => guarded(connection),
    denyInboundEncryptedConnection: isRefused,
    denyOutboundEncryptedConnection: isRefused,
  };
}

/**
 * What both halves of the bridge share: the channels of the two peer sets, who is connected, and the
 * rule for whose connection is taken. Guide: Network Bridge, Peer Set Manager.
 */
import type { Clock, Logger } from "@parahost/base";
import {
  attestedCandidateProtocol,
  availableDataFetchingProtocol,
  type ChainIdentity,
  chunkFetchingProtocol,
  collationFetchingProtocol,
  collationProtocol,
  type IncomingRequest,
  isRole,
  type Network,
  type NotificationChannel,
  type NotificationProtocol,
  type PeerId,
  povFetchingProtocol,
  type RequestProtocol,
  Role,
  sendDisputeProtocol,
  type View,
  validationProtocol,
  votesProtocol,
} from "@parahost/network";
import type { AuthorityDiscovery } from "./authority-discovery.ts";
import type { PeerSet } from "./messages.ts";
import { PeerEvents } from "./peer-events.ts";

/** Peers of the validation set that are no authorities we want: half of 25, less one. */
const VALIDATION_OTHERS_MAX = 11;
/** Collators that one validator takes. */
const COLLATORS_MAX = 100;

export interface NetworkBridgeDependencies {
  readonly network: Network;
  readonly chain: ChainIdentity;
  /** What we say we are; only an authority takes collators. */
  readonly role: Role;
  readonly discovery: AuthorityDiscovery;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A peer as we know it in one peer set. */
export interface ConnectedPeer {
  view: View;
}

/** One peer set: its channel, its peers and the peers we want in it. */
export interface PeerSetState {
  readonly channel: NotificationChannel;
  readonly peers: Map<PeerId, ConnectedPeer>;
  reserved: ReadonlySet<PeerId>;
}

/** Our request protocols, by the message that asks. */
export type RequestProtocols = Readonly<
  Record<
    "availableData" | "chunk" | "collation" | "pov" | "attestedCandidate" | "dispute" | "votes",
    RequestProtocol
  >
>;

export type RequestName = keyof RequestProtocols;

export class NetworkBridge {
  readonly deps: NetworkBridgeDependencies;
  readonly sets: Readonly<Record<PeerSet, PeerSetState>>;
  readonly requests: RequestProtocols;
  readonly events = new PeerEvents();
  /** Answers peers' requests; until the receiving half runs they are refused. */
  onRequest: (name: RequestName, request: IncomingRequest) => void = (_, request) =>
    request.refuse();

  /** Registers all protocols; what arrives waits for the receiving half. */
  constructor(deps: NetworkBridgeDependencies) {
    this.deps = deps;
    const { chain, network } = deps;
    this.sets = {
      validation: this.#join("validation", validationProtocol),
      collation: this.#join("collation", collationProtocol),
    };
    this.requests = {
      availableData: availableDataFetchingProtocol(chain),
      chunk: chunkFetchingProtocol(chain),
      collation: collationFetchingProtocol(chain),
      pov: povFetchingProtocol(chain),
      attestedCandidate: attestedCandidateProtocol(chain),
      dispute: sendDisputeProtocol(chain),
      votes: votesProtocol(chain),
    };
    for (const name of Object.keys(this.requests) as RequestName[])
      network.registerRequests(this.requests[name], (request) => this.onRequest(name, request));
  }

  #join(
    peerSet: PeerSet,
    protocol: (
      chain: ChainIdentity,
      parts: Pick<NotificationProtocol, "handshake" | "accept">,
    ) => NotificationProtocol,
  ): PeerSetState {
    const parts = {
      handshake: () => new Uint8Array([this.deps.role]),
      accept: (peer: PeerId, handshake: Uint8Array) => this.#accept(peerSet, peer, handshake),
    };
    const channel: NotificationChannel = this.deps.network.registerNotifications(
      protocol(this.deps.chain, parts),
      (event) => {
        const taken = this.events.push(peerSet, event);
        if (!taken && event.type === "opened") channel.disconnect(event.peer);
      },
    );
    return { channel, peers: new Map(), reserved: new Set() };
  }

  #accept(peerSet: PeerSet, peer: PeerId, handshake: Uint8Array): boolean {
    const [role] = handshake;
    if (handshake.length !== 1 || role === undefined || !isRole(role)) return false;
    const { channel, reserved } = this.sets[peerSet];
    if (reserved.has(peer)) return true;
    if (peerSet === "collation" && this.deps.role !== Role.authority) return false;
    const others = channel.peers().filter((other) => !reserved.has(other)).length;
    return others < (peerSet === "validation" ? VALIDATION_OTHERS_MAX : COLLATORS_MAX);
  }
}

/**
 * A member of the network with all of a node's protocols and none of its behaviour: it says what it is
 * told to say, answers what it is told to answer, and remembers what it hears. Adversaries are made of it.
 */
import type { Result } from "@parahost/base";
import {
  attestedCandidateProtocol,
  BlockAnnouncesHandshake,
  blockAnnouncesProtocol,
  type ChainIdentity,
  chunkFetchingProtocol,
  collationFetchingProtocol,
  collationProtocol,
  grandpaProtocol,
  type Network,
  type NotificationChannel,
  type NotificationProtocol,
  type PeerId,
  povFetchingProtocol,
  type RequestError,
  type RequestProtocol,
  Role,
  sendDisputeProtocol,
  syncProtocol,
  transactionsProtocol,
  validationProtocol,
  votesProtocol,
} from "@parahost/network";
import { headerHash } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import type { Simulation } from "../simulation.ts";

export const NOTIFICATION_NAMES = [
  "blockAnnounces",
  "transactions",
  "grandpa",
  "validation",
  "collation",
] as const;
export type NotificationName = (typeof NOTIFICATION_NAMES)[number];

export const REQUEST_NAMES = [
  "sync",
  "chunk",
  "collation",
  "pov",
  "attestedCandidate",
  "dispute",
  "votes",
] as const;
export type RequestName = (typeof REQUEST_NAMES)[number];

/** Messages that are remembered. */
const HEARD_MAX = 10_000;

export interface Heard {
  readonly protocol: NotificationName;
  readonly peer: PeerId;
  readonly bytes: Uint8Array;
}

/** What to answer to a request; `undefined` refuses it. */
export type Answer = (payload: Uint8Array, peer: PeerId) => Uint8Array | undefined;

interface Notifications {
  readonly protocol: NotificationProtocol;
  readonly channel: NotificationChannel;
}

export class Stranger {
  readonly peer: PeerId;
  readonly heard: Heard[] = [];
  /** By protocol; requests without an answer here are refused. */
  readonly answers: Partial<Record<RequestName, Answer>> = {};
  /** Called for each message, after it was remembered. */
  onHeard: (heard: Heard) => void = () => {};
  readonly #network: Network;
  readonly #notifications: Readonly<Record<NotificationName, Notifications>>;
  readonly #requests: Readonly<Record<RequestName, RequestProtocol>>;

  /** Joins the network of a simulation under a name that is not in use. */
  constructor(simulation: Simulation, name: string, role: Role = Role.full) {
    this.#network = simulation.join(name);
    this.peer = this.#network.localPeer;
    const genesisHash = headerHash(simulation.network.genesis.header);
    const chain: ChainIdentity = { genesisHash };
    const saying = (handshake: Uint8Array) => ({ handshake: () => handshake, accept: () => true });
    const best = { bestNumber: 0, bestHash: genesisHash, genesisHash };
    const toSync = saying(encode(BlockAnnouncesHandshake, { role, ...best }));
    const toOthers = saying(new Uint8Array([role]));
    this.#notifications = {
      blockAnnounces: this.#join("blockAnnounces", blockAnnouncesProtocol(chain, toSync)),
      transactions: this.#join("transactions", transactionsProtocol(chain, toOthers)),
      grandpa: this.#join("grandpa", grandpaProtocol(chain, toOthers)),
      validation: this.#join("validation", validationProtocol(chain, toOthers)),
      collation: this.#join("collation", collationProtocol(chain, toOthers)),
    };
    this.#requests = {
      sync: this.#answer("sync", syncProtocol(chain)),
      chunk: this.#answer("chunk", chunkFetchingProtocol(chain)),
      collation: this.#answer("collation", collationFetchingProtocol(chain)),
      pov: this.#answer("pov", povFetchingProtocol(chain)),
      attestedCandidate: this.#answer("attestedCandidate", attestedCandidateProtocol(chain)),
      dispute: this.#answer("dispute", sendDisputeProtocol(chain)),
      votes: this.#answer("votes", votesProtocol(chain)),
    };
  }

  /** Keeps streams of these protocols open to these peers, and of the named protocols to no others. */
  connect(
    peers: readonly PeerId[],
    protocols: readonly NotificationName[] = NOTIFICATION_NAMES,
  ): void {
    for (const protocol of protocols) this.#notifications[protocol].channel.setReserved(peers);
  }

  isConnected(protocol: NotificationName, peer: PeerId): boolean {
    return this.#notifications[protocol].channel.peers().includes(peer);
  }

  /** False when no stream to the peer is open. */
  say(protocol: NotificationName, peer: PeerId, bytes: Uint8Array): boolean {
    return this.#notifications[protocol].channel.send(peer, bytes);
  }

  /** To every peer that a stream is open to. */
  sayToAll(protocol: NotificationName, bytes: Uint8Array): void {
    for (const peer of this.#notifications[protocol].channel.peers())
      this.say(protocol, peer, bytes);
  }

  ask(
    protocol: RequestName,
    peer: PeerId,
    payload: Uint8Array,
  ): Promise<Result<Uint8Array, RequestError>> {
    return this.#network.request(peer, this.#requests[protocol].name, payload, "tryConnect");
  }

  /** Bytes that a message of the protocol may have. */
  messageBytesMax(protocol: NotificationName): number {
    return this.#notifications[protocol].protocol.messageBytesMax;
  }

  /** Bytes that a request of the protocol may have. */
  requestBytesMax(protocol: RequestName): number {
    return this.#requests[protocol].requestBytesMax;
  }

  #join(name: NotificationName, protocol: NotificationProtocol): Notifications {
    const channel = this.#network.registerNotifications(protocol, (event) => {
      if (event.type !== "message") return;
      const heard = { protocol: name, peer: event.peer, bytes: event.bytes };
      if (this.heard.length < HEARD_MAX) this.heard.push(heard);
      this.onHeard(heard);
    });
    return { protocol, channel };
  }

  #answer(name: RequestName, protocol: RequestProtocol): RequestProtocol {
    this.#network.registerRequests(protocol, (request) => {
      const answer = this.answers[name]?.(request.payload, request.peer);
      if (answer === undefined) request.refuse();
      else request.respond(answer);
    });
    return protocol;
  }
}

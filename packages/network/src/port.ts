/**
 * The network as the node sees it: notification protocols (ordered messages to connected peers) and
 * request protocols (one question, one answer). Implementations: in memory, for nodes that share a
 * process and for the simulator; libp2p for separate processes.
 *
 * Everything that arrives here was chosen by somebody else: sizes are bounded before a handler sees
 * a byte, queues have a capacity, and a peer that does not keep to the rules pays with reputation.
 */
import type { Branded, Result } from "@parahost/base";

/** Name of a peer: base58 of its identity key over libp2p, any unique text in memory. */
export type PeerId = Branded<string, "PeerId">;
export const peerId = (text: string): PeerId => text as PeerId;

export interface NotificationProtocol {
  readonly name: string;
  /** Sent when a stream opens, so that the other side can refuse before anything else is said. */
  handshake(): Uint8Array;
  /** Longest message taken from a peer; a longer one costs the peer and closes the stream. */
  readonly messageBytesMax: number;
  /** Messages that may wait for one peer; a peer that does not read loses its stream beyond. */
  readonly queueMax: number;
  /**
   * Whether a stream that a peer wants to open is taken. Peers in the reserved set are asked about
   * too: the answer may depend on the handshake (another genesis).
   */
  accept(peer: PeerId, handshake: Uint8Array): boolean;
}

export type NotificationEvent =
  | { readonly type: "opened"; readonly peer: PeerId; readonly handshake: Uint8Array }
  | { readonly type: "closed"; readonly peer: PeerId }
  | { readonly type: "message"; readonly peer: PeerId; readonly bytes: Uint8Array };

/** Our side of one notification protocol. Events of one peer are delivered in order. */
export interface NotificationChannel {
  /** Peers whose stream is open now. */
  peers(): readonly PeerId[];
  /** False when the peer is not connected or does not read; the message is then gone. */
  send(peer: PeerId, bytes: Uint8Array): boolean;
  /**
   * The complete set of peers we want to be connected to in this protocol; replaces the last one.
   * Peers that left the set are disconnected, missing ones are dialled again until they answer.
   */
  setReserved(peers: Iterable<PeerId>): void;
  disconnect(peer: PeerId): void;
}

export interface RequestProtocol {
  readonly name: string;
  readonly requestBytesMax: number;
  readonly responseBytesMax: number;
  readonly timeoutMs: number;
  /** Requests being answered at one time; more are refused at once, not queued. */
  readonly inboundMax: number;
}

export interface IncomingRequest {
  readonly peer: PeerId;
  readonly payload: Uint8Array;
  /** Exactly one of the two, once; later calls have no effect. */
  respond(bytes: Uint8Array): void;
  refuse(): void;
}

export type RequestError =
  | { readonly code: "notConnected" }
  | { readonly code: "refused" }
  | { readonly code: "timeout" }
  | { readonly code: "unknownProtocol" }
  | { readonly code: "responseTooLarge"; readonly bytes: number };

/** What to do when we have no connection to the peer. */
export type IfDisconnected = "tryConnect" | "immediateError";

export interface Network {
  readonly localPeer: PeerId;
  registerNotifications(
    protocol: NotificationProtocol,
    onEvent: (event: NotificationEvent) => void,
  ): NotificationChannel;
  registerRequests(protocol: RequestProtocol, onRequest?: (request: IncomingRequest) => void): void;
  request(
    peer: PeerId,
    protocolName: string,
    payload: Uint8Array,
    ifDisconnected?: IfDisconnected,
  ): Promise<Result<Uint8Array, RequestError>>;
  /** Adds to a peer's reputation; a peer that falls below the limit is disconnected and refused. */
  report(peer: PeerId, delta: number, reason: string): void;
  isBanned(peer: PeerId): boolean;
  /** Closes every stream and answers every open request with an error. */
  close(): void;
}

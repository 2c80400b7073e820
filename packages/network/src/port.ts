/**
 * The network as the node sees it: notification protocols (ordered messages to connected peers) and
 * request protocols (one question, one answer). Implementations: in memory, for nodes that share a
 * process and for the simulator; libp2p for separate processes.
 *
 * Everything that arrives here was chosen by somebody else: sizes are bounded before a handler sees
 * a byte, queues have a capacity, and a peer that does not keep to the rules pays with reputation.
 */
import type { Branded, Result } from "@parahost/base";

/** Name of a peer: base58 of the multihash of its identity key, see `peer-id.ts`. */
export type PeerId = Branded<string, "PeerId">;
export const peerId = (text: string): PeerId => text as PeerId;

/** Longest handshake of any notification protocol; a longer one costs the peer and opens nothing. */
export const HANDSHAKE_BYTES_MAX = 1024;

export interface NotificationProtocol {
  readonly name: string;
  /** Older names under which the same messages are understood; members of a network in memory need none. */
  readonly fallbackNames?: readonly string[];
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
  /**
   * Peers outside the reserved set whose streams are taken, and to how many we open streams of our own
   * accord. Without it all that come are taken and none is looked for.
   */
  readonly slots?: { readonly inbound: number; readonly outbound: number };
}

export type NotificationEvent =
  | { readonly type: "opened"; readonly peer: PeerId; readonly handshake: Uint8Array }
  | { readonly type: "closed"; readonly peer: PeerId }
  | { readonly type: "message"; readonly peer: PeerId; readonly bytes: Uint8Array };

/**
 * Our side of one notification protocol. Events of one peer are delivered in order: opened, its
 * messages, closed, and so on. Messages that are on their way when a stream closes are lost with it.
 */
export interface NotificationChannel {
  /** Peers whose stream is open now. */
  peers(): readonly PeerId[];
  /**
   * False when the peer is not connected or does not read; the message is then gone. The bytes may
   * be handed on as they are and must not be changed afterwards.
   */
  send(peer: PeerId, bytes: Uint8Array): boolean;
  /**
   * The complete set of peers we want to be connected to in this protocol; replaces the last one.
   * Peers that left the set are disconnected; missing ones, whatever ended their stream, are dialled
   * again until they answer, but not while they are banned.
   */
  setReserved(peers: Iterable<PeerId>): void;
  /** Closes the stream. A peer of the reserved set is dialled again after a pause. */
  disconnect(peer: PeerId): void;
}

export interface RequestProtocol {
  readonly name: string;
  /** Older names under which the same question and answer are understood. */
  readonly fallbackNames?: readonly string[];
  /** A longer request costs the asker and is refused before a handler sees it. */
  readonly requestBytesMax: number;
  /** A longer answer costs who gave it and is an error. */
  readonly responseBytesMax: number;
  /** How long the asker waits, and how long a request that nobody answers takes up its place. */
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

export interface AddressError {
  readonly code: "badAddress";
  /** Says what is wrong with the address and how one looks. */
  readonly message: string;
}

export type RequestError =
  /** No connection, none to be had, or it ended before the answer. */
  | { readonly code: "notConnected" }
  /** The other side does not know the protocol, has too much to do, or does not want to answer us. */
  | { readonly code: "refused" }
  | { readonly code: "timeout" }
  /** We have not registered the protocol ourselves. */
  | { readonly code: "unknownProtocol" }
  | { readonly code: "responseTooLarge"; readonly bytes: number };

/** What to do when we have no connection to the peer. */
export type IfDisconnected = "tryConnect" | "immediateError";

export interface Network {
  readonly localPeer: PeerId;
  /** Joins a notification protocol. A name can be registered once. */
  registerNotifications(
    protocol: NotificationProtocol,
    onEvent: (event: NotificationEvent) => void,
  ): NotificationChannel;
  /**
   * Joins a request protocol; without a handler we only ask. A name can be registered once; who only asked so far may
   * answer from a second time on.
   */
  registerRequests(protocol: RequestProtocol, onRequest?: (request: IncomingRequest) => void): void;
  /** Asks a peer other than ourselves. Never rejects. */
  request(
    peer: PeerId,
    protocolName: string,
    payload: Uint8Array,
    ifDisconnected?: IfDisconnected,
  ): Promise<Result<Uint8Array, RequestError>>;
  /** Adds to a peer's reputation; a peer that falls below the limit is disconnected and refused. */
  report(peer: PeerId, delta: number, reason: string): void;
  isBanned(peer: PeerId): boolean;
  /**
   * Remembers where a peer is to be found, and lets it in even where strangers are shut out. The address ends with
   * `/p2p/` and the peer's id. Who is to be connected to is each protocol's affair: `setReserved`.
   */
  reserve(address: string): Result<PeerId, AddressError>;
  /** Where strangers are shut out the peer is one from now on. */
  unreserve(peer: PeerId): void;
  /** Closes every stream, answers every open request of ours with an error and refuses the others'. */
  close(): void;
}

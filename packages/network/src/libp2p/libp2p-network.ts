/**
 * The network of separate processes: libp2p below, the port above. Connections are opened when a
 * protocol wants to talk to a peer and closed when none does; what all peers together may cost is
 * bounded by `BufferBudget` and by the limits that `start.ts` gives to libp2p.
 */

import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { type Clock, err, type Logger, LruMap, ok, type Result, type Timer } from "@parahost/base";
import type { DiscoveryNetwork } from "../discovery/kademlia.ts";
import type {
  AddressError,
  IfDisconnected,
  IncomingRequest,
  Network,
  NotificationChannel,
  NotificationEvent,
  NotificationProtocol,
  PeerId,
  RequestError,
  RequestProtocol,
} from "../port.ts";
import { type AddressBook, parseMultiaddr, parsePeerAddress } from "./address-book.ts";
import type { BufferBudget } from "./buffer-budget.ts";
import { NotificationStreams } from "./notification-streams.ts";
import type { PeerPolicy } from "./peer-policy.ts";
import { type OpenStreamError, type Peers, remoteOf } from "./peers.ts";
import { RequestStreams } from "./request-streams.ts";

const TARGET = "sub-libp2p";
/** A peer must answer to a dial, and to the choice of a protocol, within this time. */
const DIAL_MS = 10_000;
/** Pause before an address is tried again that did not answer: doubled with each failure. */
const BACK_OFF_MS = 1_000;
const BACK_OFF_MS_MAX = 32_000;
const BACK_OFF_PEERS_MAX = 1_024;
/** How often free slots are filled and idle connections are looked for. */
const UPKEEP_MS = 2_000;
/** A connection that no protocol of ours has used for this long is closed; no question takes longer. */
const IDLE_MS = 60_000;
/** Streams of one protocol that one peer may have open with us while old ones end. */
const NOTIFICATION_STREAMS_MAX = 4;
const REQUEST_STREAMS_MAX = 256;
/** A peer needs one; another may come while its end is not noticed yet. */
const PIPES_MAX = 2;

export interface Libp2pNetworkPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly policy: PeerPolicy;
  readonly book: AddressBook;
  readonly budget: BufferBudget;
}

export class Libp2pNetwork implements Network, Peers, DiscoveryNetwork {
  readonly localPeer: PeerId;
  readonly clock: Clock;
  readonly budget: BufferBudget;
  readonly #node: Libp2p;
  readonly #logger: Logger;
  readonly #policy: PeerPolicy;
  readonly #book: AddressBook;
  readonly #notifications = new Map<string, NotificationStreams>();
  readonly #requests = new Map<string, RequestStreams>();
  /** Open connections; at most one in each direction with a peer. */
  readonly #connections = new Map<PeerId, Connection[]>();
  readonly #dials = new Map<PeerId, Promise<Connection | undefined>>();
  readonly #backOff = new LruMap<PeerId, { failures: number; until: number }>(BACK_OFF_PEERS_MAX);
  readonly #usedAt = new WeakMap<Connection, number>();
  #upkeep: Timer | undefined;
  #isClosed = false;

  /** `node` is started by the caller, and stopped by `close`. */
  constructor(node: Libp2p, ports: Libp2pNetworkPorts) {
    this.#node = node;
    this.clock = ports.clock;
    this.budget = ports.budget;
    this.#logger = ports.logger;
    this.#policy = ports.policy;
    this.#book = ports.book;
    this.localPeer = ports.policy.localPeer;
    node.addEventListener("connection:open", ({ detail }) => this.#onConnection(detail));
    node.addEventListener("connection:close", ({ detail }) => this.#onConnectionClosed(detail));
    node.addEventListener("peer:identify", ({ detail }) =>
      this.#onIdentified(detail.connection, detail.listenAddrs),
    );
    this.#upkeepLater();
  }

  registerNotifications(
    protocol: NotificationProtocol,
    onEvent: (event: NotificationEvent) => void,
  ): NotificationChannel {
    if (this.#notifications.has(protocol.name))
      throw new RangeError(`protocol ${protocol.name} is registered twice`);
    const streams = new NotificationStreams(protocol, onEvent, this);
    this.#notifications.set(protocol.name, streams);
    this.#handle(streams.names, NOTIFICATION_STREAMS_MAX, (stream, connection) =>
      streams.onInbound(stream, connection),
    );
    return streams;
  }

  registerRequests(
    protocol: RequestProtocol,
    onRequest?: (request: IncomingRequest) => void,
  ): void {
    const known = this.#requests.get(protocol.name);
    if (known !== undefined && (onRequest === undefined || known.answers))
      throw new RangeError(`protocol ${protocol.name} is registered twice`);
    const streams = known ?? new RequestStreams(protocol, this);
    this.#requests.set(protocol.name, streams);
    if (onRequest === undefined) return;
    streams.answerBy(onRequest);
    this.#handle(streams.names, REQUEST_STREAMS_MAX, (stream, connection) =>
      streams.onInbound(stream, connection),
    );
    this.#handle([streams.pipeName], PIPES_MAX, (stream, connection) =>
      streams.onPipe(stream, connection),
    );
  }

  request(
    peer: PeerId,
    protocolName: string,
    payload: Uint8Array,
    ifDisconnected: IfDisconnected = "immediateError",
  ): Promise<Result<Uint8Array, RequestError>> {
    const streams = this.#requests.get(protocolName);
    if (streams === undefined) return Promise.resolve(err({ code: "unknownProtocol" }));
    const connection = this.#connectionTo(peer);
    if (connection !== undefined) this.#usedAt.set(connection, this.clock.now());
    else if (ifDisconnected === "immediateError")
      return Promise.resolve(err({ code: "notConnected" }));
    return streams.ask(peer, payload);
  }

  report(peer: PeerId, delta: number, reason: string): void {
    const isBanned = this.#policy.report(peer, delta);
    this.#logger.log("debug", TARGET, "reputation of a peer", { peer, delta, reason, isBanned });
    if (isBanned) this.#hangUp(peer, "banned");
  }

  #hangUp(peer: PeerId, why: string): void {
    for (const streams of this.#notifications.values()) streams.disconnect(peer);
    for (const connection of this.#connections.get(peer) ?? []) connection.abort(new Error(why));
  }

  isBanned(peer: PeerId): boolean {
    return this.#policy.isBanned(peer);
  }

  reserve(address: string): Result<PeerId, AddressError> {
    const parsed = parsePeerAddress(address);
    if (!parsed.ok) return parsed;
    const { peer, address: where } = parsed.value;
    this.addAddresses(peer, [where]);
    this.#policy.admit(peer);
    return ok(peer);
  }

  unreserve(peer: PeerId): void {
    this.#policy.shutOut(peer);
    if (!this.#policy.isWelcome(peer)) this.#hangUp(peer, "a stranger from now on");
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#upkeep?.cancel();
    for (const streams of this.#notifications.values()) streams.close();
    for (const streams of this.#requests.values()) streams.close();
    // A graceful end waits for the other side, and says no more than this.
    for (const connection of [...this.#connections.values()].flat())
      connection.abort(new Error("closing"));
  }

  /** Where a peer may be found, by somebody else's word. */
  addAddresses(peer: PeerId, addresses: readonly Multiaddr[]): void {
    if (peer !== this.localPeer) this.#book.add(peer, addresses);
  }

  knownPeers(): readonly PeerId[] {
    return [...new Set([...this.#connections.keys(), ...this.#book.peers()])];
  }

  addressesOf(peer: PeerId): readonly Uint8Array[] {
    return this.#book.get(peer).map((address) => withPeer(address, peer).bytes);
  }

  learnAddresses(peer: PeerId, addresses: readonly Uint8Array[]): void {
    this.addAddresses(
      peer,
      addresses.flatMap((bytes) => parseMultiaddr(bytes) ?? []),
    );
  }

  // What protocols stand on

  isWelcome(peer: PeerId): boolean {
    return !this.#isClosed && this.#policy.isWelcome(peer);
  }

  isConnected(peer: PeerId): boolean {
    return this.#connectionTo(peer) !== undefined;
  }

  async openStream(
    peer: PeerId,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<Stream | OpenStreamError> {
    if (!this.isWelcome(peer)) return "notConnected";
    const connection = this.#connectionTo(peer) ?? (await this.#dial(peer));
    if (connection === undefined || signal.aborted) return "notConnected";
    this.#usedAt.set(connection, this.clock.now());
    try {
      return await connection.newStream([...names], {
        signal: AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS)]),
        maxOutboundStreams: REQUEST_STREAMS_MAX,
      });
    } catch {
      // Whatever the library calls it: the peer has no such protocol, or the connection is gone.
      return connection.status === "open" ? "refused" : "notConnected";
    }
  }

  // Connections

  #connectionTo(peer: PeerId): Connection | undefined {
    return this.#connections.get(peer)?.find(({ status }) => status === "open");
  }

  #dial(peer: PeerId): Promise<Connection | undefined> {
    const underWay = this.#dials.get(peer);
    if (underWay !== undefined) return underWay;
    const dial = this.#dialNow(peer).finally(() => this.#dials.delete(peer));
    this.#dials.set(peer, dial);
    return dial;
  }

  async #dialNow(peer: PeerId): Promise<Connection | undefined> {
    const addresses = this.#book.get(peer);
    const backOff = this.#backOff.get(peer);
    const isTooEarly = backOff !== undefined && this.clock.now() < backOff.until;
    if (this.#isClosed || addresses.length === 0 || isTooEarly) return undefined;
    try {
      const connection = await this.#node.dial(
        addresses.map((address) => withPeer(address, peer)),
        { signal: AbortSignal.timeout(DIAL_MS) },
      );
      this.#backOff.delete(peer);
      return connection;
    } catch (error) {
      const failures = (backOff?.failures ?? 0) + 1;
      const pause = Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS * 2 ** (failures - 1));
      this.#backOff.set(peer, { failures, until: this.clock.now() + pause });
      this.#logger.log("debug", TARGET, "a peer cannot be reached", { peer, failures, error });
      return undefined;
    }
  }

  #onConnection(connection: Connection): void {
    const peer = remoteOf(connection);
    const others = this.#connections.get(peer) ?? [];
    this.#usedAt.set(connection, this.clock.now());
    this.#backOff.delete(peer);
    this.#connections.set(peer, [...others, connection]);
    // Two that dial each other have one each; a further one means that the peer has lost the older.
    for (const other of others)
      if (other.direction === connection.direction) other.abort(new Error("replaced"));
    for (const streams of this.#notifications.values()) streams.onConnected(peer);
  }

  #onConnectionClosed(connection: Connection): void {
    const peer = remoteOf(connection);
    const left = (this.#connections.get(peer) ?? []).filter((other) => other !== connection);
    if (left.length > 0) {
      this.#connections.set(peer, left);
      return;
    }
    this.#connections.delete(peer);
    // The library would remember everybody who ever came.
    this.#node.peerStore.delete(connection.remotePeer).catch(() => {
      // Nothing was known of it.
    });
  }

  #onIdentified(connection: Connection, addresses: readonly Multiaddr[]): void {
    const isNear = isLoopback(connection.remoteAddr);
    this.addAddresses(
      remoteOf(connection),
      addresses.filter((address) => isNear || !isLoopback(address)),
    );
  }

  #upkeepLater(): void {
    this.#upkeep = this.clock.setTimer(UPKEEP_MS, () => {
      this.#closeIdle();
      this.#fillSlots();
      this.#upkeepLater();
    });
  }

  #closeIdle(): void {
    const before = this.clock.now() - IDLE_MS;
    for (const connections of this.#connections.values())
      for (const connection of connections) {
        const isUsed = connection.streams.some(({ protocol }) => this.#isOurs(protocol));
        if (isUsed) this.#usedAt.set(connection, this.clock.now());
        else if ((this.#usedAt.get(connection) ?? 0) < before)
          connection.close().catch((error: Error) => connection.abort(error));
      }
  }

  #isOurs(protocol: string): boolean {
    return this.#notifications.has(protocol) || this.#requests.has(protocol);
  }

  /** Opens streams to peers that nobody asked for by name, those first to whom we are connected. */
  #fillSlots(): void {
    const strangers = this.knownPeers();
    for (const streams of this.#notifications.values()) {
      let free = streams.outboundSlots();
      for (const peer of strangers) {
        if (free <= 0) break;
        if (!streams.isCandidate(peer) || !this.isWelcome(peer) || this.#isBackingOff(peer))
          continue;
        free -= 1;
        streams.dial(peer);
      }
    }
  }

  #isBackingOff(peer: PeerId): boolean {
    return this.clock.now() < (this.#backOff.get(peer)?.until ?? 0);
  }

  #handle(
    names: readonly string[],
    streamsMax: number,
    onInbound: (stream: Stream, connection: Connection) => void,
  ): void {
    const limits = { maxInboundStreams: streamsMax, maxOutboundStreams: REQUEST_STREAMS_MAX };
    const onStream = (stream: Stream, connection: Connection): void => {
      this.#usedAt.set(connection, this.clock.now());
      onInbound(stream, connection);
    };
    this.#node.handle([...names], onStream, limits).catch((error: unknown) => {
      this.#logger.log("error", TARGET, "a protocol cannot be offered", { names, error });
    });
  }
}

function withPeer(address: Multiaddr, peer: PeerId): Multiaddr {
  const hasPeer = address.getComponents().some(({ name }) => name === "p2p");
  return hasPeer ? address : address.encapsulate(multiaddr(`/p2p/${peer}`));
}

/** Whether the address is of the machine itself. */
function isLoopback(address: Multiaddr): boolean {
  const host = address.getComponents()[0]?.value ?? "";
  return host === "::1" || host === "localhost" || host.startsWith("127.");
}

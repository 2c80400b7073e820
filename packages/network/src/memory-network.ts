/**
 * A network inside one process: the same port as libp2p, bytes and all, with links whose latency,
 * loss and partitions a `LinkModel` decides. With a virtual clock and a seeded model a run repeats
 * exactly; with the system clock and `perfectLinks` it connects the nodes of `parahost up`.
 *
 * Messages cross the links; that a side has closed a stream is learnt by the other one at once. A
 * link that is cut closes nothing by itself: messages vanish until it is mended, as they do when
 * packets are lost on a real network long before a connection times out.
 *
 * Bounded: streams by what `accept` takes, messages under way by `queueMax`, requests being answered
 * by `inboundMax`, peers with a reputation by `ReputationTable`.
 */
import { type Clock, err, ok, type Result, type Timer } from "@parahost/base";
import {
  type AddressError,
  HANDSHAKE_BYTES_MAX,
  type IfDisconnected,
  type IncomingRequest,
  type Network,
  type NotificationChannel,
  type NotificationEvent,
  type NotificationProtocol,
  type PeerId,
  peerId,
  type RequestError,
  type RequestProtocol,
} from "./port.ts";
import { Reputation, ReputationTable } from "./reputation.ts";

/** What a link does to one message. */
export interface LinkModel {
  /**
   * Milliseconds until `bytes` bytes arrive, or `undefined` when they are lost. Called once per
   * message, in the order of sending.
   */
  delay(
    from: PeerId,
    to: PeerId,
    bytes: number,
    kind: "notification" | "request",
  ): number | undefined;
  /** Whether messages of one stream may overtake each other. */
  readonly reorders?: boolean;
}

/** Links that lose nothing and take no time. */
export const perfectLinks: LinkModel = { delay: () => 0 };

/** A peer that did not take our stream, or whose stream ended, is dialled again after this long. */
const REDIAL_MS = 1000;

/** One endpoint has made up its mind about another. */
export interface ReputationChange {
  readonly by: PeerId;
  readonly of: PeerId;
  readonly delta: number;
  readonly reason: string;
  /** Whether `of` is banned now. */
  readonly isBanned: boolean;
}

/** The medium that endpoints join. */
export class MemoryNetwork {
  readonly clock: Clock;
  readonly #links: LinkModel;
  readonly #onReputation: (change: ReputationChange) => void;
  readonly #endpoints = new Map<PeerId, Endpoint>();

  /** `onReputation` is told of everything that is reported, for those who watch from outside. */
  constructor(
    clock: Clock,
    links: LinkModel = perfectLinks,
    onReputation: (change: ReputationChange) => void = () => {},
  ) {
    this.clock = clock;
    this.#links = links;
    this.#onReputation = onReputation;
  }

  /** A new endpoint; the id must not be in use. */
  join(peer: PeerId): Network {
    if (this.#endpoints.has(peer)) throw new RangeError(`peer ${peer} has already joined`);
    const endpoint = new Endpoint(peer, this);
    this.#endpoints.set(peer, endpoint);
    return endpoint;
  }

  /** @internal */
  leave(peer: PeerId): void {
    this.#endpoints.delete(peer);
  }

  /** @internal */
  tellReputation(change: ReputationChange): void {
    this.#onReputation(change);
  }

  /** @internal */
  endpoint(peer: PeerId): Endpoint | undefined {
    return this.#endpoints.get(peer);
  }

  /** @internal Runs `arrive` at the far end unless the link loses the message. */
  carry(
    from: PeerId,
    to: PeerId,
    bytes: number,
    kind: "notification" | "request",
    arrive: () => void,
  ): void {
    const delay = this.#links.delay(from, to, bytes, kind);
    if (delay === undefined) return;
    this.clock.setTimer(delay, arrive);
  }

  /**
   * @internal As `carry`, for one message of a stream: it waits for those sent before it unless the
   * links reorder. Timers alone would not keep the order, since a system clock can be set back.
   */
  carryInOrder(underWay: Letter[], from: PeerId, to: PeerId, letter: Letter): void {
    const delay = this.#links.delay(from, to, letter.byteLength, "notification");
    if (delay === undefined) return;
    underWay.push(letter);
    this.clock.setTimer(delay, () => {
      letter.hasArrived = true;
      if (this.#links.reorders === true) {
        underWay.splice(underWay.indexOf(letter), 1);
        letter.deliver();
        return;
      }
      for (let first = underWay[0]; first?.hasArrived === true; first = underWay[0]) {
        underWay.shift();
        first.deliver();
      }
    });
  }
}

/** One message of a stream on its way. */
interface Letter {
  readonly byteLength: number;
  hasArrived: boolean;
  deliver(): void;
}

/** A stream between two endpoints: both hold the same object, until each knows of its end. */
interface Stream {
  isOpen: boolean;
}

/** Our end of a stream. */
interface StreamEnd {
  readonly stream: Stream;
  /** What we have sent and what has not been delivered yet. */
  readonly underWay: Letter[];
}

interface Registered {
  readonly protocol: NotificationProtocol;
  readonly onEvent: (event: NotificationEvent) => void;
  readonly streams: Map<PeerId, StreamEnd>;
  reserved: Set<PeerId>;
}

interface RequestHandler {
  readonly protocol: RequestProtocol;
  readonly onRequest: ((request: IncomingRequest) => void) | undefined;
  /** Refuses one request being answered; as many as there are. */
  readonly inbound: Set<() => void>;
}

class Endpoint implements Network {
  readonly localPeer: PeerId;
  readonly #hub: MemoryNetwork;
  readonly #reputation: ReputationTable;
  readonly #notifications = new Map<string, Registered>();
  readonly #requests = new Map<string, RequestHandler>();
  readonly #openRequests = new Set<(error: RequestError) => void>();
  #redial: Timer | undefined;
  #isClosed = false;

  constructor(localPeer: PeerId, hub: MemoryNetwork) {
    this.localPeer = localPeer;
    this.#hub = hub;
    this.#reputation = new ReputationTable(hub.clock);
  }

  registerNotifications(
    protocol: NotificationProtocol,
    onEvent: (event: NotificationEvent) => void,
  ): NotificationChannel {
    if (this.#notifications.has(protocol.name))
      throw new RangeError(`protocol ${protocol.name} is registered twice`);
    const registered: Registered = { protocol, onEvent, streams: new Map(), reserved: new Set() };
    this.#notifications.set(protocol.name, registered);
    return {
      peers: () => [...registered.streams.keys()],
      send: (peer, bytes) => this.#send(registered, peer, bytes),
      setReserved: (peers) => this.#setReserved(registered, peers),
      disconnect: (peer) => this.#disconnect(registered, peer),
    };
  }

  registerRequests(
    protocol: RequestProtocol,
    onRequest?: (request: IncomingRequest) => void,
  ): void {
    const known = this.#requests.get(protocol.name);
    if (known !== undefined && (onRequest === undefined || known.onRequest !== undefined))
      throw new RangeError(`protocol ${protocol.name} is registered twice`);
    this.#requests.set(protocol.name, { protocol, onRequest, inbound: new Set() });
  }

  request(
    peer: PeerId,
    protocolName: string,
    payload: Uint8Array,
    ifDisconnected: IfDisconnected = "immediateError",
  ): Promise<Result<Uint8Array, RequestError>> {
    const protocol = this.#requests.get(protocolName)?.protocol;
    if (protocol === undefined) return Promise.resolve(err({ code: "unknownProtocol" }));
    const remote = this.#canReach(peer, ifDisconnected) ? this.#hub.endpoint(peer) : undefined;
    if (remote === undefined) return Promise.resolve(err({ code: "notConnected" }));
    return new Promise((resolve) => {
      const settle = (result: Result<Uint8Array, RequestError>): void => {
        if (!this.#openRequests.delete(fail)) return;
        timeout.cancel();
        resolve(result);
      };
      const fail = (error: RequestError): void => settle(err(error));
      this.#openRequests.add(fail);
      const timeout = this.#hub.clock.setTimer(protocol.timeoutMs, () => fail({ code: "timeout" }));
      const onResponse = (response: Uint8Array | undefined): void => {
        if (response === undefined) fail({ code: "refused" });
        else if (response.length <= protocol.responseBytesMax) settle(ok(response));
        else {
          this.report(peer, Reputation.costMajor, "oversized response");
          fail({ code: "responseTooLarge", bytes: response.length });
        }
      };
      this.#hub.carry(this.localPeer, peer, payload.length, "request", () =>
        remote.#answer(this.localPeer, protocolName, payload, (response) =>
          this.#hub.carry(peer, this.localPeer, response?.length ?? 0, "request", () =>
            onResponse(response),
          ),
        ),
      );
    });
  }

  report(peer: PeerId, delta: number, reason: string): void {
    const isBanned = this.#reputation.report(peer, delta);
    this.#hub.tellReputation({ by: this.localPeer, of: peer, delta, reason, isBanned });
    if (!isBanned) return;
    for (const registered of this.#notifications.values()) this.#disconnect(registered, peer);
  }

  isBanned(peer: PeerId): boolean {
    return this.#reputation.isBanned(peer);
  }

  reserve(address: string): Result<PeerId, AddressError> {
    const [, id] = /\/p2p\/([^/]+)$/.exec(address) ?? [];
    if (id !== undefined) return ok(peerId(id));
    const message = `${JSON.stringify(address.slice(0, 100))} is no address of a peer: it does not end with /p2p/ and an id`;
    return err({ code: "badAddress", message });
  }

  unreserve(): void {
    // Nobody is shut out here.
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const registered of this.#notifications.values())
      for (const peer of [...registered.streams.keys()]) this.#disconnect(registered, peer);
    this.#redial?.cancel();
    for (const fail of [...this.#openRequests]) fail({ code: "notConnected" });
    for (const { inbound } of this.#requests.values()) for (const refuse of [...inbound]) refuse();
    this.#hub.leave(this.localPeer);
  }

  // Connections

  #canReach(peer: PeerId, ifDisconnected: IfDisconnected): boolean {
    if (this.#isClosed || peer === this.localPeer || this.isBanned(peer)) return false;
    if (ifDisconnected === "tryConnect") return true;
    for (const { streams } of this.#notifications.values()) if (streams.has(peer)) return true;
    return false;
  }

  #setReserved(registered: Registered, peers: Iterable<PeerId>): void {
    const before = registered.reserved;
    const wanted = new Set(peers);
    wanted.delete(this.localPeer);
    registered.reserved = wanted;
    for (const peer of before) if (!wanted.has(peer)) this.#disconnect(registered, peer);
    // Those that were wanted before have been dialled, and will be again when it is time.
    for (const peer of wanted) if (!before.has(peer)) this.#dial(registered, peer);
  }

  #redialMissing(): void {
    for (const registered of this.#notifications.values())
      for (const peer of registered.reserved) this.#dial(registered, peer);
  }

  /** A peer that is not there, or has closed on us, is not dialled at once: it had a reason. */
  #dialLater(): void {
    if (this.#isClosed) return;
    this.#redial ??= this.#hub.clock.setTimer(REDIAL_MS, () => {
      this.#redial = undefined;
      this.#redialMissing();
    });
  }

  /** Dials a peer that is not connected, and sees to it that it is tried again. */
  #dial(registered: Registered, peer: PeerId): void {
    if (this.#isClosed || registered.streams.has(peer)) return;
    this.#dialLater();
    const remote = this.#hub.endpoint(peer);
    if (remote === undefined || this.isBanned(peer)) return;
    const { protocol, streams } = registered;
    const handshake = protocol.handshake();
    this.#hub.carry(this.localPeer, peer, handshake.length, "request", () => {
      const isWanted = registered.reserved.has(peer) && !this.isBanned(peer);
      if (this.#isClosed || !isWanted || streams.has(peer)) return;
      const stream: Stream = { isOpen: true };
      const theirs = remote.#accept(protocol.name, this.localPeer, handshake, stream);
      if (theirs === undefined) return;
      if (!this.#takesHandshake(protocol, peer, theirs)) {
        stream.isOpen = false;
        remote.#onClosed(protocol.name, this.localPeer, stream);
        return;
      }
      this.#open(registered, peer, theirs, stream);
    });
  }

  /** The other side wants to open a stream: our handshake, or `undefined` for a refusal. */
  #accept(
    protocolName: string,
    peer: PeerId,
    handshake: Uint8Array,
    stream: Stream,
  ): Uint8Array | undefined {
    const registered = this.#notifications.get(protocolName);
    if (this.#isClosed || registered === undefined || this.isBanned(peer)) return undefined;
    // Whoever dials has no stream, so one that we have is over and the news is on its way.
    const stale = registered.streams.get(peer);
    if (stale !== undefined) this.#onClosed(protocolName, peer, stale.stream);
    if (!this.#hasSlot(registered, peer)) return undefined;
    if (!this.#takesHandshake(registered.protocol, peer, handshake)) return undefined;
    const ours = registered.protocol.handshake();
    this.#open(registered, peer, handshake, stream);
    return ours;
  }

  /** Whether there is a slot for a stranger. Nobody here looks for strangers of his own accord. */
  #hasSlot({ protocol, reserved, streams }: Registered, peer: PeerId): boolean {
    if (protocol.slots === undefined || reserved.has(peer)) return true;
    let strangers = 0;
    for (const other of streams.keys()) if (!reserved.has(other)) strangers += 1;
    return strangers < protocol.slots.inbound;
  }

  #takesHandshake(protocol: NotificationProtocol, peer: PeerId, handshake: Uint8Array): boolean {
    if (handshake.length <= HANDSHAKE_BYTES_MAX) return protocol.accept(peer, handshake);
    this.report(peer, Reputation.costMajor, "oversized handshake");
    return false;
  }

  #open(registered: Registered, peer: PeerId, handshake: Uint8Array, stream: Stream): void {
    registered.streams.set(peer, { stream, underWay: [] });
    registered.onEvent({ type: "opened", peer, handshake });
  }

  /** We end the stream, if there is one. */
  #disconnect(registered: Registered, peer: PeerId): void {
    const stream = registered.streams.get(peer)?.stream;
    if (stream === undefined) return;
    const { name } = registered.protocol;
    this.#onClosed(name, peer, stream);
    this.#hub.clock.setTimer(0, () => {
      const remote = this.#hub.endpoint(peer);
      if (remote !== undefined) remote.#onClosed(name, this.localPeer, stream);
    });
  }

  /** The stream is over. Nothing happens when a later one has taken its place. */
  #onClosed(protocolName: string, peer: PeerId, stream: Stream): void {
    const registered = this.#notifications.get(protocolName);
    if (registered === undefined || registered.streams.get(peer)?.stream !== stream) return;
    stream.isOpen = false;
    registered.streams.delete(peer);
    if (registered.reserved.has(peer)) this.#dialLater();
    registered.onEvent({ type: "closed", peer });
  }

  // Notifications

  #send(registered: Registered, peer: PeerId, bytes: Uint8Array): boolean {
    const end = registered.streams.get(peer);
    if (end === undefined || !end.stream.isOpen) return false;
    if (end.underWay.length >= registered.protocol.queueMax) {
      this.#disconnect(registered, peer);
      return false;
    }
    const { name } = registered.protocol;
    this.#hub.carryInOrder(end.underWay, this.localPeer, peer, {
      byteLength: bytes.length,
      hasArrived: false,
      deliver: () => {
        const remote = this.#hub.endpoint(peer);
        if (remote !== undefined) remote.#receive(name, this.localPeer, end.stream, bytes);
      },
    });
    return true;
  }

  #receive(protocolName: string, peer: PeerId, stream: Stream, bytes: Uint8Array): void {
    const registered = this.#notifications.get(protocolName);
    if (registered === undefined || registered.streams.get(peer)?.stream !== stream) return;
    if (!stream.isOpen) return;
    if (bytes.length > registered.protocol.messageBytesMax) {
      this.report(peer, Reputation.costMajor, "oversized message");
      this.#disconnect(registered, peer);
      return;
    }
    registered.onEvent({ type: "message", peer, bytes });
  }

  // Requests of others

  #answer(
    peer: PeerId,
    protocolName: string,
    payload: Uint8Array,
    reply: (response: Uint8Array | undefined) => void,
  ): void {
    const handler = this.#requests.get(protocolName);
    if (this.#isClosed || handler?.onRequest === undefined || this.isBanned(peer)) {
      reply(undefined);
      return;
    }
    const { protocol, inbound, onRequest } = handler;
    if (payload.length > protocol.requestBytesMax) {
      this.report(peer, Reputation.costMajor, "oversized request");
      reply(undefined);
      return;
    }
    if (inbound.size >= protocol.inboundMax) {
      reply(undefined);
      return;
    }
    const finish = (response: Uint8Array | undefined): void => {
      if (!inbound.delete(refuse)) return;
      expiry.cancel();
      reply(response);
    };
    const refuse = (): void => finish(undefined);
    inbound.add(refuse);
    const expiry = this.#hub.clock.setTimer(protocol.timeoutMs, refuse);
    onRequest({ peer, payload, respond: finish, refuse });
  }
}

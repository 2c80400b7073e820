/**
 * A network inside one process: the same port as libp2p, bytes and all, with links whose latency,
 * loss and partitions a `LinkModel` decides. With a virtual clock and a seeded model a run repeats
 * exactly; with the system clock and `perfectLinks` it connects the nodes of `parahost up`.
 *
 * A stream between two peers is open when both have it open. A link that is cut closes nothing by
 * itself: messages vanish until it is mended, as they do when packets are lost on a real network
 * long before a connection times out.
 */
import { type Clock, err, ok, type Result, type Timer } from "@parahost/base";
import type {
  IfDisconnected,
  IncomingRequest,
  Network,
  NotificationChannel,
  NotificationEvent,
  NotificationProtocol,
  PeerId,
  RequestError,
  RequestProtocol,
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

/** A peer that did not take our stream is asked again after this long. */
const REDIAL_MS = 1000;

/** The medium that endpoints join. */
export class MemoryNetwork {
  readonly clock: Clock;
  readonly #links: LinkModel;
  readonly #endpoints = new Map<PeerId, Endpoint>();

  constructor(clock: Clock, links: LinkModel = perfectLinks) {
    this.clock = clock;
    this.#links = links;
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

  /** @internal As `carry`, but messages of one stream stay in order unless the links reorder. */
  carryInOrder(stream: Stream, from: PeerId, to: PeerId, bytes: number, arrive: () => void): void {
    const delay = this.#links.delay(from, to, bytes, "notification");
    if (delay === undefined) return;
    const now = this.clock.now();
    const at =
      this.#links.reorders === true ? now + delay : Math.max(now + delay, stream.lastArrival);
    stream.lastArrival = at;
    stream.inFlight += 1;
    this.clock.setTimer(at - now, () => {
      stream.inFlight -= 1;
      arrive();
    });
  }
}

/** Our half of an open stream to one peer. */
interface Stream {
  open: boolean;
  lastArrival: number;
  inFlight: number;
}

interface Registered {
  readonly protocol: NotificationProtocol;
  readonly onEvent: (event: NotificationEvent) => void;
  readonly streams: Map<PeerId, Stream>;
  reserved: Set<PeerId>;
}

interface RequestHandler {
  readonly protocol: RequestProtocol;
  readonly onRequest: ((request: IncomingRequest) => void) | undefined;
  inbound: number;
}

class Endpoint implements Network {
  readonly localPeer: PeerId;
  readonly #hub: MemoryNetwork;
  readonly #reputation: ReputationTable;
  readonly #notifications = new Map<string, Registered>();
  readonly #requests = new Map<string, RequestHandler>();
  readonly #openRequests = new Set<(error: RequestError) => void>();
  #redial: Timer | undefined;
  #closed = false;

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
    if (this.#requests.has(protocol.name))
      throw new RangeError(`protocol ${protocol.name} is registered twice`);
    this.#requests.set(protocol.name, { protocol, onRequest, inbound: 0 });
  }

  request(
    peer: PeerId,
    protocolName: string,
    payload: Uint8Array,
    ifDisconnected: IfDisconnected = "immediateError",
  ): Promise<Result<Uint8Array, RequestError>> {
    const handler = this.#requests.get(protocolName);
    if (handler === undefined) return Promise.resolve(err({ code: "unknownProtocol" }));
    const remote = this.#hub.endpoint(peer);
    const connected = this.#isConnected(peer);
    if (this.#closed || remote === undefined || (!connected && ifDisconnected === "immediateError"))
      return Promise.resolve(err({ code: "notConnected" }));
    return new Promise((resolve) => {
      const settle = (result: Result<Uint8Array, RequestError>): void => {
        if (!this.#openRequests.delete(fail)) return;
        timeout.cancel();
        resolve(result);
      };
      const fail = (error: RequestError): void => settle(err(error));
      this.#openRequests.add(fail);
      const timeout = this.#hub.clock.setTimer(handler.protocol.timeoutMs, () =>
        fail({ code: "timeout" }),
      );
      this.#hub.carry(this.localPeer, peer, payload.length, "request", () =>
        remote.#answer(this.localPeer, protocolName, payload, (response) => {
          this.#hub.carry(peer, this.localPeer, response?.length ?? 0, "request", () => {
            if (response === undefined) fail({ code: "refused" });
            else if (response.length > handler.protocol.responseBytesMax)
              fail({ code: "responseTooLarge", bytes: response.length });
            else settle(ok(response));
          });
        }),
      );
    });
  }

  report(peer: PeerId, delta: number, _reason: string): void {
    if (!this.#reputation.report(peer, delta)) return;
    for (const registered of this.#notifications.values()) this.#disconnect(registered, peer);
  }

  isBanned(peer: PeerId): boolean {
    return this.#reputation.isBanned(peer);
  }

  close(): void {
    if (this.#closed) return;
    for (const registered of this.#notifications.values())
      for (const peer of [...registered.streams.keys()]) this.#disconnect(registered, peer);
    this.#closed = true;
    this.#redial?.cancel();
    for (const fail of [...this.#openRequests]) fail({ code: "notConnected" });
    this.#hub.leave(this.localPeer);
  }

  #isConnected(peer: PeerId): boolean {
    for (const registered of this.#notifications.values())
      if (registered.streams.has(peer)) return true;
    return false;
  }

  #setReserved(registered: Registered, peers: Iterable<PeerId>): void {
    const wanted = new Set(peers);
    wanted.delete(this.localPeer);
    const left = [...registered.reserved].filter((peer) => !wanted.has(peer));
    registered.reserved = wanted;
    for (const peer of left) this.#disconnect(registered, peer);
    this.#dialMissing();
  }

  /** Dials reserved peers that are not connected, now and again until all are. */
  #dialMissing(): void {
    this.#redial?.cancel();
    this.#redial = undefined;
    if (this.#closed) return;
    let missing = false;
    for (const registered of this.#notifications.values())
      for (const peer of registered.reserved) {
        if (registered.streams.has(peer)) continue;
        this.#dial(registered, peer);
        missing = true;
      }
    if (missing) this.#dialLater();
  }

  /** A peer that closed on us is not dialled at once: it had a reason. */
  #dialLater(): void {
    if (this.#closed) return;
    this.#redial ??= this.#hub.clock.setTimer(REDIAL_MS, () => this.#dialMissing());
  }

  #dial(registered: Registered, peer: PeerId): void {
    const remote = this.#hub.endpoint(peer);
    if (remote === undefined || this.isBanned(peer)) return;
    const handshake = registered.protocol.handshake();
    this.#hub.carry(this.localPeer, peer, handshake.length, "request", () => {
      if (this.#closed || registered.streams.has(peer)) return;
      const theirs = remote.#accept(registered.protocol.name, this.localPeer, handshake);
      if (theirs === undefined) return;
      if (!registered.protocol.accept(peer, theirs)) {
        remote.#closedBy(registered.protocol.name, this.localPeer);
        return;
      }
      this.#open(registered, peer, theirs);
    });
  }

  /** The other side wants to open a stream: our handshake, or `undefined` for a refusal. */
  #accept(protocolName: string, peer: PeerId, handshake: Uint8Array): Uint8Array | undefined {
    const registered = this.#notifications.get(protocolName);
    if (this.#closed || registered === undefined || this.isBanned(peer)) return undefined;
    if (!registered.protocol.accept(peer, handshake)) return undefined;
    const ours = registered.protocol.handshake();
    if (!registered.streams.has(peer)) this.#open(registered, peer, handshake);
    return ours;
  }

  #open(registered: Registered, peer: PeerId, handshake: Uint8Array): void {
    registered.streams.set(peer, { open: true, lastArrival: 0, inFlight: 0 });
    registered.onEvent({ type: "opened", peer, handshake });
  }

  #disconnect(registered: Registered, peer: PeerId): void {
    const stream = registered.streams.get(peer);
    if (stream === undefined) return;
    stream.open = false;
    registered.streams.delete(peer);
    registered.onEvent({ type: "closed", peer });
    const remote = this.#hub.endpoint(peer);
    if (remote === undefined) return;
    this.#hub.clock.setTimer(0, () => remote.#closedBy(registered.protocol.name, this.localPeer));
  }

  #closedBy(protocolName: string, peer: PeerId): void {
    const registered = this.#notifications.get(protocolName);
    const stream = registered?.streams.get(peer);
    if (registered === undefined || stream === undefined) return;
    stream.open = false;
    registered.streams.delete(peer);
    registered.onEvent({ type: "closed", peer });
    if (registered.reserved.has(peer)) this.#dialLater();
  }

  #send(registered: Registered, peer: PeerId, bytes: Uint8Array): boolean {
    const stream = registered.streams.get(peer);
    const remote = this.#hub.endpoint(peer);
    if (stream === undefined || remote === undefined) return false;
    if (stream.inFlight >= registered.protocol.queueMax) {
      this.#disconnect(registered, peer);
      return false;
    }
    this.#hub.carryInOrder(stream, this.localPeer, peer, bytes.length, () => {
      if (stream.open) remote.#receive(registered.protocol.name, this.localPeer, bytes);
    });
    return true;
  }

  #receive(protocolName: string, peer: PeerId, bytes: Uint8Array): void {
    const registered = this.#notifications.get(protocolName);
    if (this.#closed || registered === undefined || !registered.streams.has(peer)) return;
    if (bytes.length > registered.protocol.messageBytesMax) {
      this.report(peer, Reputation.costMajor, "oversized message");
      this.#disconnect(registered, peer);
      return;
    }
    registered.onEvent({ type: "message", peer, bytes });
  }

  #answer(
    peer: PeerId,
    protocolName: string,
    payload: Uint8Array,
    reply: (response: Uint8Array | undefined) => void,
  ): void {
    const handler = this.#requests.get(protocolName);
    if (this.#closed || handler?.onRequest === undefined || this.isBanned(peer)) {
      reply(undefined);
      return;
    }
    if (payload.length > handler.protocol.requestBytesMax) {
      this.report(peer, Reputation.costMajor, "oversized request");
      reply(undefined);
      return;
    }
    if (handler.inbound >= handler.protocol.inboundMax) {
      reply(undefined);
      return;
    }
    handler.inbound += 1;
    let answered = false;
    const once = (response: Uint8Array | undefined): void => {
      if (answered) return;
      answered = true;
      handler.inbound -= 1;
      reply(response);
    };
    handler.onRequest({ peer, payload, respond: once, refuse: () => once(undefined) });
  }
}

/**
 * One notification protocol over libp2p. Each side opens a substream of its own and speaks only there,
 * after both have said their handshake; the two together are what the port calls a stream.
 * Reference: consensus 7.2.
 */

import type { Connection, Stream } from "@libp2p/interface";
import { LruMap, type Timer } from "@parahost/base";
import {
  HANDSHAKE_BYTES_MAX,
  type NotificationChannel,
  type NotificationEvent,
  type NotificationProtocol,
  type PeerId,
} from "../port.ts";
import { Reputation } from "../reputation.ts";
import { encodeFrames, type FrameError } from "./frames.ts";
import { type Peers, remoteOf } from "./peers.ts";
import { Substream } from "./substream.ts";

/** Both substreams must be open after this long. */
const OPENING_MS = 10_000;
/** A peer that was turned away may have opened a substream before it knew. */
const TURNED_AWAY_MS = 500;
/** Pause before a reserved peer is tried again: doubled with each failure. */
const REDIAL_MS = 1_000;
const REDIAL_MS_MAX = 16_000;
/** A stranger that refused is not asked again for this long. */
const REFUSED_MS = 60_000;
const REFUSALS_MAX = 1_024;
/** Messages are put together until they are about as long as this. */
const BATCH_BYTES = 64 * 1024;

/** A stream with one peer, or what there is of it. */
interface Link {
  readonly peer: PeerId;
  /** Whether we began it. */
  readonly isOurs: boolean;
  /** What we speak on; `undefined` until it is open. */
  outbound: Substream | undefined;
  /** Ends the opening of our substream. */
  readonly opening: AbortController;
  isOpening: boolean;
  /** Whether they have accepted what we opened. */
  isAccepted: boolean;
  /** What they speak on, and over which connection. */
  inbound: Substream | undefined;
  inboundConnection: Connection | undefined;
  isInboundReady: boolean;
  /** Theirs, once it was accepted. */
  handshake: Uint8Array | undefined;
  isOpen: boolean;
  readonly queue: Uint8Array[];
  flush: Timer | undefined;
  expiry: Timer | undefined;
}

export class NotificationStreams implements NotificationChannel {
  readonly names: readonly string[];
  readonly #protocol: NotificationProtocol;
  readonly #onEvent: (event: NotificationEvent) => void;
  readonly #peers: Peers;
  readonly #links = new Map<PeerId, Link>();
  readonly #turnedAway = new Map<PeerId, Timer>();
  /** Reserved peers that are not connected, and how often they were tried. */
  readonly #redials = new Map<PeerId, { failures: number; timer: Timer | undefined }>();
  /** Strangers that did not take our stream, and until when they are let alone. */
  readonly #refusals = new LruMap<PeerId, number>(REFUSALS_MAX);
  #reserved = new Set<PeerId>();
  #isClosed = false;

  constructor(
    protocol: NotificationProtocol,
    onEvent: (event: NotificationEvent) => void,
    peers: Peers,
  ) {
    this.names = [protocol.name, ...(protocol.fallbackNames ?? [])];
    this.#protocol = protocol;
    this.#onEvent = onEvent;
    this.#peers = peers;
  }

  /** How many more streams to strangers we are to open. */
  outboundSlots(): number {
    let free = this.#protocol.slots?.outbound ?? 0;
    for (const { peer, isOurs } of this.#links.values())
      if (isOurs && !this.#reserved.has(peer)) free -= 1;
    return free;
  }

  peers(): readonly PeerId[] {
    return [...this.#links.values()].filter(({ isOpen }) => isOpen).map(({ peer }) => peer);
  }

  /** Whether a stranger may be tried: there is no stream with it, and it has not refused one of late. */
  isCandidate(peer: PeerId): boolean {
    if (this.#links.has(peer) || this.#reserved.has(peer)) return false;
    return (this.#refusals.get(peer) ?? 0) < this.#peers.clock.now();
  }

  send(peer: PeerId, bytes: Uint8Array): boolean {
    const link = this.#links.get(peer);
    if (link?.isOpen !== true) return false;
    if (link.queue.length >= this.#protocol.queueMax || !this.#peers.budget.take(bytes.length)) {
      this.#turnAway(link);
      return false;
    }
    link.queue.push(bytes);
    this.#flushSoon(link);
    return true;
  }

  setReserved(peers: Iterable<PeerId>): void {
    const before = this.#reserved;
    this.#reserved = new Set(peers);
    for (const peer of before) if (!this.#reserved.has(peer)) this.disconnect(peer);
    for (const [peer, { timer }] of this.#redials)
      if (!this.#reserved.has(peer)) {
        timer?.cancel();
        this.#redials.delete(peer);
      }
    for (const peer of this.#reserved) if (!before.has(peer)) this.dial(peer);
  }

  disconnect(peer: PeerId): void {
    const link = this.#links.get(peer);
    if (link !== undefined) this.#turnAway(link);
  }

  close(): void {
    this.#isClosed = true;
    for (const link of [...this.#links.values()]) this.#end(link);
    for (const { timer } of this.#redials.values()) timer?.cancel();
    for (const timer of this.#turnedAway.values()) timer.cancel();
  }

  /** Opens a stream with a peer that has none. */
  dial(peer: PeerId): void {
    if (this.#isClosed || this.#links.has(peer)) return;
    if (!this.#peers.isWelcome(peer)) {
      this.#dialLater(peer);
      return;
    }
    this.#turnedAway.get(peer)?.cancel();
    this.#turnedAway.delete(peer);
    void this.#openOutbound(this.#newLink(peer, true));
  }

  /** A peer is there: if it is a reserved one, nobody waits for the next attempt. */
  onConnected(peer: PeerId): void {
    if (this.#redials.get(peer)?.timer === undefined) return;
    this.#redials.get(peer)?.timer?.cancel();
    this.#redials.delete(peer);
    this.dial(peer);
  }

  /** The peer has opened a substream. */
  onInbound(stream: Stream, connection: Connection): void {
    const peer = remoteOf(connection);
    const known = this.#links.get(peer);
    if (known?.inbound !== undefined) {
      // Over the same connection nobody opens a second one; over another it has lost the first.
      this.#end(known);
      if (known.inboundConnection === connection) {
        this.#peers.report(peer, Reputation.costMinor, "second handshake");
        this.#turnAwayForNow(peer);
      }
    }
    if (this.#isClosed || this.#turnedAway.has(peer) || !this.#peers.isWelcome(peer)) {
      stream.abort(new Error("not welcome"));
      return;
    }
    const link = this.#links.get(peer) ?? this.#newLink(peer, false);
    link.inboundConnection = connection;
    link.inbound = new Substream(stream, HANDSHAKE_BYTES_MAX, this.#peers, {
      onFrame: (frame) => this.#onInboundFrame(link, frame),
      onRemoteDone: () => this.#end(link),
      onEnd: (error) => this.#onEnd(link, error),
    });
  }

  // The way to an open stream

  #newLink(peer: PeerId, isOurs: boolean): Link {
    const link: Link = {
      peer,
      isOurs,
      outbound: undefined,
      opening: new AbortController(),
      isOpening: false,
      isAccepted: false,
      inbound: undefined,
      inboundConnection: undefined,
      isInboundReady: false,
      handshake: undefined,
      isOpen: false,
      queue: [],
      flush: undefined,
      expiry: undefined,
    };
    link.expiry = this.#peers.clock.setTimer(OPENING_MS, () => this.#end(link));
    this.#links.set(peer, link);
    return link;
  }

  #isCurrent(link: Link): boolean {
    return this.#links.get(link.peer) === link;
  }

  async #openOutbound(link: Link): Promise<void> {
    link.isOpening = true;
    const stream = await this.#peers.openStream(link.peer, this.names, link.opening.signal);
    link.isOpening = false;
    if (typeof stream === "string") {
      this.#end(link);
      return;
    }
    if (!this.#isCurrent(link)) {
      stream.abort(new Error("not wanted any more"));
      return;
    }
    link.outbound = new Substream(stream, HANDSHAKE_BYTES_MAX, this.#peers, {
      onFrame: (frame) => this.#onOutboundFrame(link, frame),
      onRemoteDone: () => this.#end(link),
      onEnd: (error) => this.#onEnd(link, error),
      onWritten: () => this.#flushSoon(link),
    });
    link.outbound.write(encodeFrames([this.#protocol.handshake()]));
  }

  /** The answer to our handshake; nothing may follow it. */
  #onOutboundFrame(link: Link, frame: Uint8Array): void {
    if (link.isAccepted) {
      this.#peers.report(link.peer, Reputation.costMinor, "speaks on our substream");
      this.#turnAway(link);
      return;
    }
    if (!this.#takesHandshake(link, frame)) return;
    link.isAccepted = true;
    this.#openIfReady(link);
  }

  #onInboundFrame(link: Link, frame: Uint8Array): void {
    if (link.isInboundReady) {
      this.#onEvent({ type: "message", peer: link.peer, bytes: frame });
      return;
    }
    if (!this.#takesHandshake(link, frame) || link.inbound === undefined) return;
    link.isInboundReady = true;
    link.inbound.frameBytesMax = this.#protocol.messageBytesMax;
    link.inbound.pause();
    link.inbound.write(encodeFrames([this.#protocol.handshake()]));
    if (link.outbound === undefined && !link.isOpening) void this.#openOutbound(link);
    this.#openIfReady(link);
  }

  /** The first handshake decides; a second one of the same peer says the same. */
  #takesHandshake(link: Link, handshake: Uint8Array): boolean {
    if (link.handshake !== undefined) return true;
    if (this.#hasSlot(link) && this.#protocol.accept(link.peer, handshake)) {
      link.handshake = handshake;
      return true;
    }
    this.#turnAway(link);
    return false;
  }

  /** Whether there is a slot for a stranger that came to us. */
  #hasSlot(link: Link): boolean {
    const { slots } = this.#protocol;
    if (slots === undefined || link.isOurs || this.#reserved.has(link.peer)) return true;
    let strangers = 0;
    for (const { peer, isOurs, handshake } of this.#links.values())
      if (handshake !== undefined && !isOurs && !this.#reserved.has(peer)) strangers += 1;
    return strangers < slots.inbound;
  }

  #openIfReady(link: Link): void {
    if (link.isOpen || !link.isAccepted || !link.isInboundReady) return;
    link.isOpen = true;
    link.expiry?.cancel();
    this.#redials.delete(link.peer);
    const handshake = link.handshake as Uint8Array;
    this.#onEvent({ type: "opened", peer: link.peer, handshake });
    if (this.#isCurrent(link)) link.inbound?.resume();
  }

  // Sending

  #flushSoon(link: Link): void {
    if (link.queue.length === 0) return;
    link.flush ??= this.#peers.clock.setTimer(0, () => {
      link.flush = undefined;
      this.#flush(link);
    });
  }

  /** Sends as one what has gathered, unless the last of it is still on its way out. */
  #flush(link: Link): void {
    if (link.outbound?.isIdle !== true || link.queue.length === 0) return;
    let length = 0;
    let count = 0;
    for (; count < link.queue.length && length < BATCH_BYTES; count++)
      length += (link.queue[count] as Uint8Array).length;
    const batch = link.queue.splice(0, count);
    this.#peers.budget.give(length);
    if (!link.outbound.write(encodeFrames(batch))) this.#turnAway(link);
    else this.#flushSoon(link);
  }

  // The end

  #onEnd(link: Link, error: FrameError | undefined): void {
    switch (error?.code) {
      case "frameTooLong": {
        const what = link.isInboundReady && link.isAccepted ? "message" : "handshake";
        this.#peers.report(link.peer, Reputation.costMajor, `oversized ${what}`);
        break;
      }
      case "badLength":
        this.#peers.report(link.peer, Reputation.costMajor, "malformed frame");
        break;
    }
    if (error !== undefined) this.#turnAwayForNow(link.peer);
    this.#end(link);
  }

  #turnAway(link: Link): void {
    this.#turnAwayForNow(link.peer);
    this.#end(link);
  }

  #turnAwayForNow(peer: PeerId): void {
    if (this.#isClosed) return;
    this.#turnedAway.get(peer)?.cancel();
    const forget = (): void => void this.#turnedAway.delete(peer);
    this.#turnedAway.set(peer, this.#peers.clock.setTimer(TURNED_AWAY_MS, forget));
  }

  #end(link: Link): void {
    if (!this.#isCurrent(link)) return;
    this.#links.delete(link.peer);
    link.expiry?.cancel();
    link.flush?.cancel();
    for (const bytes of link.queue.splice(0)) this.#peers.budget.give(bytes.length);
    link.opening.abort();
    link.outbound?.abort();
    link.inbound?.abort();
    if (link.isOpen) this.#onEvent({ type: "closed", peer: link.peer });
    else if (link.isOurs) this.#refusals.set(link.peer, this.#peers.clock.now() + REFUSED_MS);
    this.#dialLater(link.peer);
  }

  #dialLater(peer: PeerId): void {
    if (this.#isClosed || !this.#reserved.has(peer)) return;
    const redial = this.#redials.get(peer) ?? { failures: 0, timer: undefined };
    this.#redials.set(peer, redial);
    redial.timer?.cancel();
    const delay = Math.min(REDIAL_MS_MAX, REDIAL_MS * 2 ** redial.failures);
    redial.failures = Math.min(redial.failures + 1, 16);
    redial.timer = this.#peers.clock.setTimer(delay, () => {
      redial.timer = undefined;
      this.dial(peer);
    });
  }
}

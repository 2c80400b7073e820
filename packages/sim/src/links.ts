/**
 * Links of the simulated network: latency, loss, partitions and everything else that keeps messages from
 * arriving in time, all drawn from the run's seed in the order in which messages are sent.
 */
import { type Clock, randomUnit, type SeededRandom } from "@parahost/base";
import type { LinkModel, PeerId } from "@parahost/network";

export interface LinkSettings {
  /** Shortest time a message takes. */
  readonly latencyMs: number;
  /** Up to this much is added, uniformly. */
  readonly jitterMs: number;
  /** Share of messages that never arrive, 0 to 1. */
  readonly loss: number;
  /** Bytes per second of every link; what is larger takes longer. */
  readonly bytesPerSecond: number;
  /** Share of messages that others overtake, 0 to 1. With any, streams keep no order. */
  readonly reorder: number;
  /** Share of notifications that arrive twice, 0 to 1. */
  readonly duplicate: number;
  /** Share of requests that are refused, not answered, or whose answer is cut, 0 to 1. */
  readonly failingRequests: number;
}

export const DEFAULT_LINKS: LinkSettings = {
  latencyMs: 20,
  jitterMs: 30,
  loss: 0,
  bytesPerSecond: 12_500_000,
  reorder: 0,
  duplicate: 0,
  failingRequests: 0,
};

/** How much later a message arrives that others overtake. */
const OVERTAKEN_BY_MS = 500;

export class SeededLinks implements LinkModel {
  readonly #random: SeededRandom;
  readonly #clock: Clock;
  #settings: LinkSettings;
  readonly #usual: LinkSettings;
  readonly #cutOff = new Set<PeerId>();
  /** Side of a partition that a peer is on; peers of one side reach each other. */
  #sides = new Map<PeerId, number>();
  /** Whom each peer does not reach. */
  readonly #deaf = new Map<PeerId, Set<PeerId>>();
  readonly #slow = new Map<PeerId, number>();
  /** Until when messages to a peer are held. */
  readonly #clogged = new Map<PeerId, number>();
  /** Messages that did not arrive. */
  lost = 0;
  /** Messages that were held, overtaken, or doubled. */
  disturbed = 0;

  constructor(random: SeededRandom, clock: Clock, settings: LinkSettings) {
    this.#random = random;
    this.#clock = clock;
    this.#settings = settings;
    this.#usual = settings;
  }

  /** Whether messages of one stream may overtake each other. */
  get reorders(): boolean {
    return this.#settings.reorder > 0;
  }

  get failingRequests(): number {
    return this.#settings.failingRequests;
  }

  delay(
    from: PeerId,
    to: PeerId,
    bytes: number,
    _kind: "notification" | "request",
  ): number | undefined {
    const { latencyMs, jitterMs, loss, bytesPerSecond, reorder } = this.#settings;
    // Always two draws, so that a cut link does not move what later messages draw.
    const chance = randomUnit(this.#random);
    const jitter = randomUnit(this.#random);
    const apart = (this.#sides.get(from) ?? 0) !== (this.#sides.get(to) ?? 0);
    const isDeaf = this.#deaf.get(from)?.has(to) === true;
    if (apart || isDeaf || this.#cutOff.has(from) || this.#cutOff.has(to) || chance < loss) {
      this.lost += 1;
      return undefined;
    }
    const usual = latencyMs + jitter * jitterMs + (bytes * 1000) / bytesPerSecond;
    const slow = (this.#slow.get(from) ?? 0) + (this.#slow.get(to) ?? 0);
    // What is overtaken is drawn from the same chance: from its other end, which loss leaves alone.
    const overtaken = chance > 1 - reorder ? OVERTAKEN_BY_MS * jitter : 0;
    const held = Math.max(0, (this.#clogged.get(to) ?? 0) - this.#clock.now());
    if (slow > 0 || overtaken > 0 || held > 0) this.disturbed += 1;
    return Math.round(Math.max(usual + slow + overtaken, held));
  }

  /** Whether a notification arrives twice. */
  duplicates(): boolean {
    const { duplicate } = this.#settings;
    if (duplicate === 0 || randomUnit(this.#random) >= duplicate) return false;
    this.disturbed += 1;
    return true;
  }

  /** Changes some of the settings until `heal`. */
  change(settings: Partial<LinkSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** Nothing reaches or leaves these peers until `heal`. */
  cutOff(peers: Iterable<PeerId>): void {
    for (const peer of peers) this.#cutOff.add(peer);
  }

  /** These peers are reached again. */
  reconnect(peers: Iterable<PeerId>): void {
    for (const peer of peers) this.#cutOff.delete(peer);
  }

  /** Splits the network: peers not named stay together on the first side. */
  partition(sides: readonly (readonly PeerId[])[]): void {
    this.#sides = new Map(
      sides.flatMap((peers, index) => peers.map((peer) => [peer, index + 1] as const)),
    );
  }

  /** What `from` send does not reach `to`; the other direction works. */
  silenceOneWay(from: readonly PeerId[], to: readonly PeerId[]): void {
    for (const peer of from) this.#deaf.set(peer, new Set(to));
  }

  /** All that these peers send and hear takes so much longer. */
  slowDown(peers: readonly PeerId[], extraMs: number): void {
    for (const peer of peers) this.#slow.set(peer, extraMs);
  }

  /** Messages to these peers wait, and arrive together. */
  clog(peers: readonly PeerId[], untilMs: number): void {
    for (const peer of peers) this.#clogged.set(peer, untilMs);
  }

  /** Mends every link. */
  heal(): void {
    this.#cutOff.clear();
    this.#sides.clear();
    this.#deaf.clear();
    this.#slow.clear();
    this.#clogged.clear();
    this.#settings = this.#usual;
  }
}

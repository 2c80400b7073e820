/**
 * Links of the simulated network: latency, loss and partitions, all drawn from the run's seed in the
 * order in which messages are sent.
 */
import { randomUnit, type SeededRandom } from "@parahost/base";
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
}

export const DEFAULT_LINKS: LinkSettings = {
  latencyMs: 20,
  jitterMs: 30,
  loss: 0,
  bytesPerSecond: 12_500_000,
};

export class SeededLinks implements LinkModel {
  readonly #random: SeededRandom;
  readonly #settings: LinkSettings;
  readonly #cutOff = new Set<PeerId>();
  /** Side of a partition that a peer is on; peers of one side reach each other. */
  #sides = new Map<PeerId, number>();
  /** Messages that did not arrive. */
  lost = 0;

  constructor(random: SeededRandom, settings: LinkSettings) {
    this.#random = random;
    this.#settings = settings;
  }

  delay(
    from: PeerId,
    to: PeerId,
    bytes: number,
    _kind: "notification" | "request",
  ): number | undefined {
    const { latencyMs, jitterMs, loss, bytesPerSecond } = this.#settings;
    // Always two draws, so that a cut link does not move what later messages draw.
    const chance = randomUnit(this.#random);
    const jitter = randomUnit(this.#random);
    const apart = (this.#sides.get(from) ?? 0) !== (this.#sides.get(to) ?? 0);
    if (apart || this.#cutOff.has(from) || this.#cutOff.has(to) || chance < loss) {
      this.lost += 1;
      return undefined;
    }
    return Math.round(latencyMs + jitter * jitterMs + (bytes * 1000) / bytesPerSecond);
  }

  /** Nothing reaches or leaves these peers until `heal`. */
  cutOff(peers: Iterable<PeerId>): void {
    for (const peer of peers) this.#cutOff.add(peer);
  }

  /** Splits the network: peers not named stay together on the first side. */
  partition(sides: readonly (readonly PeerId[])[]): void {
    this.#sides = new Map(
      sides.flatMap((peers, index) => peers.map((peer) => [peer, index + 1] as const)),
    );
  }

  /** Mends every link. */
  heal(): void {
    this.#cutOff.clear();
    this.#sides.clear();
  }
}

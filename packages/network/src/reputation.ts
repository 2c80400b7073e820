/**
 * Reputation of peers. Scores decay towards zero; a peer below the limit is refused until its score
 * has decayed above it. Node-side reference, section 3.4.
 */
import type { Clock } from "@parahost/base";
import type { PeerId } from "./port.ts";

const I32_MIN = -0x8000_0000;
const I32_MAX = 0x7fff_ffff;

/** Below this a peer is disconnected and refused. The hundredth is a whole number, as in Polkadot. */
export const BANNED_BELOW: number = 71 * Math.trunc(I32_MIN / 100);
/** Share of a score that is left after one second. */
const DECAY_PER_SECOND = 1 - 1 / 200;
/** Peers remembered at one time; the score closest to zero is forgotten first. */
const PEERS_MAX = 4096;

/** Costs and benefits by the names that subsystems use. */
export const Reputation = {
  costMinor: -100_000,
  costMinorRepeated: -200_000,
  costMajor: -300_000,
  costMajorRepeated: -600_000,
  malicious: I32_MIN,
  benefitMinor: 10_000,
  benefitMinorFirst: 15_000,
  benefitMajor: 200_000,
  benefitMajorFirst: 300_000,
} as const;
export type ReputationClass = keyof typeof Reputation;

interface Score {
  value: number;
  at: number;
}

export class ReputationTable {
  readonly #clock: Clock;
  readonly #scores = new Map<PeerId, Score>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds `delta` and says whether the peer is banned now. */
  report(peer: PeerId, delta: number): boolean {
    const value = Math.max(I32_MIN, Math.min(I32_MAX, this.score(peer) + delta));
    this.#scores.delete(peer);
    this.#scores.set(peer, { value, at: this.#clock.now() });
    if (this.#scores.size > PEERS_MAX) this.#forgetOne();
    return value < BANNED_BELOW;
  }

  score(peer: PeerId): number {
    const score = this.#scores.get(peer);
    if (score === undefined) return 0;
    const seconds = Math.max(0, this.#clock.now() - score.at) / 1000;
    return Math.trunc(score.value * DECAY_PER_SECOND ** seconds);
  }

  isBanned(peer: PeerId): boolean {
    return this.score(peer) < BANNED_BELOW;
  }

  #forgetOne(): void {
    let mildest: PeerId | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const peer of this.#scores.keys()) {
      const weight = Math.abs(this.score(peer));
      if (weight >= least) continue;
      least = weight;
      mildest = peer;
    }
    if (mildest !== undefined) this.#scores.delete(mildest);
  }
}

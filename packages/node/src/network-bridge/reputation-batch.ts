/**
 * Reputation changes, gathered per peer and applied together, since most of them are small and many.
 * What would get a peer banned is applied at once. Node-side reference, 3.4.
 */
import type { Clock, Timer } from "@parahost/base";
import { BANNED_BELOW, type PeerId, Reputation } from "@parahost/network";
import type { ReputationReport } from "./messages.ts";

export const REPUTATION_FLUSH_MS = 30_000;
/** Peers with changes that wait; beyond, all are applied early. */
const PEERS_MAX = 4096;

interface Pending {
  delta: number;
  /** The costliest reason, for the log. */
  worst: ReputationReport;
}

export class ReputationBatch {
  readonly #clock: Clock;
  readonly #apply: (peer: PeerId, delta: number, reason: string) => void;
  readonly #pending = new Map<PeerId, Pending>();
  #timer: Timer | undefined;

  constructor(clock: Clock, apply: (peer: PeerId, delta: number, reason: string) => void) {
    this.#clock = clock;
    this.#apply = apply;
  }

  add(report: ReputationReport): void {
    const delta = Reputation[report.change];
    const pending = this.#pending.get(report.peer);
    if (pending === undefined) this.#pending.set(report.peer, { delta, worst: report });
    else {
      pending.delta += delta;
      if (delta < Reputation[pending.worst.change]) pending.worst = report;
    }
    const sum = pending?.delta ?? delta;
    if (sum <= BANNED_BELOW) this.#applyOne(report.peer);
    else if (this.#pending.size >= PEERS_MAX) this.flush();
    else
      this.#timer ??= this.#clock.setTimer(REPUTATION_FLUSH_MS, () => {
        this.#timer = undefined;
        this.flush();
      });
  }

  /** Applies all that waits. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const peer of [...this.#pending.keys()]) this.#applyOne(peer);
  }

  #applyOne(peer: PeerId): void {
    const pending = this.#pending.get(peer);
    if (pending === undefined) return;
    this.#pending.delete(peer);
    if (pending.delta !== 0) this.#apply(peer, pending.delta, pending.worst.reason);
  }
}

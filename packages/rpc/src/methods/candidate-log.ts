/**
 * What became of the last candidates, from the event stream: one entry per candidate, newest last, each with the
 * stages that it went through.
 *
 * Bound: `CANDIDATES_MAX` candidates; the oldest makes room.
 */
import type { NodeEvent } from "@parahost/node";
import type { CandidateHash, ParaId } from "@parahost/primitives";
import type { EventSource } from "./events.ts";

export const CANDIDATES_MAX = 1024;

/** In the order of its way; the last two only where somebody doubts it. */
export type CandidateStage =
  | "seconded"
  | "backed"
  | "included"
  | "timedOut"
  | "approved"
  | "disputed"
  | "disputeConcluded";

export interface CandidateStep {
  readonly stage: CandidateStage;
  /** Unix milliseconds. */
  readonly time: number;
  /** The node that reports it first. */
  readonly node: string;
  readonly relayNumber?: number;
  readonly outcome?: string;
}

export interface CandidateEntry {
  readonly candidate: CandidateHash;
  readonly para: ParaId;
  /** Of the parachain block, where the head says it. */
  readonly number?: number;
  /** In the order in which they were told; each stage once. */
  readonly steps: readonly CandidateStep[];
}

export class CandidateLog {
  readonly #entries = new Map<CandidateHash, CandidateEntry>();

  constructor(source: EventSource) {
    source((event) => this.#onEvent(event));
  }

  /** Forgets everything: the chain that it was about is gone. */
  clear(): void {
    this.#entries.clear();
  }

  get(candidate: CandidateHash): CandidateEntry | undefined {
    return this.#entries.get(candidate);
  }

  /** Newest first. */
  all(para?: ParaId): CandidateEntry[] {
    return [...this.#entries.values()]
      .filter((entry) => para === undefined || entry.para === para)
      .reverse();
  }

  #onEvent(event: NodeEvent): void {
    const { time, node } = event;
    switch (event.event) {
      case "candidate.seconded":
      case "candidate.backed":
      case "candidate.included":
      case "candidate.timedOut":
      case "candidate.approved": {
        const stage = event.event.slice("candidate.".length) as CandidateStage;
        this.#add(event, { stage, time, node, relayNumber: event.relayNumber });
        break;
      }
      case "dispute.raised":
        this.#add(event, { stage: "disputed", time, node });
        break;
      case "dispute.concluded":
        this.#add(event, { stage: "disputeConcluded", time, node, outcome: event.outcome });
        break;
      default:
        break;
    }
  }

  #add({ candidate, para, number }: Omit<CandidateEntry, "steps">, step: CandidateStep): void {
    const known = this.#entries.get(candidate);
    const steps = known?.steps ?? [];
    if (steps.some(({ stage }) => stage === step.stage)) return;
    const told = number ?? known?.number;
    this.#entries.set(candidate, {
      candidate,
      para,
      ...(told === undefined ? {} : { number: told }),
      steps: [...steps, step],
    });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > CANDIDATES_MAX && oldest !== undefined) this.#entries.delete(oldest);
  }
}

/**
 * Which disputed candidates to check next. Those that a chain we know includes come first; within a
 * queue the oldest relay parent comes first, so that one reversion covers most, then the lowest hash:
 * validators then check the same candidates at the same time. Guide: Dispute Participation.
 */
import type {
  BlockNumber,
  CandidateHash,
  CandidateReceipt,
  SessionIndex,
} from "@parahost/primitives";

export const PRIORITY_MAX = 20_000;
export const BEST_EFFORT_MAX = 100;

export type ParticipationPriority = "priority" | "bestEffort";

export interface ParticipationRequest {
  readonly candidateHash: CandidateHash;
  readonly candidateReceipt: CandidateReceipt;
  readonly session: SessionIndex;
  /** Height of the relay parent; absent when we do not know the block. */
  readonly relayParentNumber: BlockNumber | undefined;
}

/** Negative when `a` is to be checked before `b`. */
export function compareRequests(a: ParticipationRequest, b: ParticipationRequest): number {
  const heights =
    (a.relayParentNumber ?? Number.POSITIVE_INFINITY) -
    (b.relayParentNumber ?? Number.POSITIVE_INFINITY);
  // Infinity less infinity is not a number: both unknown.
  if (heights !== 0 && !Number.isNaN(heights)) return heights;
  return a.candidateHash < b.candidateHash ? -1 : a.candidateHash > b.candidateHash ? 1 : 0;
}

export class ParticipationQueue {
  /** Sorted. */
  readonly #queues: Readonly<Record<ParticipationPriority, ParticipationRequest[]>> = {
    priority: [],
    bestEffort: [],
  };
  readonly #queued = new Map<CandidateHash, ParticipationPriority>();

  get size(): number {
    return this.#queued.size;
  }

  has(candidate: CandidateHash): boolean {
    return this.#queued.has(candidate);
  }

  /** Queues the request, or moves it up when it waited with less priority. False when there is no room. */
  add(request: ParticipationRequest, priority: ParticipationPriority): boolean {
    const known = this.#queued.get(request.candidateHash);
    if (known === "priority" || known === priority) return true;
    const queue = this.#queues[priority];
    if (queue.length >= (priority === "priority" ? PRIORITY_MAX : BEST_EFFORT_MAX)) return false;
    this.remove(request.candidateHash);
    queue.splice(positionOf(queue, request), 0, request);
    this.#queued.set(request.candidateHash, priority);
    return true;
  }

  /** A candidate turns out to be included: it is checked with the others that are. */
  prioritize(candidate: CandidateHash): void {
    if (this.#queued.get(candidate) !== "bestEffort") return;
    const request = this.#queues.bestEffort.find((other) => other.candidateHash === candidate);
    if (request !== undefined) this.add(request, "priority");
  }

  remove(candidate: CandidateHash): void {
    const priority = this.#queued.get(candidate);
    if (priority === undefined) return;
    const queue = this.#queues[priority];
    const index = queue.findIndex((other) => other.candidateHash === candidate);
    queue.splice(index, 1);
    this.#queued.delete(candidate);
  }

  next(): ParticipationRequest | undefined {
    const request = this.#queues.priority.shift() ?? this.#queues.bestEffort.shift();
    if (request !== undefined) this.#queued.delete(request.candidateHash);
    return request;
  }
}

/** Where the request belongs in a sorted queue. */
function positionOf(queue: readonly ParticipationRequest[], request: ParticipationRequest): number {
  let low = 0;
  let high = queue.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareRequests(queue[middle] as ParticipationRequest, request) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Whom to ask next for a candidate that peers told us of. Those who told are asked in turn: the next
 * one, or the same again, when there was no good answer for `retryMs`. Node-side reference, 5.11, 1.3.
 *
 * Bounds: `IN_FLIGHT_MAX` requests at one time, `PER_CANDIDATE_MAX` of them for one candidate, and each
 * peer is asked `ASKS_MAX` times for a candidate.
 */
import type { PeerId } from "@parahost/network";
import type { CandidateHash, Hash } from "@parahost/primitives";

export const IN_FLIGHT_MAX = 10;
export const PER_CANDIDATE_MAX = 3;
export const ASKS_MAX = 4;

export interface CandidateRequest {
  readonly relayParent: Hash;
  readonly candidateHash: CandidateHash;
  readonly peer: PeerId;
}

interface Wanted {
  readonly relayParent: Hash;
  readonly candidateHash: CandidateHash;
  /** How often each was asked, in the order in which they told us. */
  readonly asks: Map<PeerId, number>;
  inFlight: number;
  notBefore: number;
}

export class RequestManager {
  readonly #retryMs: number;
  readonly #wanted = new Map<string, Wanted>();
  #inFlight = 0;

  constructor(retryMs: number) {
    this.#retryMs = retryMs;
  }

  /** The peer has the candidate, which we want. */
  add(relayParent: Hash, candidateHash: CandidateHash, peer: PeerId): void {
    const key = keyOf(relayParent, candidateHash);
    const wanted = this.#wanted.get(key);
    if (wanted === undefined)
      this.#wanted.set(key, {
        relayParent,
        candidateHash,
        asks: new Map([[peer, 0]]),
        inFlight: 0,
        notBefore: Number.NEGATIVE_INFINITY,
      });
    else if (!wanted.asks.has(peer)) wanted.asks.set(peer, 0);
  }

  /** Takes the next request that is due. Its end must be told to `ended`. */
  next(now: number): CandidateRequest | undefined {
    if (this.#inFlight >= IN_FLIGHT_MAX) return undefined;
    for (const wanted of this.#wanted.values()) {
      if (wanted.notBefore > now || wanted.inFlight >= PER_CANDIDATE_MAX) continue;
      const peer = leastAsked(wanted.asks);
      if (peer === undefined) continue;
      wanted.asks.set(peer, (wanted.asks.get(peer) ?? 0) + 1);
      wanted.inFlight += 1;
      wanted.notBefore = now + this.#retryMs;
      this.#inFlight += 1;
      return { relayParent: wanted.relayParent, candidateHash: wanted.candidateHash, peer };
    }
    return undefined;
  }

  /**
   * A request has ended. After a bad answer its peer is not asked again, and the next at once; after
   * none the pause is kept. The candidate stays wanted until `remove`.
   */
  ended(request: CandidateRequest, outcome: "done" | "noAnswer" | "badAnswer"): void {
    this.#inFlight -= 1;
    const wanted = this.#wanted.get(keyOf(request.relayParent, request.candidateHash));
    if (wanted === undefined) return;
    wanted.inFlight = Math.max(0, wanted.inFlight - 1);
    if (outcome !== "badAnswer") return;
    wanted.asks.set(request.peer, ASKS_MAX);
    wanted.notBefore = Number.NEGATIVE_INFINITY;
  }

  /** We have it, or want it no more. */
  remove(relayParent: Hash, candidateHash: CandidateHash): void {
    this.#wanted.delete(keyOf(relayParent, candidateHash));
  }

  removeRelayParent(relayParent: Hash): void {
    for (const [key, wanted] of this.#wanted)
      if (wanted.relayParent === relayParent) this.#wanted.delete(key);
  }

  /** A peer that is gone is asked no more; what it alone had is wanted again when it comes back. */
  removePeer(peer: PeerId): void {
    for (const { asks } of this.#wanted.values()) asks.delete(peer);
  }
}

const keyOf = (relayParent: Hash, candidate: CandidateHash): string => relayParent + candidate;

/** The first of those who were asked least, if one may be asked again. */
function leastAsked(asks: ReadonlyMap<PeerId, number>): PeerId | undefined {
  let best: PeerId | undefined;
  let least = ASKS_MAX;
  for (const [peer, times] of asks) {
    if (times >= least) continue;
    best = peer;
    least = times;
  }
  return best;
}

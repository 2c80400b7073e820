/**
 * Who wants to hear what. Each peer says with neighbour packets where it stands; votes go to peers of
 * our set at most one round away, commits to those whose finality is behind.
 *
 * Bound: for each peer its position, what we asked and answered last, and `KNOWN_MAX` votes it has.
 * Reference: consensus 4.3.
 */
import { LruMap } from "@parahost/base";
import type { BlockNumber, GrandpaNeighborPacket, RoundNumber, SetId } from "@parahost/primitives";
import { ACCEPT, type GrandpaPeer, ignore, punish, type Verdict } from "./ports.ts";

/** Rounds ahead of us from which on a peer is asked for what we missed. */
export const CATCH_UP_ROUNDS = 2;

/** Two stages of three rounds of a thousand voters are beyond what a peer is told one by one. */
const KNOWN_MAX = 4096;

/** Where a node stands. */
export interface View {
  readonly setId: SetId;
  readonly round: RoundNumber;
  readonly finalized: BlockNumber;
}

export interface Peer {
  readonly name: GrandpaPeer;
  /** `undefined` until its first neighbour packet. */
  view: View | undefined;
  /** Votes that it sent us or we sent it. */
  readonly known: LruMap<string, true>;
  /** When we asked it for a round; the answer is welcome while this is set. */
  askedAt: number | undefined;
  /** When we answered such a question of it. */
  answeredAt: number | undefined;
}

export class Peers {
  readonly #peers = new Map<GrandpaPeer, Peer>();

  add(name: GrandpaPeer): Peer {
    const known = new LruMap<string, true>(KNOWN_MAX);
    const peer: Peer = { name, view: undefined, known, askedAt: undefined, answeredAt: undefined };
    this.#peers.set(name, peer);
    return peer;
  }

  remove(name: GrandpaPeer): void {
    this.#peers.delete(name);
  }

  get(name: GrandpaPeer): Peer | undefined {
    return this.#peers.get(name);
  }

  all(): Peer[] {
    return [...this.#peers.values()];
  }

  get size(): number {
    return this.#peers.size;
  }

  /** Peers that can use votes of this round. One that said nothing yet may be a new one: it can. */
  wantingVotes(setId: SetId, round: RoundNumber): Peer[] {
    return this.all().filter(({ view }) => view === undefined || wantsVotes(view, setId, round));
  }

  /** Peers that can use a commit of this set for a block of this height. */
  wantingCommit(setId: SetId, target: BlockNumber): Peer[] {
    return this.all().filter(
      ({ view }) => view === undefined || (view.setId === setId && view.finalized < target),
    );
  }
}

export function wantsVotes(view: View, setId: SetId, round: RoundNumber): boolean {
  return view.setId === setId && Math.abs(view.round - round) <= 1;
}

/** Whether a peer may go from one view to the other: sets, rounds of a set and finality never go back. */
export function judgeNeighbor(before: View | undefined, packet: GrandpaNeighborPacket): Verdict {
  if (before === undefined) return ACCEPT;
  const wentBack =
    packet.setId < before.setId ||
    (packet.setId === before.setId && packet.round < before.round) ||
    packet.commitFinalizedHeight < before.finalized;
  if (wentBack) return punish("minor", "neighbour packet went back");
  const isSame =
    packet.setId === before.setId &&
    packet.round === before.round &&
    packet.commitFinalizedHeight === before.finalized;
  return isSame ? ignore("neighbour packet repeated") : ACCEPT;
}

/**
 * Whether a commit of this place is worth verifying by a node that stands at `ours`. Of another set it
 * is not, and no fault: it may be meant as help.
 */
export function judgePlace(
  ours: View,
  place: { readonly setId: SetId; readonly round: RoundNumber },
): Verdict {
  if (place.setId < ours.setId) return ignore("set is over");
  // We may be the ones who are behind, and cannot know who votes there.
  if (place.setId > ours.setId) return ignore("set has not begun");
  return ACCEPT;
}

/**
 * Whether a vote is: of our set, and of a round at most one away. `theirs` is where its sender said it
 * stands; who says to be past a set and still sends its votes wastes our time.
 */
export function judgeVotePlace(
  ours: View,
  theirs: View | undefined,
  place: { readonly setId: SetId; readonly round: RoundNumber },
): Verdict {
  const isPast = place.setId < ours.setId - 1 && theirs !== undefined;
  if (isPast && theirs.setId > place.setId) return punish("minor", "set is long over");
  const verdict = judgePlace(ours, place);
  if (verdict.type !== "accept") return verdict;
  if (place.round < ours.round - 1) return ignore("round is over");
  if (place.round > ours.round + 1) return ignore("round has not begun");
  return ACCEPT;
}

/** Who may be talked to: not we ourselves, nobody banned and, in a closed network, no stranger. */
import type { PeerId } from "../port.ts";
import type { ReputationTable } from "../reputation.ts";

export class PeerPolicy {
  readonly localPeer: PeerId;
  readonly #reputation: ReputationTable;
  /** The only peers there are, in a closed network. */
  readonly #only: Set<PeerId> | undefined;

  constructor(localPeer: PeerId, reputation: ReputationTable, only: Iterable<PeerId> | undefined) {
    this.localPeer = localPeer;
    this.#reputation = reputation;
    this.#only = only && new Set(only);
  }

  isWelcome(peer: PeerId): boolean {
    if (peer === this.localPeer || this.isBanned(peer)) return false;
    return this.#only === undefined || this.#only.has(peer);
  }

  /** A closed network has one peer more. */
  admit(peer: PeerId): void {
    this.#only?.add(peer);
  }

  /** A closed network has one peer less. */
  shutOut(peer: PeerId): void {
    this.#only?.delete(peer);
  }

  isBanned(peer: PeerId): boolean {
    return this.#reputation.isBanned(peer);
  }

  /** Adds to the peer's score and says whether it is banned now. */
  report(peer: PeerId, delta: number): boolean {
    return this.#reputation.report(peer, delta);
  }
}

/**
 * Connected peers: which authorities are behind them, and which relay parents they know. A peer knows
 * what its view lets in, and whatever it speaks of: the view itself may be lost on its way.
 *
 * Bound: peers are those of the validation set, heads those of a view (the bridge refuses longer ones).
 */
import type { PeerId } from "@parahost/network";
import type { AuthorityDiscoveryId, Hash, ValidatorIndex } from "@parahost/primitives";

interface Peer {
  authorities: readonly AuthorityDiscoveryId[];
  heads: ReadonlySet<Hash>;
  /** Relay parents that it spoke of; those that we work on. */
  readonly spokeOf: Set<Hash>;
}

export class Peers {
  readonly #peers = new Map<PeerId, Peer>();

  connect(peer: PeerId, authorities: readonly AuthorityDiscoveryId[]): void {
    this.#peers.set(peer, { authorities, heads: new Set(), spokeOf: new Set() });
  }

  disconnect(peer: PeerId): void {
    this.#peers.delete(peer);
  }

  has(peer: PeerId): boolean {
    return this.#peers.has(peer);
  }

  authoritiesOf(peer: PeerId): readonly AuthorityDiscoveryId[] {
    return this.#peers.get(peer)?.authorities ?? [];
  }

  setAuthorities(peer: PeerId, authorities: readonly AuthorityDiscoveryId[]): void {
    const known = this.#peers.get(peer);
    if (known !== undefined) known.authorities = authorities;
  }

  setView(peer: PeerId, heads: readonly Hash[]): void {
    const known = this.#peers.get(peer);
    if (known !== undefined) known.heads = new Set(heads);
  }

  /** What is in the peer's view. */
  headsOf(peer: PeerId): ReadonlySet<Hash> {
    return this.#peers.get(peer)?.heads ?? new Set();
  }

  noteSpokeOf(peer: PeerId, relayParent: Hash): void {
    this.#peers.get(peer)?.spokeOf.add(relayParent);
  }

  hasSpokenOf(peer: PeerId, relayParent: Hash): boolean {
    return this.#peers.get(peer)?.spokeOf.has(relayParent) === true;
  }

  /** Connected peers of an authority. */
  of(authority: AuthorityDiscoveryId): readonly PeerId[] {
    return [...this.#peers]
      .filter(([, { authorities }]) => authorities.includes(authority))
      .map(([peer]) => peer);
  }

  forgetRelayParent(relayParent: Hash): void {
    for (const { spokeOf } of this.#peers.values()) spokeOf.delete(relayParent);
  }
}

/** The validators behind a peer, at a relay parent whose authorities these are. */
export function validatorsAt(
  peers: Peers,
  validatorOf: ReadonlyMap<AuthorityDiscoveryId, ValidatorIndex>,
  peer: PeerId,
): readonly ValidatorIndex[] {
  return peers.authoritiesOf(peer).flatMap((authority) => validatorOf.get(authority) ?? []);
}

/**
 * Connected peers: which authorities are behind them, and which relay parents they know. A peer knows
 * what is in its view, and whatever it speaks of: the view itself may be lost on its way.
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

  /** The heads that the peer had not in its view before. */
  setView(peer: PeerId, heads: readonly Hash[]): readonly Hash[] {
    const known = this.#peers.get(peer);
    if (known === undefined) return [];
    const before = known.heads;
    known.heads = new Set(heads);
    return heads.filter((head) => !before.has(head));
  }

  noteSpokeOf(peer: PeerId, relayParent: Hash): void {
    this.#peers.get(peer)?.spokeOf.add(relayParent);
  }

  knows(peer: PeerId, relayParent: Hash): boolean {
    const known = this.#peers.get(peer);
    return known !== undefined && (known.heads.has(relayParent) || known.spokeOf.has(relayParent));
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

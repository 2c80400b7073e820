/**
 * Which peer is which authority. The answer comes from signed records or a table of the network's
 * operator, never from what a peer says about itself. Node-side reference, 5.4.
 */
import type { PeerId } from "@parahost/network";
import type { AuthorityDiscoveryId } from "@parahost/primitives";

export interface AuthorityDiscovery {
  /** Where the authority can be reached; empty while that is unknown. */
  peersOf(authority: AuthorityDiscoveryId): readonly PeerId[];
  /** The authorities at a peer; empty for most peers. */
  authoritiesOf(peer: PeerId): readonly AuthorityDiscoveryId[];
}

/** A fixed table, for networks whose operator knows all validators. The first claim to a peer wins. */
export class AuthorityTable implements AuthorityDiscovery {
  readonly #peers = new Map<AuthorityDiscoveryId, PeerId>();
  readonly #authorities = new Map<PeerId, AuthorityDiscoveryId[]>();

  add(authority: AuthorityDiscoveryId, peer: PeerId): void {
    if (this.#peers.has(authority)) return;
    this.#peers.set(authority, peer);
    const known = this.#authorities.get(peer);
    if (known === undefined) this.#authorities.set(peer, [authority]);
    else known.push(authority);
  }

  peersOf(authority: AuthorityDiscoveryId): readonly PeerId[] {
    const peer = this.#peers.get(authority);
    return peer === undefined ? [] : [peer];
  }

  authoritiesOf(peer: PeerId): readonly AuthorityDiscoveryId[] {
    return this.#authorities.get(peer) ?? [];
  }
}

/** The gossip grid as it looks from our place in it. */
import type { AuthorityDiscoveryId, SessionIndex, ValidatorIndex } from "@parahost/primitives";
import { type GridOrigin, gridNeighbours, relayAlong } from "./gossip-grid.ts";
import type { GossipTopology } from "./network-bridge/messages.ts";

export type Axis = "x" | "y";

export class GridView {
  readonly session: SessionIndex;
  readonly #shuffledIndices: readonly number[];
  readonly #positions = new Map<AuthorityDiscoveryId, number>();
  readonly #neighbours: Readonly<Record<Axis, ReadonlySet<number>>>;
  readonly #localIndex: ValidatorIndex | undefined;

  constructor(topology: GossipTopology) {
    this.session = topology.session;
    this.#localIndex = topology.localIndex;
    this.#shuffledIndices = topology.shuffledIndices;
    topology.canonicalShuffling.forEach(({ authority }, position) => {
      this.#positions.set(authority, position);
    });
    const local =
      topology.localIndex === undefined ? undefined : topology.shuffledIndices[topology.localIndex];
    const { x, y } =
      local === undefined
        ? { x: [], y: [] }
        : gridNeighbours(local, topology.canonicalShuffling.length);
    this.#neighbours = { x: new Set(x), y: new Set(y) };
  }

  /** The axes along which we pass on what this validator said. */
  routes(originator: ValidatorIndex): readonly Axis[] {
    return relayAlong(this.#originOf(originator));
  }

  /** Whether a peer with these authorities is our neighbour on one of the axes. */
  isNeighbour(authorities: readonly AuthorityDiscoveryId[], axes: readonly Axis[]): boolean {
    return authorities.some((authority) => {
      const position = this.#positions.get(authority);
      return position !== undefined && axes.some((axis) => this.#neighbours[axis].has(position));
    });
  }

  #originOf(originator: ValidatorIndex): GridOrigin {
    if (originator === this.#localIndex) return "local";
    const position = this.#shuffledIndices[originator];
    if (position === undefined) return "outside";
    if (this.#neighbours.x.has(position)) return "x";
    return this.#neighbours.y.has(position) ? "y" : "outside";
  }
}

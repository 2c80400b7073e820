/**
 * The gossip grid: validators laid out row by row in a square, so that any two are joined by two
 * disjoint ways of at most two hops. Whoever starts a message sends it along its row (X) and its
 * column (Y); whoever gets it along one axis relays it along the other. Node-side reference, 3.5.
 */
import { type Random, shuffle } from "@parahost/base";

/** Peers that get a message beside the grid's, against silent neighbours. */
export const RANDOM_PEERS = 4;

/** Positions in the grid. */
export interface GridNeighbours {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** The neighbours of a position among `count`, laid out in rows of `floor(sqrt(count))`. */
export function gridNeighbours(position: number, count: number): GridNeighbours {
  const width = Math.floor(Math.sqrt(count));
  const row = Math.floor(position / width);
  const column = position % width;
  const x: number[] = [];
  for (let i = row * width; i < Math.min((row + 1) * width, count); i++)
    if (i !== position) x.push(i);
  const y: number[] = [];
  for (let i = column; i < count; i += width) if (i !== position) y.push(i);
  return { x, y };
}

/** How a message reached us, as far as the grid is concerned. */
export type GridOrigin = "local" | "x" | "y" | "outside";

/** Where a message that came this way goes next. */
export function relayAlong(origin: GridOrigin): readonly ("x" | "y")[] {
  switch (origin) {
    case "local":
      return ["x", "y"];
    case "x":
      return ["y"];
    case "y":
      return ["x"];
    case "outside":
      return [];
  }
}

/** Up to `RANDOM_PEERS` of the peers, drawn without preference. */
export function randomPeers<Peer>(random: Random, peers: readonly Peer[]): readonly Peer[] {
  return shuffle(random, [...peers]).slice(0, RANDOM_PEERS);
}

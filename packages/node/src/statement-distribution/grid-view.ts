/**
 * Between whom manifests of a group's candidates pass, as one validator sees it. Node-side reference,
 * 3.5, 5.11: members send along their row and their column; others receive from the members they
 * share one with and pass on along the other, or else receive from whoever shares a line with both.
 *
 * In a network so small that everybody is connected with everybody (`CLIQUE_MAX`) the grid is a clique:
 * members send to all, nobody relays, and no topology is waited for.
 */
import type { GroupIndex, ValidatorIndex } from "@parahost/primitives";
import { gridNeighbours } from "../gossip-grid.ts";
import type { GossipTopology } from "../network-bridge/messages.ts";

/** Validators up to which members tell all others; beyond, a row and a column are far fewer. */
export const CLIQUE_MAX = 25;

export interface GroupView {
  /** Whom we send manifests to when we have the group's candidate. */
  readonly sending: ReadonlySet<ValidatorIndex>;
  /** Whom we take manifests from. */
  readonly receiving: ReadonlySet<ValidatorIndex>;
}

export type GridView = ReadonlyMap<GroupIndex, GroupView>;

type Groups = readonly (readonly ValidatorIndex[])[];

/** The view for a session's groups; `undefined` while the topology it takes is not known. */
export function gridView(
  groups: Groups,
  local: ValidatorIndex,
  validatorCount: number,
  topology: GossipTopology | undefined,
): GridView | undefined {
  const neighbours =
    validatorCount <= CLIQUE_MAX ? clique(validatorCount) : fromTopology(topology, validatorCount);
  if (neighbours === undefined) return undefined;
  const view = new Map<GroupIndex, GroupView>();
  groups.forEach((members, index) => {
    view.set(index as GroupIndex, groupView(members, local, neighbours));
  });
  return view;
}

/** The two lines of the grid on which a validator stands. */
interface Lines {
  readonly x: ReadonlySet<ValidatorIndex>;
  readonly y: ReadonlySet<ValidatorIndex>;
}
type LinesOf = (validator: ValidatorIndex) => Lines;

function clique(validatorCount: number): LinesOf {
  const all = Array.from({ length: validatorCount }, (_, i) => i as ValidatorIndex);
  return (validator) => ({
    x: new Set(all.filter((other) => other !== validator)),
    y: new Set(),
  });
}

function fromTopology(
  topology: GossipTopology | undefined,
  validatorCount: number,
): LinesOf | undefined {
  if (topology === undefined) return undefined;
  const { canonicalShuffling, shuffledIndices } = topology;
  // Authorities that are not active stand in the grid too; they take no part here.
  const active = (positions: readonly number[]): Set<ValidatorIndex> =>
    new Set(
      positions
        .flatMap((position) => canonicalShuffling[position]?.validatorIndex ?? [])
        .filter((validator) => validator < validatorCount),
    );
  return (validator) => {
    const position = shuffledIndices[validator];
    if (position === undefined) return { x: new Set(), y: new Set() };
    const { x, y } = gridNeighbours(position, canonicalShuffling.length);
    return { x: active(x), y: active(y) };
  };
}

function groupView(
  members: readonly ValidatorIndex[],
  local: ValidatorIndex,
  linesOf: LinesOf,
): GroupView {
  const own = linesOf(local);
  const sending = new Set<ValidatorIndex>();
  const receiving = new Set<ValidatorIndex>();
  if (members.includes(local)) {
    for (const other of [...own.x, ...own.y]) sending.add(other);
  } else {
    for (const member of members) {
      if (own.x.has(member)) {
        receiving.add(member);
        for (const other of own.y) sending.add(other);
      } else if (own.y.has(member)) {
        receiving.add(member);
        for (const other of own.x) sending.add(other);
      } else {
        const lines = linesOf(member);
        for (const between of [...own.x, ...own.y])
          if (lines.x.has(between) || lines.y.has(between)) receiving.add(between);
      }
    }
  }
  for (const member of members) sending.delete(member);
  return { sending, receiving };
}

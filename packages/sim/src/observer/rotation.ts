/**
 * The guide's rotation of groups, computed once more: group i starts a session on core i and moves one
 * core up with each rotation, so that core c belongs to group (c - r) mod n after r rotations.
 */
import {
  asGroupIndex,
  type BlockNumber,
  type CoreIndex,
  type GroupIndex,
} from "@parahost/primitives";

export interface Rotation {
  /** First block of the session. */
  readonly sessionStart: BlockNumber;
  /** Blocks between rotations; 0 for none. */
  readonly frequency: number;
  readonly groupCount: number;
}

/** The group that has the core at block `at`; `undefined` where no group can have it. */
export function groupOfCore(
  core: CoreIndex,
  at: BlockNumber,
  { sessionStart, frequency, groupCount }: Rotation,
): GroupIndex | undefined {
  if (core >= groupCount || at < sessionStart) return undefined;
  const rotations = frequency === 0 ? 0 : Math.floor((at - sessionStart) / frequency);
  return asGroupIndex((((core - rotations) % groupCount) + groupCount) % groupCount);
}

/**
 * Which group serves which core. Groups rotate over cores in the direction of the guide: after r
 * rotations group g serves core (g + r) mod n. Runtime and node use this one pair of functions.
 * Reference: runtime 1.5, 4.4 step 3.
 */
import { struct, u32, type ValueOf } from "@parahost/scale";
import { BlockNumber, type CoreIndex, type GroupIndex } from "./ids.ts";

export const GroupRotationInfo = struct(
  {
    /** First block of the session. */
    sessionStartBlock: BlockNumber,
    /** Blocks between rotations; 0 = groups never rotate. */
    groupRotationFrequency: u32,
    /** The block asked about. */
    now: BlockNumber,
  },
  ["polkadot_primitives", "v9", "GroupRotationInfo"],
);
export type GroupRotationInfo = ValueOf<typeof GroupRotationInfo>;

/** Rotations since the session began, as of `now`. */
export function rotationsSinceSessionStart(info: GroupRotationInfo): number {
  if (info.groupRotationFrequency === 0) return 0;
  return Math.floor(blocksIntoSession(info) / info.groupRotationFrequency);
}

/** The group that serves a core; `undefined` when there are no groups or no such core. */
export function groupForCore(
  core: CoreIndex,
  groupCount: number,
  info: GroupRotationInfo,
): GroupIndex | undefined {
  if (core >= groupCount) return undefined;
  const rotations = rotationsSinceSessionStart(info) % groupCount;
  return ((core - rotations + groupCount) % groupCount) as GroupIndex;
}

/** The core that a group serves; `undefined` when there is no such group. */
export function coreForGroup(
  group: GroupIndex,
  groupCount: number,
  info: GroupRotationInfo,
): CoreIndex | undefined {
  if (group >= groupCount) return undefined;
  const rotations = rotationsSinceSessionStart(info) % groupCount;
  return ((group + rotations) % groupCount) as CoreIndex;
}

/** The next block, after `now`, at which groups rotate; `undefined` when they never do. */
export function nextRotationAt(info: GroupRotationInfo): BlockNumber | undefined {
  const last = lastRotationAt(info);
  return last === undefined ? undefined : last + info.groupRotationFrequency;
}

/** The last block, up to `now`, at which groups rotated or the session began; `undefined` when they never rotate. */
export function lastRotationAt(info: GroupRotationInfo): BlockNumber | undefined {
  if (info.groupRotationFrequency === 0) return undefined;
  return info.now - (blocksIntoSession(info) % info.groupRotationFrequency);
}

/** A session may be announced for the next block: until then nothing has rotated. */
function blocksIntoSession(info: GroupRotationInfo): number {
  return Math.max(0, info.now - info.sessionStartBlock);
}

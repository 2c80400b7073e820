/**
 * Splitting the active validators into groups, one per core.
 *
 * Guide: runtime/scheduler.md, session change. Reference: 4.4 step 2.
 */
import { asValidatorIndex, type ValidatorIndex } from "@parahost/primitives";

/**
 * Consecutive slices of the validators in their shuffled order: the first `validatorCount mod
 * groupCount` groups have one member more than the others. No groups when there is no core or no
 * validator; with fewer validators than cores the last groups are empty.
 */
export function splitIntoGroups(validatorCount: number, groupCount: number): ValidatorIndex[][] {
  if (validatorCount === 0 || groupCount === 0) return [];
  const size = Math.floor(validatorCount / groupCount);
  const larger = validatorCount % groupCount;
  const groups: ValidatorIndex[][] = [];
  let next = 0;
  for (let group = 0; group < groupCount; group++) {
    const members = size + (group < larger ? 1 : 0);
    groups.push(Array.from({ length: members }, (_, i) => asValidatorIndex(next + i)));
    next += members;
  }
  return groups;
}

/**
 * Sets of statements about one candidate: for each member of its group whether it seconded and whether
 * it found valid. Position i is the i-th member. Node-side reference, 3.2.
 */
import { assert } from "@parahost/base";
import type { StatementFilter } from "@parahost/network";
import type { CompactStatement } from "@parahost/primitives";
import { type BitVec, bitAt, bitsAt, countOnes, withBit } from "@parahost/scale";

export type StatementKind = CompactStatement["type"];

const FIELDS = { seconded: "secondedInGroup", valid: "validatedInGroup" } as const;

export function filterOf(
  groupSize: number,
  seconded: Iterable<number> = [],
  validated: Iterable<number> = [],
): StatementFilter {
  return {
    secondedInGroup: bitsAt(groupSize, seconded),
    validatedInGroup: bitsAt(groupSize, validated),
  };
}

/** Whether it is a filter for a group of this size; anything else is malformed. */
export function fitsGroup(filter: StatementFilter, groupSize: number): boolean {
  return (
    filter.secondedInGroup.length === groupSize && filter.validatedInGroup.length === groupSize
  );
}

export function hasStatement(
  filter: StatementFilter,
  kind: StatementKind,
  position: number,
): boolean {
  return bitAt(filter[FIELDS[kind]], position);
}

export function withStatement(
  filter: StatementFilter,
  kind: StatementKind,
  position: number,
): StatementFilter {
  const field = FIELDS[kind];
  return { ...filter, [field]: withBit(filter[field], position, true) };
}

/** What is in one of them. */
export function union(a: StatementFilter, b: StatementFilter): StatementFilter {
  return combine(a, b, (x, y) => x | y);
}

/** What is in the first and not in the second. */
export function without(a: StatementFilter, b: StatementFilter): StatementFilter {
  return combine(a, b, (x, y) => x & ~y);
}

/** Whether everything in `smaller` is in `larger`. */
export function covers(larger: StatementFilter, smaller: StatementFilter): boolean {
  const missing = without(smaller, larger);
  return countOnes(missing.secondedInGroup) + countOnes(missing.validatedInGroup) === 0;
}

/** Whether these statements make a quorum: enough voters, and somebody who seconded. */
export function isEnoughToBack(filter: StatementFilter, threshold: number): boolean {
  const voters = combineBits(filter.secondedInGroup, filter.validatedInGroup, (x, y) => x | y);
  return countOnes(filter.secondedInGroup) > 0 && countOnes(voters) >= threshold;
}

function combine(
  a: StatementFilter,
  b: StatementFilter,
  bits: (x: number, y: number) => number,
): StatementFilter {
  return {
    secondedInGroup: combineBits(a.secondedInGroup, b.secondedInGroup, bits),
    validatedInGroup: combineBits(a.validatedInGroup, b.validatedInGroup, bits),
  };
}

function combineBits(a: BitVec, b: BitVec, combined: (x: number, y: number) => number): BitVec {
  assert(a.length === b.length, `filters of ${a.length} and ${b.length} members`);
  return {
    length: a.length,
    bytes: a.bytes.map((byte, i) => combined(byte, b.bytes[i] as number)),
  };
}

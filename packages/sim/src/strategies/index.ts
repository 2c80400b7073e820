/** All strategies, by their name in the fault catalogue. */
import { DISPUTES_VALID } from "./disputers.ts";
import { BACKS_GARBAGE, SECONDS_GARBAGE } from "./garbage.ts";
import { CRASHES, SILENT } from "./silence.ts";
import type { Strategy } from "./strategy.ts";
import { APPROVES_UNSEEN, FAKES_INVALID, OLD_RELEASE } from "./validation-lies.ts";

export const STRATEGIES: readonly Strategy[] = [
  SILENT,
  CRASHES,
  SECONDS_GARBAGE,
  BACKS_GARBAGE,
  APPROVES_UNSEEN,
  DISPUTES_VALID,
  FAKES_INVALID,
  OLD_RELEASE,
];

const BY_ID = new Map(STRATEGIES.map((strategy) => [strategy.id, strategy]));

export const isStrategy = (id: string): boolean => BY_ID.has(id);

export function strategyOf(id: string): Strategy {
  const strategy = BY_ID.get(id);
  if (strategy === undefined) throw new RangeError(`there is no strategy ${id}`);
  return strategy;
}

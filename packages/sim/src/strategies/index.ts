/** All strategies, by their name in the fault catalogue. */
import {
  APPROVES_ALL,
  FORWARDS_NOTHING,
  NEVER_APPROVES,
  STRANGE_ASSIGNMENTS,
} from "./approvals.ts";
import { BAD_CHUNKS, CLAIMS_CHUNKS, FLOODS, SPOILS_ATTESTED, WITHHOLDS } from "./data.ts";
import {
  BOTH_SIDES,
  DISPUTES_NOTHING,
  DISPUTES_OLD,
  DISPUTES_ON,
  DISPUTES_VALID,
} from "./disputers.ts";
import { MIXED_CHUNKS, ROOT_OF_OTHER_DATA } from "./erasure-lies.ts";
import { ESCALATES } from "./escalations.ts";
import { VOTES_LATE, VOTES_TWICE } from "./finality-votes.ts";
import { BACKS_GARBAGE, COLLUDES, SECONDS_GARBAGE } from "./garbage.ts";
import {
  BAD_BYTES,
  OTHER_SESSIONS,
  REPLAYS,
  SECONDS_DIFFERENTLY,
  SECONDS_TOO_MANY,
  STRANGE_VIEWS,
  TWO_BITFIELDS,
} from "./gossip.ts";
import { BROKEN_WORKERS, SLOW_MACHINE } from "./machine.ts";
import { CRASHES, SILENT, TWINS } from "./silence.ts";
import type { Strategy } from "./strategy.ts";
import { APPROVES_UNSEEN, FAKES_INVALID, OLD_RELEASE } from "./validation-lies.ts";

export const STRATEGIES: readonly Strategy[] = [
  SILENT,
  CRASHES,
  SECONDS_GARBAGE,
  BACKS_GARBAGE,
  APPROVES_UNSEEN,
  DISPUTES_VALID,
  DISPUTES_OLD,
  DISPUTES_NOTHING,
  DISPUTES_ON,
  FAKES_INVALID,
  BOTH_SIDES,
  SECONDS_DIFFERENTLY,
  SECONDS_TOO_MANY,
  SPOILS_ATTESTED,
  FLOODS,
  BAD_CHUNKS,
  WITHHOLDS,
  CLAIMS_CHUNKS,
  TWO_BITFIELDS,
  ROOT_OF_OTHER_DATA,
  MIXED_CHUNKS,
  STRANGE_ASSIGNMENTS,
  NEVER_APPROVES,
  APPROVES_ALL,
  VOTES_TWICE,
  VOTES_LATE,
  STRANGE_VIEWS,
  FORWARDS_NOTHING,
  REPLAYS,
  OLD_RELEASE,
  TWINS,
  OTHER_SESSIONS,
  COLLUDES,
  ESCALATES,
  SLOW_MACHINE,
  BROKEN_WORKERS,
  BAD_BYTES,
];

const BY_ID = new Map(STRATEGIES.map((strategy) => [strategy.id, strategy]));

export const isStrategy = (id: string): boolean => BY_ID.has(id);

export function strategyOf(id: string): Strategy {
  const strategy = BY_ID.get(id);
  if (strategy === undefined) throw new RangeError(`there is no strategy ${id}`);
  return strategy;
}

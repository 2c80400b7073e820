/**
 * How many tranches of checkers a candidate needs, given who was assigned, who approved and who is
 * late. Every validator that is late costs one more tranche with somebody in it, and each round of
 * replacements moves time back by the grace that the late ones had. Node-side reference, 6.4.
 */
import { approvedByThird, type ValidatorIndex } from "@parahost/primitives";
import type { Tranche } from "../approval-criteria/criteria.ts";
import { APPROVAL_DELAY_TICKS, type Tick } from "../approval-criteria/ticks.ts";
import type { Assignments, TrancheAssignment } from "./assignments.ts";

export type RequiredTranches =
  /** So many are late that everybody is to check. */
  | { readonly type: "all" }
  /** Not enough yet. */
  | {
      readonly type: "pending";
      /** The last tranche that was looked at. */
      readonly considered: Tranche;
      /** When the next of those counted is late. */
      readonly nextNoShow: Tick | undefined;
      /** Own assignments of later tranches wait. */
      readonly maximumBroadcast: Tranche;
      /** By how much the tranches to come are delayed. */
      readonly clockDrift: Tick;
    }
  /** The assigned of tranches up to `needed` suffice. */
  | {
      readonly type: "exact";
      readonly needed: Tranche;
      /** As many may stay silent: they are covered. */
      readonly toleratedMissing: number;
      readonly nextNoShow: Tick | undefined;
      /** When the newest of the assignments came in. */
      readonly lastAssignment: Tick | undefined;
    };

export interface TallyInput {
  readonly assignments: Assignments;
  readonly approvals: Pick<ReadonlySet<ValidatorIndex>, "has" | "size">;
  readonly validatorCount: number;
  readonly neededApprovals: number;
  readonly blockTick: Tick;
  readonly noShowTicks: Tick;
  readonly now: Tick;
}

interface Tally {
  readonly assignments: number;
  /** Rounds of replacement so far. */
  readonly depth: number;
  /** Late validators whose replacement is found. */
  readonly covered: number;
  /** Places that this round still has to fill. */
  readonly covering: number;
  /** Late validators left to the next round. */
  readonly uncovered: number;
  readonly nextNoShow: Tick | undefined;
  readonly lastAssignment: Tick | undefined;
}

export function requiredTranches(input: TallyInput): RequiredTranches {
  const { assignments, neededApprovals, blockTick, noShowTicks, now } = input;
  const waiting = assignments.tranches[Symbol.iterator]();
  let next = waiting.next();
  let tally: Tally = {
    assignments: 0,
    depth: 0,
    covered: 0,
    covering: neededApprovals,
    uncovered: 0,
    nextNoShow: undefined,
    lastAssignment: undefined,
  };
  for (let tranche = 0; ; tranche++) {
    const clockDrift = tally.depth * noShowTicks;
    const driftedNow = Math.max(0, now - clockDrift);
    const entry = next.done === true ? undefined : next.value;
    const here = entry?.tranche === tranche ? entry.assignments : [];
    if (entry?.tranche === tranche) next = waiting.next();
    tally = advance(tally, here, lateness(here, input, clockDrift, driftedNow));
    const outcome = evaluate(tally, tranche, input);
    if (outcome.type !== "pending") return outcome;
    // Tranche 0 is always counted, a later one when its time has come.
    const drifted = Math.max(0, now - tally.depth * noShowTicks - blockTick);
    if (tranche + 1 > drifted) return outcome;
    // Beyond the last assignment nothing changes from tranche to tranche but the number.
    if (next.done === true && tranche + 1 < drifted) tranche = drifted - 1;
  }
}

interface Lateness {
  readonly noShows: number;
  readonly nextNoShow: Tick | undefined;
}

function lateness(
  assigned: readonly TrancheAssignment[],
  { approvals, validatorCount, blockTick, noShowTicks }: TallyInput,
  clockDrift: Tick,
  driftedNow: Tick,
): Lateness {
  let noShows = 0;
  let nextNoShow: Tick | undefined;
  for (const { validator, tick } of assigned) {
    if (validator >= validatorCount || approvals.has(validator)) continue;
    const lateAt = Math.max(0, Math.max(tick, blockTick) - clockDrift) + noShowTicks;
    if (lateAt <= driftedNow) noShows += 1;
    else nextNoShow = earlier(nextNoShow, lateAt + clockDrift);
  }
  return { noShows, nextNoShow };
}

function advance(
  tally: Tally,
  assigned: readonly TrancheAssignment[],
  { noShows, nextNoShow }: Lateness,
): Tally {
  const { depth } = tally;
  // A tranche replaces one late validator however many it has, else its size would be worth hiding.
  const newCovered = depth === 0 ? assigned.length : Math.min(assigned.length, 1);
  const covering = Math.max(0, tally.covering - newCovered);
  const uncovered = tally.uncovered + noShows;
  const isNextRound = covering === 0 && uncovered > 0;
  return {
    assignments: tally.assignments + assigned.length,
    depth: isNextRound ? depth + 1 : depth,
    covered: depth === 0 ? 0 : tally.covered + newCovered,
    covering: isNextRound ? uncovered : covering,
    uncovered: isNextRound ? 0 : uncovered,
    nextNoShow: earlier(tally.nextNoShow, nextNoShow),
    lastAssignment: assigned.reduce<Tick | undefined>(
      (latest, { tick }) => Math.max(latest ?? 0, tick),
      tally.lastAssignment,
    ),
  };
}

function evaluate(tally: Tally, tranche: Tranche, input: TallyInput): RequiredTranches {
  const { neededApprovals, validatorCount, noShowTicks } = input;
  const { assignments, depth, uncovered, covered, nextNoShow, lastAssignment } = tally;
  const covering = depth === 0 ? 0 : tally.covering;
  const open = covering + uncovered;
  if (depth > 0 && assignments + open >= validatorCount) return { type: "all" };
  if (assignments >= neededApprovals && open === 0)
    return {
      type: "exact",
      needed: tranche,
      toleratedMissing: covered,
      nextNoShow,
      lastAssignment,
    };
  return {
    type: "pending",
    considered: tranche,
    nextNoShow,
    maximumBroadcast: depth === 0 ? Number.POSITIVE_INFINITY : tranche + open,
    clockDrift: depth * noShowTicks,
  };
}

// What follows from it

/** Whether the candidate is approved as far as this list of assignments is concerned. */
export function isApproved(input: TallyInput, required: RequiredTranches): boolean {
  const { approvals, assignments, validatorCount, now } = input;
  // Among more than a third somebody is honest.
  if (approvedByThird(approvals.size, validatorCount)) return true;
  if (required.type !== "exact") return false;
  const { needed, toleratedMissing, lastAssignment } = required;
  if (lastAssignment !== undefined && lastAssignment > now - APPROVAL_DELAY_TICKS) return false;
  const assigned = assignments.upTo(needed);
  const approved = assigned.filter((validator) => approvals.has(validator)).length;
  return approved + toleratedMissing >= assigned.length;
}

/** Nobody of those counted was late. */
export function isWithoutDelay(required: RequiredTranches): boolean {
  switch (required.type) {
    case "all":
      return false;
    case "pending":
      return required.clockDrift === 0;
    case "exact":
      return required.toleratedMissing === 0;
  }
}

/** Whether an own assignment that was not announced yet is to be announced now. */
export function shouldTrigger(
  tranche: Tranche,
  input: TallyInput,
  required: RequiredTranches,
): boolean {
  if (tranche === 0) return true;
  switch (required.type) {
    case "all":
      return !isApproved(input, required);
    case "pending": {
      const { blockTick, now } = input;
      const { clockDrift, maximumBroadcast } = required;
      return tranche <= maximumBroadcast && blockTick + tranche <= now - clockDrift;
    }
    case "exact":
      return false;
  }
}

/**
 * When the answers above may change by themselves; `undefined` when only news can change them. Asked
 * of a candidate that is not approved. Our own assignment has its turn so many tranches `ahead` of its time.
 */
export function nextWakeUp(
  own: Tranche | undefined,
  ahead: number,
  input: TallyInput,
  required: RequiredTranches,
): Tick | undefined {
  const { assignments, blockTick, now } = input;
  switch (required.type) {
    case "all":
      return undefined;
    case "exact": {
      const { lastAssignment, nextNoShow } = required;
      const matured =
        lastAssignment === undefined ? undefined : lastAssignment + APPROVAL_DELAY_TICKS;
      return earlier(matured !== undefined && matured > now ? matured : undefined, nextNoShow);
    }
    case "pending": {
      const { considered, nextNoShow, clockDrift } = required;
      const dueAt = (tranche: Tranche): Tick => blockTick + tranche + clockDrift;
      const announced = assignments.tranches.find(({ tranche }) => tranche > considered)?.tranche;
      // Ours may lie among those considered: it was not due before somebody came late, and is not yet.
      const ours = own !== undefined && dueAt(own) - ahead > now ? dueAt(own) - ahead : undefined;
      return earlier(
        earlier(announced === undefined ? undefined : dueAt(announced), ours),
        nextNoShow,
      );
    }
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}

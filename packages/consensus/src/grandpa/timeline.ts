/**
 * What is due in a round, and when. Pure: the voter asks after every event and carries out the answer.
 *
 * Times are multiples of T, in which a message is taken to reach everybody: a sixth of a slot.
 * Reference: consensus 4.4.
 */
import type { BlockRef } from "../block-tree.ts";
import type { RoundState } from "./round.ts";
import type { Ancestry } from "./vote-graph.ts";

/** T, milliseconds. */
export const gossipDurationMs = (slotDurationMs: number): number => slotDurationMs / 6;

/** Multiples of T after the start of a round. */
const PREVOTE_AT = 2;
const PRECOMMIT_AT = 4;

export interface RoundProgress {
  readonly startedAt: number;
  /** Whether we prevoted, or would have if we were voters. */
  readonly hasPrevoted: boolean;
  readonly hasPrecommitted: boolean;
  readonly state: RoundState;
  /** Of the round before. */
  readonly previous: RoundState;
}

export type Step =
  | { readonly type: "prevote" }
  | { readonly type: "precommit"; readonly target: BlockRef }
  | { readonly type: "complete" }
  /** Nothing before this instant, if there is one, unless a message or block comes. */
  | { readonly type: "wait"; readonly until: number | undefined };

/** `T` in milliseconds; `finalized` is the head of finality by whatever way it was learned. */
export function nextStep(
  progress: RoundProgress,
  now: number,
  T: number,
  finalized: BlockRef,
  ancestry: Ancestry,
): Step {
  const { startedAt, hasPrevoted, hasPrecommitted, state, previous } = progress;
  if (!hasPrevoted) {
    const at = startedAt + PREVOTE_AT * T;
    return state.completable || now >= at ? { type: "prevote" } : { type: "wait", until: at };
  }
  if (!hasPrecommitted) {
    const at = startedAt + PRECOMMIT_AT * T;
    if (!state.completable && now < at) return { type: "wait", until: at };
    const { prevoteGhost } = state;
    // A ghost below the estimate comes from votes that did not see what the last round may yet decide.
    if (prevoteGhost === undefined || !isAtOrAbove(previous.estimate, prevoteGhost, ancestry))
      return { type: "wait", until: undefined };
    return { type: "precommit", target: prevoteGhost };
  }
  const isDone = state.completable && isSettled(progress, finalized, ancestry);
  return isDone ? { type: "complete" } : { type: "wait", until: undefined };
}

/** Whether what the round before may decide is decided: its estimate is final. */
function isSettled(
  { state, previous }: RoundProgress,
  finalized: BlockRef,
  ancestry: Ancestry,
): boolean {
  return [previous.finalized, state.finalized, finalized].some(
    (block) => block !== undefined && isAtOrAbove(previous.estimate, block, ancestry),
  );
}

function isAtOrAbove(low: BlockRef | undefined, high: BlockRef, ancestry: Ancestry): boolean {
  return low === undefined || ancestry.path(low, high) !== undefined;
}

/**
 * The block that our prevote must contain: the last round's estimate, or what this round's primary
 * proposed when that lies above it, up to the last round's prevote-ghost. What is final already stands
 * in for an estimate below it.
 */
export function prevoteBase(
  previous: RoundState,
  proposal: BlockRef | undefined,
  finalized: BlockRef,
  ancestry: Ancestry,
): BlockRef {
  const estimate = previous.estimate ?? finalized;
  const { prevoteGhost } = previous;
  const isOnPath =
    proposal !== undefined &&
    prevoteGhost !== undefined &&
    proposal.number > estimate.number &&
    ancestry.path(estimate, proposal) !== undefined &&
    ancestry.path(proposal, prevoteGhost) !== undefined;
  const base = isOnPath ? proposal : estimate;
  return ancestry.path(base, finalized) === undefined ? base : finalized;
}

/** What the primary of a round proposes: the last estimate, as long as it is not final. */
export function proposalOf(previous: RoundState, finalized: BlockRef): BlockRef | undefined {
  const { estimate, finalized: settled } = previous;
  if (estimate === undefined) return undefined;
  const head = Math.max(finalized.number, settled?.number ?? 0);
  return estimate.number > head ? estimate : undefined;
}

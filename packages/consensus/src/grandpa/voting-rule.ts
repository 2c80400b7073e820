/**
 * What a node may vote for. Between the best chain and the vote stands a list of rules, each of which
 * may lower the target: never below the base, never off the best chain.
 *
 * The rule of the relay chain, which asks approval voting and the dispute coordinator, is the node's; it
 * is asynchronous. A rule that breaks its promise or these bounds counts as one that answers nothing:
 * then the base is voted for.
 *
 * Reference: consensus 4.8, node 5.27.
 */
import type { BlockNumber } from "@parahost/primitives";
import type { BlockRef } from "../block-tree.ts";
import type { Ancestry } from "./vote-graph.ts";

export interface VotingContext {
  /** What is voted for at least. */
  readonly base: BlockRef;
  /** Head of the best chain that contains the base. */
  readonly best: BlockRef;
  /** What the rules before have left: on the chain from base to best. */
  readonly target: BlockRef;
  readonly chain: Ancestry;
}

/** The target or an ancestor of it not below the base; `undefined` votes for the base. */
export type VotingRule = (
  context: VotingContext,
) => BlockRef | undefined | Promise<BlockRef | undefined>;

/** The block of this number on the way from base to target; the nearer end outside of it. */
export function blockAt({ base, target, chain }: VotingContext, number: BlockNumber): BlockRef {
  if (number >= target.number) return target;
  if (number <= base.number) return base;
  const hash = chain.path(base, target)?.[number - base.number - 1];
  // The chain may have left the target while a rule was asking around.
  return hash === undefined ? base : { hash, number };
}

/** Leaves the last `count` blocks of the best chain to settle. */
export function keepBehind(count: number): VotingRule {
  return (context) => blockAt(context, context.best.number - count);
}

/** At most three quarters of what is not final yet. */
export const threeQuarters: VotingRule = (context) => {
  const { base, best } = context;
  const open = best.number - base.number;
  return blockAt(context, base.number + Math.floor((3 * open + 2) / 4));
};

/**
 * Wraps rules so that the vote never lags more than `lag` blocks behind the best one, whatever they
 * say. It finalizes blocks that nobody approved: an operator turns it on knowingly.
 */
export function withFinalityLagMax(rules: readonly VotingRule[], lag: number): VotingRule {
  return async (context) => {
    const lowered = await applyRules(rules, context);
    const least = blockAt(context, context.best.number - lag);
    return least.number > lowered.number ? least : lowered;
  };
}

/** The target after all rules. Rejects only with what is our own fault. */
export async function applyRules(
  rules: readonly VotingRule[],
  context: VotingContext,
): Promise<BlockRef> {
  let target = context.target;
  for (const rule of rules) {
    const lowered = await rule({ ...context, target });
    if (lowered === undefined || !isBetween(context, lowered, target)) return context.base;
    target = lowered;
  }
  return target;
}

function isBetween({ base, chain }: VotingContext, block: BlockRef, target: BlockRef): boolean {
  return chain.path(base, block) !== undefined && chain.path(block, target) !== undefined;
}

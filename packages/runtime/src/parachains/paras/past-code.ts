/**
 * Which code a para had at which relay chain block.
 *
 * A replacement has two times: the block from which on the para was expected to use the new code
 * (`expectedAt`: a candidate in the context of that very block still ran the old one), and the block at
 * which the candidate that switched was included (`activatedAt`), from which pruning counts.
 *
 * Guide: runtime/paras.md, `ParaPastCodeMeta`. Reference: 4.3.
 */
import { BlockNumber } from "@parahost/primitives";
import { option, struct, type ValueOf, vec } from "@parahost/scale";

export const ReplacementTimes = struct({ expectedAt: BlockNumber, activatedAt: BlockNumber }, [
  "polkadot_runtime_parachains",
  "paras",
  "ReplacementTimes",
]);
export type ReplacementTimes = ValueOf<typeof ReplacementTimes>;

export const ParaPastCodeMeta = struct(
  {
    /** Oldest first. */
    upgradeTimes: vec(ReplacementTimes),
    /** Highest `expectedAt` of the replacements whose code was pruned. */
    lastPruned: option(BlockNumber),
  },
  ["polkadot_runtime_parachains", "paras", "ParaPastCodeMeta"],
);
export type ParaPastCodeMeta = ValueOf<typeof ParaPastCodeMeta>;

export const NO_PAST_CODE: ParaPastCodeMeta = { upgradeTimes: [], lastPruned: undefined };

/** The guide's `UseCodeAt`. */
export type CodeUse =
  | { readonly type: "current" }
  /** The code that was replaced at this `expectedAt`. */
  | { readonly type: "replacedAt"; readonly expectedAt: BlockNumber };

export function withReplacement(
  meta: ParaPastCodeMeta,
  expectedAt: BlockNumber,
  activatedAt: BlockNumber,
): ParaPastCodeMeta {
  return { ...meta, upgradeTimes: [...meta.upgradeTimes, { expectedAt, activatedAt }] };
}

/** The code for a candidate in the context of block `at`; `undefined` when it has been pruned. */
export function codeAt(meta: ParaPastCodeMeta, at: BlockNumber): CodeUse | undefined {
  // A replacement that is forgotten comes before all that are kept.
  if (meta.lastPruned !== undefined && meta.lastPruned >= at) return undefined;
  const replacement = meta.upgradeTimes.find(({ expectedAt }) => expectedAt >= at);
  if (replacement === undefined) return { type: "current" };
  return { type: "replacedAt", expectedAt: replacement.expectedAt };
}

/** Forgets replacements activated at or before `height`; `pruned` are their `expectedAt`. */
export function pruneUpTo(
  meta: ParaPastCodeMeta,
  height: BlockNumber,
): { readonly meta: ParaPastCodeMeta; readonly pruned: BlockNumber[] } {
  const firstKept = meta.upgradeTimes.findIndex(({ activatedAt }) => activatedAt > height);
  const count = firstKept === -1 ? meta.upgradeTimes.length : firstKept;
  const pruned = meta.upgradeTimes.slice(0, count).map(({ expectedAt }) => expectedAt);
  if (pruned.length === 0) return { meta, pruned };
  // Governance may replace code out of the order in which it was expected.
  const lastPruned = Math.max(meta.lastPruned ?? 0, ...pruned);
  return { meta: { upgradeTimes: meta.upgradeTimes.slice(count), lastPruned }, pruned };
}

/** `expectedAt` of the most recent replacement. */
export function mostRecentReplacement(meta: ParaPastCodeMeta): BlockNumber | undefined {
  return meta.upgradeTimes.at(-1)?.expectedAt;
}

/**
 * From the outcome of an execution to what the node does about it: the three classes of failure and the
 * reaction to each, in one table. Reference: runtime-and-primitives.md 3.6, node-side.md 5.18 and 8.7.
 *
 * | class           | backing    | approval, dispute                          |
 * |-----------------|------------|--------------------------------------------|
 * | invalid         | invalid    | invalid, never retried                     |
 * | possiblyInvalid | invalid    | once more in a fresh worker, then invalid  |
 * | internal        | abstain    | once more, then abstain                    |
 *
 * A fault of our own never becomes a vote against a candidate.
 */

import type { ExecutionKind, ExecutionOutcome, InternalReason } from "./executor.ts";

export type Verdict = "valid" | "invalid" | "abstain" | "retry";

export type FailureClass = Exclude<ExecutionOutcome["type"], "valid">;

/** Pause before a possibly invalid candidate is tried again, milliseconds. */
export const RETRY_PAUSE_MS = 3_000;

const ON_FIRST: Readonly<Record<FailureClass, Readonly<Record<ExecutionKind, Verdict>>>> = {
  invalid: { backing: "invalid", approval: "invalid", dispute: "invalid" },
  possiblyInvalid: { backing: "invalid", approval: "retry", dispute: "retry" },
  internal: { backing: "abstain", approval: "retry", dispute: "retry" },
};

const ON_LAST: Readonly<Record<FailureClass, Verdict>> = {
  invalid: "invalid",
  possiblyInvalid: "invalid",
  internal: "abstain",
};

/** Internal reasons that a second attempt would only meet again. */
const LASTING: readonly InternalReason["code"][] = [
  "preparation",
  "badExecutorParams",
  "codeHashMismatch",
  "cancelled",
  "closed",
];

/** What to do about an outcome. `isLast`: no retry is left, or no time for one. */
export function verdictOf(
  outcome: ExecutionOutcome,
  kind: ExecutionKind,
  isLast: boolean,
): Verdict {
  if (outcome.type === "valid") return "valid";
  const verdict = isLast ? ON_LAST[outcome.type] : ON_FIRST[outcome.type][kind];
  if (verdict === "retry" && outcome.type === "internal" && LASTING.includes(outcome.reason.code))
    return "abstain";
  return verdict;
}

/**
 * What the end of a worker process says. Signals that a process sends itself by a fault of its own may be a
 * hostile guest's work; those that only others send, and want of memory, are the machine's.
 *
 * Reference: node-side.md 5.18.
 */

import type { InternalReason, PossiblyInvalidReason } from "../executor.ts";

export interface WorkerExit {
  readonly signal: NodeJS.Signals | undefined;
  readonly code: number | undefined;
  /** The last that it wrote to its error output. */
  readonly lastWords: string;
  /** It ended while part of an answer had arrived. */
  readonly isWithinAnswer: boolean;
}

export type ExitMeaning =
  | { readonly type: "internal"; readonly reason: InternalReason }
  | { readonly type: "possiblyInvalid"; readonly reason: PossiblyInvalidReason };

/** With this code a worker says that its heap is full. */
export const OUT_OF_MEMORY_EXIT_CODE = 86;

const OWN_SIGNALS: readonly string[] = [
  "SIGSEGV",
  "SIGBUS",
  "SIGILL",
  "SIGFPE",
  "SIGSYS",
  "SIGABRT",
  "SIGTRAP",
];
/** How V8 and the system's libraries say that there is no memory, before they abort. */
const OUT_OF_MEMORY = /out of memory|Allocation failed|Cannot allocate memory|bad_alloc/i;

export function meaningOfExit(exit: WorkerExit): ExitMeaning {
  const { signal, code, lastWords, isWithinAnswer } = exit;
  if (code === OUT_OF_MEMORY_EXIT_CODE || OUT_OF_MEMORY.test(lastWords))
    return { type: "internal", reason: { code: "outOfHostMemory" } };
  if (signal !== undefined)
    return OWN_SIGNALS.includes(signal)
      ? { type: "possiblyInvalid", reason: { code: "workerDied", signal } }
      : { type: "internal", reason: { code: "workerKilled", signal } };
  if (isWithinAnswer)
    return { type: "internal", reason: { code: "badAnswer", detail: "half an answer" } };
  if (code === 0) return { type: "internal", reason: { code: "workerKilled", signal: "none" } };
  const message = lastWords.trim().split("\n").at(-1) ?? "";
  return {
    type: "possiblyInvalid",
    reason: { code: "jobError", message: `exit code ${code}: ${message}` },
  };
}

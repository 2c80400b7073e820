/**
 * One check of an included candidate, by an approval checker or a fisherman: its data recovered, its code
 * run. A fault of ours ends in silence, which others cover. Reference: node 5.21.
 */
import { type Clock, sleep } from "@parahost/base";
import {
  type CandidateReceipt,
  type CoreIndex,
  type GroupIndex,
  type Hash,
  type SessionIndex,
  TICK_MS,
} from "@parahost/primitives";
import type { Context } from "./overseer/context.ts";
import type { SubsystemName } from "./overseer/messages.ts";
import { unlessCancelled } from "./overseer/reply.ts";
import { queryRuntime } from "./runtime-api/query.ts";

/** Data that nobody had may turn up. */
const RETRY_TICKS = 24;
const ATTEMPTS_MAX = 16;

/** `unknown` where the fault may be ours. */
export type CheckOutcome = "valid" | "invalid" | "unavailable" | "unknown";

/** A candidate in a block that includes it. */
export interface IncludedCandidate {
  readonly receipt: CandidateReceipt;
  /** That of the including block, which is the candidate's. */
  readonly session: SessionIndex;
  readonly includedIn: Hash;
  readonly core: CoreIndex | undefined;
  readonly group: GroupIndex | undefined;
}

export type Checker = Pick<
  Context<SubsystemName, "availability-recovery" | "candidate-validation" | "runtime-api">,
  "ask"
>;

/** Checks until there is a verdict; what is unavailable is tried again while `isWanted`. */
export async function checkIncluded(
  asker: Checker,
  clock: Clock,
  candidate: IncludedCandidate,
  isWanted: () => boolean,
  abort: AbortSignal,
): Promise<CheckOutcome> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await checkOnce(asker, candidate);
    if (abort.aborted) return "unknown";
    if (outcome !== "unavailable" || attempt === ATTEMPTS_MAX) return outcome;
    if (!(await sleep(clock, RETRY_TICKS * TICK_MS, abort)) || !isWanted()) return "unknown";
  }
}

async function checkOnce(
  asker: Checker,
  { receipt, session, includedIn, core, group }: IncludedCandidate,
): Promise<CheckOutcome> {
  const recovered = await unlessCancelled(
    asker.ask("availability-recovery", {
      type: "recoverAvailableData",
      candidateReceipt: receipt,
      session,
      backingGroup: group,
      coreIndex: core,
    }),
  );
  if (recovered === undefined) return "unavailable";
  if (!recovered.ok) return recovered.error.code;
  const { validationCodeHash } = receipt.descriptor;
  const code = await queryRuntime(asker, includedIn, "validationCodeByHash", validationCodeHash);
  const params = await queryRuntime(asker, includedIn, "sessionExecutorParams", session);
  if (code === undefined || params === undefined) return "unknown";
  const verdict = await unlessCancelled(
    asker.ask("candidate-validation", {
      type: "validateFromExhaustive",
      persistedValidationData: recovered.value.validationData,
      validationCode: code,
      candidateReceipt: receipt,
      pov: recovered.value.pov,
      executorParams: params,
      purpose: { type: "approval" },
    }),
  );
  return verdict?.ok === true ? verdict.value.type : "unknown";
}

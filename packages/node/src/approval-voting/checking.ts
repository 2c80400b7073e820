/**
 * One check of a candidate: its data recovered, its code run. A fault of ours ends in silence, which
 * others cover. Reference: node 5.21.
 */
import { type Clock, sleep } from "@parahost/base";
import { TICK_MS } from "@parahost/primitives";
import type { Context } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import type { Inclusion } from "./book.ts";

/** Data that nobody had may turn up. */
const RETRY_TICKS = 24;
const ATTEMPTS_MAX = 16;

export type CheckOutcome = "valid" | "invalid" | "unknown";

type Asker = Pick<
  Context<"approval-voting", "availability-recovery" | "candidate-validation" | "runtime-api">,
  "ask"
>;

export async function check(
  asker: Asker,
  clock: Clock,
  inclusion: Inclusion,
  abort: AbortSignal,
): Promise<CheckOutcome> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const outcome = await checkOnce(asker, inclusion);
    if (abort.aborted) return "unknown";
    if (outcome !== "unavailable") return outcome;
    if (!(await sleep(clock, RETRY_TICKS * TICK_MS, abort)) || inclusion.approved) return "unknown";
  }
  return "unknown";
}

async function checkOnce(
  asker: Asker,
  { block, index, candidate }: Inclusion,
): Promise<CheckOutcome | "unavailable"> {
  const { hash, session, candidates } = block.info;
  const { receipt } = candidate;
  const recovered = await unlessCancelled(
    asker.ask("availability-recovery", {
      type: "recoverAvailableData",
      candidateReceipt: receipt,
      session,
      backingGroup: candidates[index]?.group,
      coreIndex: candidates[index]?.core,
    }),
  );
  if (recovered === undefined) return "unavailable";
  if (!recovered.ok) return recovered.error.code;
  const { validationCodeHash } = receipt.descriptor;
  const code = await queryRuntime(asker, hash, "validationCodeByHash", validationCodeHash);
  const params = await queryRuntime(asker, hash, "sessionExecutorParams", session);
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

/**
 * Runs validation functions and answers valid, invalid or "cannot tell". Guide: Candidate Validation.
 *
 * Each question is a job of its own; the executor bounds how many run. A backing job whose relay
 * parent is no longer a leaf is taken back. What a failure means is the executor's verdict table: a
 * fault of ours never becomes "invalid".
 */
import { type Clock, describe, err, type Logger, ok, type Result, sleep } from "@parahost/base";
import type { SignatureVerifier } from "@parahost/crypto";
import {
  type ExecutionKind,
  type ExecutionPriority,
  type ExecutionRequest,
  type Executor,
  RETRY_PAUSE_MS,
  verdictOf,
} from "@parahost/executor";
import { type Hash, validationCodeHash } from "@parahost/primitives";
import type { Context, Job } from "../overseer/context.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { checkAfter, checkBefore, invalidCandidate } from "./check-candidate.ts";
import type {
  CandidateValidationMessage,
  InvalidCandidate,
  PreCheckOutcome,
  ValidationFailed,
  ValidationPurpose,
  ValidationVerdict,
} from "./messages.ts";

const TARGET = "parachain::candidate-validation";
/** Validations under way or waiting; one more is answered with a failure. */
const VALIDATIONS_MAX = 512;

export type CandidateValidationContext = Context<"candidate-validation", "runtime-api">;

export interface Dependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly executor: Executor;
  readonly verifier: SignatureVerifier;
}

type ValidateMessage = Extract<CandidateValidationMessage, { type: "validateFromExhaustive" }>;
type Outcome = Result<ValidationVerdict, ValidationFailed>;

const KINDS: Readonly<
  Record<
    ValidationPurpose["type"],
    { readonly kind: ExecutionKind; readonly priority: ExecutionPriority }
  >
> = {
  backing: { kind: "backing", priority: "backing" },
  backingSystemParas: { kind: "backing", priority: "backingSystemPara" },
  approval: { kind: "approval", priority: "approval" },
  dispute: { kind: "dispute", priority: "dispute" },
};

export async function run(context: CandidateValidationContext, deps: Dependencies): Promise<void> {
  /** Jobs that lose their reason when the leaf goes. */
  const byLeaf = new Map<Hash, Set<Job>>();
  let underWay = 0;
  for await (const incoming of context.inbox) {
    if (incoming.from === "overseer") {
      const { signal } = incoming;
      if (signal.type === "conclude") return;
      if (signal.type !== "activeLeaves") continue;
      for (const hash of signal.deactivated) {
        for (const job of byLeaf.get(hash) ?? []) job.cancel();
        byLeaf.delete(hash);
      }
      continue;
    }
    const { message } = incoming;
    if (message.type === "preCheck") {
      context.spawn("pre-check", async () => message.reply(await preCheck(context, deps, message)));
      continue;
    }
    if (underWay >= VALIDATIONS_MAX) {
      message.reply(err({ code: "validationFailed", message: "too many validations at once" }));
      continue;
    }
    underWay += 1;
    const job = context.spawn("validate", async (signal) => {
      try {
        message.reply(await validate(context, deps, message, signal));
      } finally {
        underWay -= 1;
      }
    });
    const leaf = relayParentOf(message.purpose);
    if (leaf === undefined) continue;
    const jobs = byLeaf.get(leaf) ?? new Set();
    byLeaf.set(leaf, jobs.add(job));
    void job.ended.then(() => jobs.delete(job));
  }
}

const relayParentOf = (purpose: ValidationPurpose): Hash | undefined =>
  "relayParent" in purpose ? purpose.relayParent : undefined;

const failure = (message: string): Outcome => err({ code: "validationFailed", message });
const invalid = (reason: InvalidCandidate): Outcome => ok({ type: "invalid", reason });

async function validate(
  context: CandidateValidationContext,
  deps: Dependencies,
  message: ValidateMessage,
  signal: AbortSignal,
): Promise<Outcome> {
  const { candidateReceipt: receipt, persistedValidationData: data, pov, purpose } = message;
  const relayParent = relayParentOf(purpose);
  const session =
    relayParent === undefined
      ? undefined
      : await queryRuntime(context, relayParent, "sessionIndexForChild");
  if (relayParent !== undefined && session === undefined)
    return failure("the relay parent's session is not known");
  const before = checkBefore(receipt, data, message.validationCode, pov, session, deps.verifier);
  if (!before.ok) return invalid(before.error);
  const codeLimitBytes =
    relayParent === undefined || session === undefined
      ? undefined
      : await queryRuntime(context, relayParent, "validationCodeBombLimit", session);
  const { kind, priority } = KINDS[purpose.type];
  const request: ExecutionRequest = {
    codeHash: validationCodeHash(message.validationCode),
    code: message.validationCode,
    params: {
      parentHead: data.parentHead,
      blockData: pov.blockData,
      relayParentNumber: data.relayParentNumber,
      relayParentStorageRoot: data.relayParentStorageRoot,
    },
    executorParams: message.executorParams,
    kind,
    priority,
    signal,
    ...(codeLimitBytes === undefined ? {} : { codeLimitBytes }),
  };
  for (let attempt = 1; ; attempt++) {
    const outcome = await deps.executor.validate(request);
    const verdict = verdictOf(outcome, kind, attempt > 1);
    if (verdict === "retry") {
      if (!(await sleep(deps.clock, RETRY_PAUSE_MS, signal))) return failure("cancelled");
      continue;
    }
    if (outcome.type === "valid") {
      const after = checkAfter(receipt, outcome.result);
      return after.ok
        ? ok({ type: "valid", commitments: after.value, persistedValidationData: data })
        : invalid(after.error);
    }
    if (verdict === "abstain") {
      deps.logger.log("warn", TARGET, `abstaining: ${describe(outcome.reason)}`, {
        para: receipt.descriptor.paraId,
      });
      return failure(describe(outcome.reason));
    }
    return invalid(
      outcome.type === "invalid"
        ? invalidCandidate(outcome.reason)
        : { code: "executionError", message: describe(outcome.reason) },
    );
  }
}

async function preCheck(
  context: CandidateValidationContext,
  deps: Dependencies,
  {
    relayParent,
    validationCodeHash: hash,
  }: Extract<CandidateValidationMessage, { type: "preCheck" }>,
): Promise<PreCheckOutcome> {
  const session = await queryRuntime(context, relayParent, "sessionIndexForChild");
  const code = await queryRuntime(context, relayParent, "validationCodeByHash", hash);
  if (session === undefined || code === undefined) return "failed";
  const executorParams = await queryRuntime(context, relayParent, "sessionExecutorParams", session);
  const codeLimitBytes = await queryRuntime(
    context,
    relayParent,
    "validationCodeBombLimit",
    session,
  );
  if (executorParams === undefined || codeLimitBytes === undefined) return "failed";
  const prepared = await deps.executor.prepare({
    code,
    executorParams,
    kind: "precheck",
    codeLimitBytes,
  });
  switch (prepared.type) {
    case "prepared":
      return "valid";
    case "refused":
    case "timeout":
      return "invalid";
    case "failed":
      return "failed";
  }
}

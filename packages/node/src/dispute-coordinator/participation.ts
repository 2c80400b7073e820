/**
 * Checks disputed candidates: a few at a time, in the order of the queue, each by recovering its data
 * and executing it. What went wrong on our side ends without a verdict. Guide: Dispute Participation.
 */
import { describe, type Logger } from "@parahost/base";
import type { CandidateHash, Hash } from "@parahost/primitives";
import type { Context } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import {
  type ParticipationPriority,
  ParticipationQueue,
  type ParticipationRequest,
} from "./participation-queue.ts";

const TARGET = "parachain::dispute-participation";
/** Checks at one time. */
export const PARALLEL_MAX = 3;

/** `abstain`: the data is not to be had, or something of ours failed. */
export type Verdict = "valid" | "invalid" | "abstain";

export type ParticipationContext = Context<
  "dispute-coordinator",
  "availability-recovery" | "candidate-validation" | "runtime-api"
>;

export interface ParticipationDependencies {
  readonly logger: Logger;
  /** The block whose state knows the code and the session. */
  readonly newestLeaf: () => Hash | undefined;
  readonly onVerdict: (request: ParticipationRequest, verdict: Verdict) => Promise<void>;
}

export class Participation {
  readonly #context: ParticipationContext;
  readonly #deps: ParticipationDependencies;
  readonly #queue = new ParticipationQueue();
  readonly #running = new Set<CandidateHash>();

  constructor(context: ParticipationContext, deps: ParticipationDependencies) {
    this.#context = context;
    this.#deps = deps;
  }

  /** Takes the candidate up when its turn comes. False when there is no room: a later vote tries again. */
  add(request: ParticipationRequest, priority: ParticipationPriority): boolean {
    if (this.#running.has(request.candidateHash)) return true;
    const added = this.#queue.add(request, priority);
    this.#pump();
    return added;
  }

  /** Whether the candidate waits or is being checked. */
  has(candidate: CandidateHash): boolean {
    return this.#running.has(candidate) || this.#queue.has(candidate);
  }

  /** A block includes the candidate. */
  prioritize(candidate: CandidateHash): void {
    this.#queue.prioritize(candidate);
  }

  /** We have voted: there is nothing to check any more. */
  drop(candidate: CandidateHash): void {
    this.#queue.remove(candidate);
  }

  #pump(): void {
    while (this.#running.size < PARALLEL_MAX) {
      const request = this.#queue.next();
      if (request === undefined) return;
      this.#running.add(request.candidateHash);
      this.#context.spawn("participate", async (abort) => {
        const verdict = await this.#check(request);
        this.#running.delete(request.candidateHash);
        if (abort.aborted) return;
        this.#pump();
        await this.#deps.onVerdict(request, verdict);
      });
    }
  }

  async #check({
    candidateReceipt,
    session,
    candidateHash,
  }: ParticipationRequest): Promise<Verdict> {
    const context = this.#context;
    const abstain = (why: string): Verdict => {
      this.#deps.logger.log("warn", TARGET, `no vote: ${why}`, { candidate: candidateHash });
      return "abstain";
    };
    const recovered = await unlessCancelled(
      context.ask("availability-recovery", {
        type: "recoverAvailableData",
        candidateReceipt,
        session,
        backingGroup: undefined,
        coreIndex: undefined,
      }),
    );
    if (recovered?.ok !== true)
      return recovered?.error.code === "invalid" ? "invalid" : abstain("its data is unavailable");
    const leaf = this.#deps.newestLeaf();
    if (leaf === undefined) return abstain("there is no leaf");
    const { validationCodeHash } = candidateReceipt.descriptor;
    const code = await queryRuntime(context, leaf, "validationCodeByHash", validationCodeHash);
    if (code === undefined) return abstain("the chain does not know its code");
    const executorParams = await queryRuntime(context, leaf, "sessionExecutorParams", session);
    if (executorParams === undefined) return abstain("the session's parameters are unknown");
    const { pov, validationData } = recovered.value;
    const validated = await unlessCancelled(
      context.ask("candidate-validation", {
        type: "validateFromExhaustive",
        persistedValidationData: validationData,
        validationCode: code,
        candidateReceipt,
        pov,
        executorParams,
        purpose: { type: "dispute" },
      }),
    );
    if (validated?.ok !== true) return abstain(describe(validated?.error ?? "no answer"));
    if (validated.value.type === "invalid")
      this.#deps.logger.log("warn", TARGET, `invalid: ${validated.value.reason.code}`, {
        candidate: candidateHash,
      });
    return validated.value.type;
  }
}

/**
 * Remembers whose reports on candidates a validator has seen on chain before it knew the verdict, and tells so when
 * the chain that goes on wants to know: the reports themselves went with the chain that was abandoned. What comes in
 * blocks that include a candidate already found invalid is no report: it risked nothing.
 *
 * Reference: runtime and primitives 4.7.1.
 */
import { describe, type Logger, LruMap, type Result } from "@parahost/base";
import type { Keystore } from "@parahost/crypto";
import {
  type AccountId,
  type Balance,
  type CandidateHash,
  type DisputesTimeSlot,
  FISHERMEN_REPORTS_MAX,
  type FishermenTestimony,
  type SessionIndex,
  testimonyPayload,
  type ValidatorId,
  type ValidatorIndex,
} from "@parahost/primitives";
import { encodeBare, runtimeApi, type State } from "@parahost/runtime";

const TARGET = "fisherman";
/** Candidates whose reports are remembered. */
const CANDIDATES_MAX = 1024;

/** What the best chain wants to know. */
export interface TestimonyQuestions {
  readonly awaited: readonly DisputesTimeSlot[];
  validators(session: SessionIndex): readonly ValidatorId[] | undefined;
  hasTestified(timeSlot: DisputesTimeSlot, validator: ValidatorIndex): boolean;
}

export const testimonyQuestions = (state: State): TestimonyQuestions => ({
  awaited: runtimeApi.awaitedTestimonies(state),
  validators: (session) => runtimeApi.sessionInfo(state, session)?.validators,
  hasTestified: (timeSlot, validator) => runtimeApi.hasTestified(state, timeSlot, validator),
});

export interface FishermenWitnessDependencies {
  readonly keystore: Keystore;
  readonly logger: Logger;
  readonly submit: (extrinsic: Uint8Array) => Result<unknown, unknown>;
}

export class FishermenWitness {
  readonly #deps: FishermenWitnessDependencies;
  /** What each fisherman had staked when it was first seen. */
  readonly #seen = new LruMap<CandidateHash, Map<AccountId, Balance>>(CANDIDATES_MAX);
  /** Told, on whatever fork; a fork that lacks the testimony gets it from the pool. */
  readonly #told = new LruMap<CandidateHash, true>(CANDIDATES_MAX);

  constructor(deps: FishermenWitnessDependencies) {
    this.#deps = deps;
  }

  /** Takes note of a block's reports, but for those on candidates that are known to be invalid. */
  see(
    block: readonly runtimeApi.CandidateReports[],
    isCondemned: (candidate: CandidateHash) => boolean,
  ): void {
    for (const { candidateHash, reports } of block) {
      if (isCondemned(candidateHash)) continue;
      const seen = this.#seen.get(candidateHash) ?? new Map<AccountId, Balance>();
      this.#seen.set(candidateHash, seen);
      for (const { who, stake } of reports)
        if (!seen.has(who) && seen.size < FISHERMEN_REPORTS_MAX) seen.set(who, stake);
    }
  }

  /** Tells what was seen about candidates that the best chain asks about. */
  tell(questions: TestimonyQuestions): void {
    for (const timeSlot of questions.awaited) {
      const seen = this.#seen.get(timeSlot.candidateHash);
      if (seen !== undefined && !this.#told.has(timeSlot.candidateHash))
        this.#testify(questions, timeSlot, seen);
    }
  }

  #testify(
    questions: TestimonyQuestions,
    timeSlot: DisputesTimeSlot,
    seen: ReadonlyMap<AccountId, Balance>,
  ): void {
    const { keystore, logger, submit } = this.#deps;
    const validators = questions.validators(timeSlot.sessionIndex) ?? [];
    const index = validators.findIndex((key) => keystore.has("para", key));
    const publicKey = validators[index];
    if (publicKey === undefined) return;
    const validatorIndex = index as ValidatorIndex;
    if (questions.hasTestified(timeSlot, validatorIndex)) return;
    const reports = [...seen].map(([who, stake]) => ({ who, stake }));
    const testimony: FishermenTestimony = { ...timeSlot, validatorIndex, reports };
    const signature = keystore.sign("para", publicKey, testimonyPayload(testimony));
    if (signature === undefined) return;
    const taken = submit(
      encodeBare({
        type: "fishermen",
        value: { type: "testify", value: { testimony, signature } },
      }),
    );
    const candidate = timeSlot.candidateHash;
    if (taken.ok) this.#told.set(candidate, true);
    logger.log(
      "debug",
      TARGET,
      taken.ok ? "told of reports" : `no testimony: ${describe(taken.error)}`,
      { candidate },
    );
  }
}

/**
 * Votes on code that is new to the chain: for every code that awaits its pre-check it asks candidate
 * validation whether the code compiles within its limits, and casts this validator's vote once per session.
 * Guide: PVF Pre-checker.
 *
 * A code is checked once, however many leaves ask for it; the check outlives the leaf that asked. The
 * verdict is kept while any leaf awaits it, since a new session votes anew. A check that failed counts as a
 * refusal: nobody is punished for the losing side of this vote, and code that some cannot compile must not
 * come into use.
 */
import { describe, type Logger, type Result } from "@parahost/base";
import type { Keystore } from "@parahost/crypto";
import {
  type Hash,
  pvfCheckPayload,
  type SessionIndex,
  type ValidationCodeHash,
  type ValidatorId,
  type ValidatorIndex,
} from "@parahost/primitives";
import type { KeyValueStore } from "@parahost/storage";
import type { Context, Job } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { voteExtrinsic } from "./vote-extrinsic.ts";
import { VoteRecord, type VoteRecordColumn } from "./vote-record.ts";

const TARGET = "parachain::pvf-checker";
/** Codes looked after at once: as many paras would have to upgrade at the same time. */
const SUBJECTS_MAX = 1_024;

export type PvfCheckerSends = "candidate-validation" | "runtime-api";
export type PvfCheckerContext = Context<"pvf-checker", PvfCheckerSends>;

export interface PvfCheckerDependencies {
  readonly logger: Logger;
  readonly keystore: Keystore;
  readonly store: KeyValueStore<VoteRecordColumn>;
  /** Hands a transaction to the pool. */
  readonly submit: (extrinsic: Uint8Array) => Result<unknown, { readonly code: string }>;
}

/** Who we are in the session of the newest leaf. */
interface Credentials {
  readonly session: SessionIndex;
  readonly validatorIndex: ValidatorIndex;
  readonly publicKey: ValidatorId;
}

type Verdict = "checking" | "accept" | "reject";

/** Votes until concluded. */
export async function run(context: PvfCheckerContext, deps: PvfCheckerDependencies): Promise<void> {
  const checker = new PvfChecker(context, deps);
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") continue;
    const { signal } = incoming;
    if (signal.type === "conclude") break;
    if (signal.type !== "activeLeaves") continue;
    for (const leaf of signal.deactivated) checker.forget(leaf);
    if (signal.activated !== undefined) checker.look(signal.activated.hash);
  }
  checker.end();
}

class PvfChecker {
  readonly #context: PvfCheckerContext;
  readonly #deps: PvfCheckerDependencies;
  readonly #record: VoteRecord;
  readonly #looks = new Map<Hash, Job>();
  /** What each active leaf awaits votes on. */
  readonly #awaited = new Map<Hash, ReadonlySet<ValidationCodeHash>>();
  readonly #verdicts = new Map<ValidationCodeHash, Verdict>();
  /** Cast in the session of the credentials. */
  #cast = new Set<ValidationCodeHash>();
  #credentials: Credentials | undefined;

  constructor(context: PvfCheckerContext, deps: PvfCheckerDependencies) {
    this.#context = context;
    this.#deps = deps;
    this.#record = new VoteRecord(deps.store);
  }

  /** Learns what the leaf awaits votes on, and sees to it. */
  look(leaf: Hash): void {
    const job = this.#context.spawn("look", (abort) => this.#lookAt(leaf, abort));
    this.#looks.set(leaf, job);
  }

  forget(leaf: Hash): void {
    this.#looks.get(leaf)?.cancel();
    this.#looks.delete(leaf);
    this.#awaited.delete(leaf);
  }

  end(): void {
    for (const job of this.#looks.values()) job.cancel();
  }

  async #lookAt(leaf: Hash, abort: AbortSignal): Promise<void> {
    const context = this.#context;
    const subjects = await queryRuntime(context, leaf, "pvfsRequirePrecheck");
    if (subjects === undefined || abort.aborted) return;
    this.#awaited.set(leaf, new Set(subjects.slice(0, SUBJECTS_MAX)));
    this.#dropUnawaited();
    if (subjects.length === 0) return;
    const session = await queryRuntime(context, leaf, "sessionIndexForChild");
    const validators = await queryRuntime(context, leaf, "validators");
    if (session === undefined || validators === undefined || abort.aborted) return;
    this.#becomeOneOf(session, validators);
    if (this.#credentials === undefined) return;
    for (const subject of this.#awaited.get(leaf) ?? []) this.#attend(leaf, subject);
  }

  /** A verdict that no leaf awaits is of no use; one that is being found is looked at again when it is. */
  #dropUnawaited(): void {
    for (const [subject, verdict] of this.#verdicts)
      if (verdict !== "checking" && !this.#isAwaited(subject)) this.#verdicts.delete(subject);
  }

  #isAwaited(subject: ValidationCodeHash): boolean {
    for (const subjects of this.#awaited.values()) if (subjects.has(subject)) return true;
    return false;
  }

  #becomeOneOf(session: SessionIndex, validators: readonly ValidatorId[]): void {
    if (this.#credentials?.session !== session) {
      this.#cast = new Set();
      // A fork may still be in the session before.
      this.#record.prune(Math.max(0, session - 1) as SessionIndex);
    }
    const validatorIndex = validators.findIndex((key) => this.#deps.keystore.has("para", key));
    const publicKey = validators[validatorIndex];
    this.#credentials =
      publicKey === undefined
        ? undefined
        : { session, validatorIndex: validatorIndex as ValidatorIndex, publicKey };
  }

  #attend(leaf: Hash, subject: ValidationCodeHash): void {
    const verdict = this.#verdicts.get(subject);
    if (verdict === "checking") return;
    if (verdict !== undefined) {
      this.#vote(subject, verdict === "accept");
      return;
    }
    this.#verdicts.set(subject, "checking");
    this.#context.spawn("pre-check", () => this.#check(leaf, subject));
  }

  async #check(relayParent: Hash, subject: ValidationCodeHash): Promise<void> {
    const question = { type: "preCheck", relayParent, validationCodeHash: subject } as const;
    const outcome = await unlessCancelled(this.#context.ask("candidate-validation", question));
    if (outcome === undefined) {
      this.#verdicts.delete(subject);
      return;
    }
    if (outcome === "failed")
      this.#deps.logger.log("warn", TARGET, "a pre-check failed, hence refuses", { subject });
    const accept = outcome === "valid";
    this.#verdicts.set(subject, accept ? "accept" : "reject");
    // Between two leaves nobody awaits it: then the next leaf will tell.
    if (this.#isAwaited(subject)) this.#vote(subject, accept);
  }

  /** Signs and submits, once per session; what the pool does not take is tried again at the next leaf. */
  #vote(subject: ValidationCodeHash, verdict: boolean): void {
    const credentials = this.#credentials;
    if (credentials === undefined || this.#cast.has(subject)) return;
    const { session, validatorIndex, publicKey } = credentials;
    const accept = this.#record.claim(session, subject, verdict);
    const statement = { accept, subject, sessionIndex: session, validatorIndex };
    const { keystore, logger, submit } = this.#deps;
    const signature = keystore.sign("para", publicKey, pvfCheckPayload(statement));
    if (signature === undefined) return;
    const submitted = submit(voteExtrinsic(statement, signature));
    if (submitted.ok || submitted.error.code === "alreadyImported") {
      this.#cast.add(subject);
      logger.log("debug", TARGET, accept ? "code accepted" : "code refused", { subject });
    } else
      logger.log("debug", TARGET, `the pool takes no vote: ${describe(submitted.error)}`, {
        subject,
      });
  }
}

/**
 * Misbehavior arbitration takes what subsystems saw validators do wrong, checks it, and carries it where
 * it has consequences: proofs to the chain, disagreements about candidates to the dispute coordinator.
 * Guide: Misbehavior Arbitration.
 *
 * Proofs travel as transactions, so that every author can include them. What the pool does not take at
 * one leaf is offered at the next.
 */
import { equalBytes, type Logger, type Result } from "@parahost/base";
import type { SignatureVerifier } from "@parahost/crypto";
import {
  AvailabilityBitfield,
  candidateHash,
  type DisputeVote,
  type Hash,
  type ValidDisputeStatementKind,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import type { Context } from "../overseer/context.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import {
  isBitfieldSigned,
  isOffence,
  isSignedBy,
  type Scene,
  type StatementOffence,
} from "./evidence.ts";
import type { MisbehaviorArbitrationMessage } from "./messages.ts";
import { Proofs } from "./proofs.ts";
import { reportExtrinsic } from "./report-extrinsic.ts";

const TARGET = "parachain::misbehavior-arbitration";
/** Accusations that are being looked at; more at a time are dropped, their proofs come again. */
const CASES_MAX = 256;
/** Proofs offered at one leaf, as many as a block takes. */
const REPORTS_PER_LEAF_MAX = 32;

export type MisbehaviorArbitrationSends = "dispute-coordinator" | "runtime-api";
export type MisbehaviorArbitrationContext = Context<
  "misbehavior-arbitration",
  MisbehaviorArbitrationSends
>;

export interface MisbehaviorArbitrationDependencies {
  readonly logger: Logger;
  readonly verifier: SignatureVerifier;
  /** Hands a transaction to the pool. */
  readonly submit: (extrinsic: Uint8Array) => Result<unknown, { readonly code: string }>;
}

type OfType<Type> = Extract<MisbehaviorArbitrationMessage, { readonly type: Type }>;

/** Arbitrates until concluded. */
export async function run(
  context: MisbehaviorArbitrationContext,
  deps: MisbehaviorArbitrationDependencies,
): Promise<void> {
  const arbiter = new Arbiter(context, deps);
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") arbiter.open(incoming.message);
    else if (incoming.signal.type === "conclude") return;
    else if (incoming.signal.type === "activeLeaves" && incoming.signal.activated !== undefined)
      arbiter.onLeaf(incoming.signal.activated.hash);
  }
}

class Arbiter {
  readonly #context: MisbehaviorArbitrationContext;
  readonly #deps: MisbehaviorArbitrationDependencies;
  readonly #proofs = new Proofs();
  #openCases = 0;

  constructor(context: MisbehaviorArbitrationContext, deps: MisbehaviorArbitrationDependencies) {
    this.#context = context;
    this.#deps = deps;
  }

  /** Offers the chain what it has not been told. */
  onLeaf(leaf: Hash): void {
    this.#context.spawn("report", async () => {
      const session = await queryRuntime(this.#context, leaf, "sessionIndexForChild");
      if (session === undefined) return;
      this.#proofs.prune(session);
      this.#report();
    });
  }

  open(accusation: MisbehaviorArbitrationMessage): void {
    if (this.#openCases >= CASES_MAX || this.#isKnown(accusation)) return;
    this.#openCases += 1;
    this.#context.spawn("case", async () => {
      const scene = await this.#sceneOf(accusation.relayParent);
      this.#openCases -= 1;
      if (scene !== undefined) await this.#judge(scene, accusation);
    });
  }

  #isKnown(accusation: MisbehaviorArbitrationMessage): boolean {
    return (
      (accusation.type === "doubleVote" || accusation.type === "selfContradiction") &&
      this.#proofs.has(accusation.type, accusation.relayParent, accusation.validatorIndex)
    );
  }

  async #sceneOf(relayParent: Hash): Promise<Scene | undefined> {
    const session = await queryRuntime(this.#context, relayParent, "sessionIndexForChild");
    if (session === undefined) return undefined;
    const info = await queryRuntime(this.#context, relayParent, "sessionInfo", session);
    return info === undefined ? undefined : { relayParent, session, info };
  }

  async #judge(scene: Scene, accusation: MisbehaviorArbitrationMessage): Promise<void> {
    switch (accusation.type) {
      case "doubleVote":
        if (await this.#maySecondSeveral(scene)) this.#dismiss(accusation, "it may second several");
        else this.#prove(scene, "doubleVote", accusation);
        return;
      case "selfContradiction":
        this.#prove(scene, "selfContradiction", accusation);
        return;
      case "unauthorizedStatement": {
        const { validatorIndex, vote } = accusation;
        if (isSignedBy(scene, validatorIndex, vote, this.#deps.verifier))
          this.#log("a statement about a candidate of another group", { validatorIndex });
        else this.#dismiss(accusation, "not signed by the accused");
        return;
      }
      case "candidateValidityDisagreement":
        await this.#escalate(scene, accusation);
        return;
      case "bitfieldEquivocation": {
        const [first, second] = accusation.bitfields;
        const areSigned = accusation.bitfields.every((bitfield) =>
          isBitfieldSigned(scene, bitfield, this.#deps.verifier),
        );
        const isSame = equalBytes(
          encode(AvailabilityBitfield, first.payload),
          encode(AvailabilityBitfield, second.payload),
        );
        if (!areSigned || isSame || first.validatorIndex !== second.validatorIndex)
          this.#dismiss(accusation, "no two bitfields signed by one validator");
        else this.#log("two bitfields for one block", { validatorIndex: first.validatorIndex });
        return;
      }
    }
  }

  /** Where candidates may run ahead of the chain, seconding several is no offence. */
  async #maySecondSeveral({ relayParent }: Scene): Promise<boolean> {
    const params = await queryRuntime(this.#context, relayParent, "asyncBackingParams");
    return params === undefined || params.maxCandidateDepth > 0;
  }

  #prove(
    scene: Scene,
    kind: StatementOffence,
    accusation: OfType<"doubleVote"> | OfType<"selfContradiction">,
  ): void {
    const { validatorIndex, votes } = accusation;
    if (!isOffence(kind, votes)) {
      this.#dismiss(accusation, "the statements do not exclude each other");
      return;
    }
    const { verifier } = this.#deps;
    if (!votes.every((vote) => isSignedBy(scene, validatorIndex, vote, verifier))) {
      this.#dismiss(accusation, "not signed by the accused");
      return;
    }
    const { session, relayParent } = scene;
    this.#log("offence proven", { kind, validatorIndex, session });
    this.#proofs.add({ kind, session, relayParent, validatorIndex, votes });
    this.#report();
  }

  #report(): void {
    const { logger, submit } = this.#deps;
    for (const proof of this.#proofs.unreported().slice(0, REPORTS_PER_LEAF_MAX)) {
      const extrinsic = reportExtrinsic(proof);
      // The chain has no such offence: it stays on our record alone.
      const taken = extrinsic === undefined ? undefined : submit(extrinsic);
      if (taken === undefined || taken.ok || taken.error.code === "alreadyImported")
        this.#proofs.noteReported(proof);
      else logger.log("debug", TARGET, `the pool takes no report: ${taken.error.code}`);
    }
  }

  /** The candidate is checked by all once a block backs it: then somebody stands to lose. */
  async #escalate(
    scene: Scene,
    accusation: OfType<"candidateValidityDisagreement">,
  ): Promise<void> {
    const { candidateReceipt, statements, foundInvalid } = accusation;
    const candidate = candidateHash(candidateReceipt);
    const signed = statements.filter(
      (vote) =>
        vote.statement.value === candidate &&
        isSignedBy(scene, vote.validatorIndex, vote, this.#deps.verifier),
    );
    const backing = signed.flatMap(({ statement, validatorIndex, signature }): DisputeVote[] => {
      if (statement.type === "invalid") return [];
      const type = statement.type === "seconded" ? "backingSeconded" : "backingValid";
      const value: ValidDisputeStatementKind = { type, value: scene.relayParent };
      return [{ statement: { type: "valid", value }, validatorIndex, signature }];
    });
    const isDoubted = foundInvalid || backing.length < signed.length;
    if (backing.length === 0 || !isDoubted) {
      this.#dismiss(accusation, "nobody disagrees");
      return;
    }
    await this.#context.send("dispute-coordinator", {
      type: "candidateInQuestion",
      session: scene.session,
      candidateReceipt,
      statements: backing,
      foundInvalid,
    });
  }

  #dismiss({ type, relayParent }: MisbehaviorArbitrationMessage, why: string): void {
    this.#deps.logger.log("debug", TARGET, `${type} dismissed: ${why}`, { relayParent });
  }

  #log(what: string, fields: Readonly<Record<string, unknown>>): void {
    this.#deps.logger.log("warn", TARGET, what, fields);
  }
}

/**
 * Disputes and the chains that do not have them. Where a candidate that we found invalid goes unpunished for
 * some blocks, its dispute is carried there: decided ones at once, open ones with our vote answering for the
 * candidate's data being available. And of what others carry here it says whether we hold the data, so that
 * all of the session take it up. Guide: remote disputes. Reference: node 8.6, runtime 4.7.1.
 */
import { describe, type Logger, LruMap, type Result } from "@parahost/base";
import type { Keystore } from "@parahost/crypto";
import {
  type CandidateHash,
  candidateHash,
  type Hash,
  remoteAvailabilityPayload,
  type SessionIndex,
  type SessionInfo,
  type ValidatorIndex,
} from "@parahost/primitives";
import { bitAt } from "@parahost/scale";
import type { DisputeListEntry } from "../dispute-coordinator/messages.ts";
import { ourIndices } from "../dispute-votes/our-indices.ts";
import { outcomeOf } from "../dispute-votes/status.ts";
import type { Context } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import type { OpenRemoteDispute } from "../runtime-api/messages.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { availabilityVote, escalation, remoteDisputeOf, rollUp } from "./entry.ts";

const TARGET = "parachain::remote-disputes";
/** Leaves without the dispute before it is carried there: authors had their chance to bring it themselves. */
export const ESCALATE_AFTER_LEAVES = 10;
/** Leaves between two searches for the data of one dispute. */
const SEARCH_EVERY_LEAVES = 5;
/** Disputes that are kept in mind; the chain has at most 30 open ones. */
const DISPUTES_MAX = 256;

export type RemoteDisputesSends =
  | "availability-recovery"
  | "availability-store"
  | "dispute-coordinator"
  | "runtime-api";
export type RemoteDisputesContext = Context<"remote-disputes", RemoteDisputesSends>;

export interface RemoteDisputesDependencies {
  readonly logger: Logger;
  readonly keystore: Keystore;
  /** Hands a transaction to the pool. */
  readonly submit: (extrinsic: Uint8Array) => Result<unknown, { readonly code: string }>;
}

/** Carries and answers until concluded. */
export async function run(
  context: RemoteDisputesContext,
  deps: RemoteDisputesDependencies,
): Promise<void> {
  const carrier = new Carrier(context, deps);
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") continue;
    const { signal } = incoming;
    if (signal.type === "conclude") return;
    if (signal.type !== "activeLeaves" || signal.activated === undefined) continue;
    const { hash } = signal.activated;
    context.spawn("look", () => carrier.look(hash));
  }
}

class Carrier {
  readonly #context: RemoteDisputesContext;
  readonly #deps: RemoteDisputesDependencies;
  /** Leaves that lacked a dispute of ours. */
  readonly #lacking = new LruMap<CandidateHash, number>(DISPUTES_MAX);
  /** Leaves since a search for data was begun. */
  readonly #searched = new LruMap<CandidateHash, number>(DISPUTES_MAX);
  /** Candidates whose data we have seen. */
  readonly #available = new LruMap<CandidateHash, true>(DISPUTES_MAX);

  constructor(context: RemoteDisputesContext, deps: RemoteDisputesDependencies) {
    this.#context = context;
    this.#deps = deps;
  }

  async look(leaf: Hash): Promise<void> {
    const open = (await queryRuntime(this.#context, leaf, "remoteDisputes")) ?? [];
    for (const dispute of open) await this.#answer(leaf, dispute);
    await this.#escalate(leaf, new Set(open.map(({ timeSlot }) => timeSlot.candidateHash)));
  }

  // What others carry here

  async #answer(leaf: Hash, { timeSlot, dispute }: OpenRemoteDispute): Promise<void> {
    const { sessionIndex: session, candidateHash: hash } = timeSlot;
    const info = await queryRuntime(this.#context, leaf, "sessionInfo", session);
    if (info === undefined) return;
    const voters = ourIndices(this.#deps.keystore, info).filter(
      (index) => !bitAt(dispute.availabilityVotes, index),
    );
    if (voters.length === 0) return;
    if (await this.#hasData(session, dispute, voters)) {
      const { receipt } = dispute;
      await this.#context.send("dispute-coordinator", {
        type: "remoteCandidate",
        session,
        candidateReceipt: receipt,
      });
      for (const voter of voters) this.#vote(info, session, hash, voter);
    }
  }

  async #hasData(
    session: SessionIndex,
    { receipt }: OpenRemoteDispute["dispute"],
    voters: readonly ValidatorIndex[],
  ): Promise<boolean> {
    const hash = candidateHash(receipt);
    if (this.#available.has(hash)) return true;
    const since = this.#searched.get(hash);
    this.#searched.set(hash, since === undefined ? 1 : (since + 1) % SEARCH_EVERY_LEAVES);
    if (since !== undefined && since !== 0) return false;
    for (const validatorIndex of voters) {
      const question = {
        type: "queryChunkAvailability",
        candidateHash: hash,
        validatorIndex,
      } as const;
      if ((await unlessCancelled(this.#context.ask("availability-store", question))) !== true) {
        const recovered = await unlessCancelled(
          this.#context.ask("availability-recovery", {
            type: "recoverAvailableData",
            candidateReceipt: receipt,
            session,
            backingGroup: undefined,
            coreIndex: undefined,
          }),
        );
        // Data of another root has no chunk for anybody.
        if (recovered?.ok !== true) return false;
      }
    }
    this.#available.set(hash, true);
    return true;
  }

  #vote(
    { validators }: SessionInfo,
    session: SessionIndex,
    hash: CandidateHash,
    validatorIndex: ValidatorIndex,
  ): void {
    const key = validators[validatorIndex];
    const payload = remoteAvailabilityPayload(hash, session);
    const signature = key && this.#deps.keystore.sign("para", key, payload);
    if (signature === undefined) return;
    const vote = { session, candidateHash: hash, validatorIndex, signature };
    this.#submit("available", hash, availabilityVote(vote));
  }

  // What we carry there

  /** `open` are the candidates that somebody has carried to this chain already. */
  async #escalate(leaf: Hash, open: ReadonlySet<CandidateHash>): Promise<void> {
    const active = await unlessCancelled(
      this.#context.ask("dispute-coordinator", { type: "activeDisputes" }),
    );
    if (active === undefined || active.length === 0) return;
    const onChain = await queryRuntime(this.#context, leaf, "disputes");
    if (onChain === undefined) return;
    const known = new Set([...open, ...onChain.map(({ candidateHash: hash }) => hash)]);
    for (const dispute of active) {
      const { candidateHash: hash } = dispute;
      if (known.has(hash)) {
        this.#lacking.delete(hash);
        continue;
      }
      const leaves = (this.#lacking.get(hash) ?? 0) + 1;
      this.#lacking.set(hash, leaves);
      if (leaves >= ESCALATE_AFTER_LEAVES) await this.#carry(leaf, dispute);
    }
  }

  async #carry(
    leaf: Hash,
    { session, candidateHash: hash, status }: DisputeListEntry,
  ): Promise<void> {
    const context = this.#context;
    const info = await queryRuntime(context, leaf, "sessionInfo", session);
    const disputes = [{ session, candidateHash: hash }];
    const answer = await unlessCancelled(
      context.ask("dispute-coordinator", { type: "queryCandidateVotes", disputes }),
    );
    const [entry] = answer ?? [];
    if (info === undefined || entry === undefined) return;
    const { votes } = entry;
    const outcome = outcomeOf(status);
    if (outcome === "valid" || outcome === "invalid") {
      this.#submit("concluded", hash, rollUp(votes, session));
      return;
    }
    // Only who has seen the data can answer for it: whoever voted against the candidate has executed it.
    const isOurs = ourIndices(this.#deps.keystore, info).some((index) => votes.invalid.has(index));
    if (!isOurs || (await queryRuntime(context, leaf, "isIncluded", session, hash)) !== false)
      return;
    const keysHash = await queryRuntime(context, leaf, "sessionKeysHash", session);
    if (keysHash === undefined) return;
    const { relayParent, validationCodeHash } = votes.receipt.descriptor;
    const here = await queryRuntime(context, leaf, "validationCodeByHash", validationCodeHash);
    const code =
      here === undefined
        ? await queryRuntime(context, relayParent, "validationCodeByHash", validationCodeHash)
        : undefined;
    this.#submit("disputed", hash, escalation(remoteDisputeOf(votes, session, keysHash, code)));
  }

  #submit(what: string, candidate: CandidateHash, extrinsic: Uint8Array): void {
    const { logger, submit } = this.#deps;
    const submitted = submit(extrinsic);
    const outcome = submitted.ok ? "the chain is told" : describe(submitted.error);
    logger.log(submitted.ok ? "info" : "debug", TARGET, `${what}: ${outcome}`, { candidate });
  }
}

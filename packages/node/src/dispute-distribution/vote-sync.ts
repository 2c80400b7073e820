/**
 * Votes that passed us by: at each leaf one authority is asked, for each active dispute, what we lack,
 * and we answer such questions. Late joiners and new authorities learn so of backing and approval votes.
 * Node-side reference, 8.6.
 */
import { type Random, randomBelow } from "@parahost/base";
import type { SignatureVerifier } from "@parahost/crypto";
import { VOTES_PER_RESPONSE_MAX } from "@parahost/network";
import type { AuthorityDiscoveryId, SessionInfo, ValidatorIndex } from "@parahost/primitives";
import { type BitVec, bitAt, bitsAt } from "@parahost/scale";
import type { DisputeListEntry, VotesEntry } from "../dispute-coordinator/messages.ts";
import { disputeVotesOf } from "../dispute-votes/candidate-votes.ts";
import { checkVotes } from "../dispute-votes/check-votes.ts";
import type { AuthorityDiscovery } from "../network-bridge/authority-discovery.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import type { LeafSessions } from "./leaf-sessions.ts";
import type { DisputeDistributionMessage } from "./messages.ts";
import type { DisputeDistributionContext } from "./subsystem.ts";

/** Disputes asked about at one leaf. */
const DISPUTES_PER_LEAF_MAX = 32;

export interface VoteSyncDependencies {
  readonly random: Random;
  readonly verifier: SignatureVerifier;
  readonly discovery: AuthorityDiscovery;
}

type Request = Extract<DisputeDistributionMessage, { readonly type: "votesRequest" }>;

export class VoteSync {
  readonly #context: DisputeDistributionContext;
  readonly #deps: VoteSyncDependencies;
  readonly #sessions: LeafSessions;
  /** Authorities whose question is being answered. */
  readonly #serving = new Set<AuthorityDiscoveryId>();

  constructor(
    context: DisputeDistributionContext,
    deps: VoteSyncDependencies,
    sessions: LeafSessions,
  ) {
    this.#context = context;
    this.#deps = deps;
    this.#sessions = sessions;
  }

  // Asking

  /** Asks for what is missing of the newest active disputes; one authority each, drawn by lot. */
  async ask(
    active: readonly DisputeListEntry[],
    recipients: (disputed: SessionInfo) => ReadonlySet<AuthorityDiscoveryId>,
  ): Promise<void> {
    const disputes = active.slice(-DISPUTES_PER_LEAF_MAX);
    if (disputes.length === 0) return;
    const known = await unlessCancelled(
      this.#context.ask("dispute-coordinator", { type: "queryCandidateVotes", disputes }),
    );
    for (const entry of known ?? []) {
      const info = await this.#sessions.get(entry.session);
      if (info === undefined || isComplete(entry, info)) continue;
      const candidates = [...recipients(info)];
      if (candidates.length === 0) continue;
      const authority = candidates[randomBelow(this.#deps.random, candidates.length)];
      if (authority === undefined) continue;
      this.#context.spawn("ask for votes", () => this.#askOne(entry, info, authority));
    }
  }

  async #askOne(
    { session, candidateHash, votes: ours }: VotesEntry,
    info: SessionInfo,
    authority: AuthorityDiscoveryId,
  ): Promise<void> {
    const count = info.validators.length;
    const answer = await unlessCancelled(
      this.#context.ask("network-bridge-tx", {
        type: "requestVotes",
        to: { type: "authority", authority },
        payload: {
          candidateHash,
          session,
          haveValid: bitsAt(count, ours.valid.keys()),
          haveInvalid: bitsAt(count, ours.invalid.keys()),
        },
        ifDisconnected: "immediateError",
      }),
    );
    if (answer?.ok !== true || answer.value.response.type !== "votes") return;
    const { peer, response } = answer.value;
    const votes = response.value;
    if (votes.length === 0) return;
    if (!checkVotes(votes, candidateHash, session, info, this.#deps.verifier).ok) {
      await this.#context.send("network-bridge-tx", {
        type: "reportPeer",
        peer,
        change: "malicious",
        reason: "dispute vote: badSignature",
      });
      return;
    }
    const question = { type: "importStatements", session, statements: votes } as const;
    const imported = { ...question, candidateReceipt: ours.receipt };
    await unlessCancelled(this.#context.ask("dispute-coordinator", imported));
  }

  // Answering

  answer(request: Request): void {
    const { peer, reply } = request;
    const [authority] = this.#deps.discovery.authoritiesOf(peer);
    if (authority === undefined) this.#refuse(request, "a question of no authority");
    else if (this.#serving.has(authority)) this.#refuse(request, "questions without a pause");
    else {
      this.#serving.add(authority);
      this.#context.spawn("answer", async () => {
        const { session, candidateHash } = request.payload;
        const disputes = [{ session, candidateHash }];
        const known = await unlessCancelled(
          this.#context.ask("dispute-coordinator", { type: "queryCandidateVotes", disputes }),
        );
        this.#serving.delete(authority);
        if (known === undefined) return reply.cancel();
        const [entry] = known;
        if (entry === undefined) return reply({ type: "noSuchDispute" });
        reply({ type: "votes", value: missingVotes(entry, request.payload) });
      });
    }
  }

  #refuse({ peer, reply }: Request, reason: string): void {
    reply.cancel();
    // Not awaited: the transmitter waits for nobody.
    void this.#context.send("network-bridge-tx", {
      type: "reportPeer",
      peer,
      change: "costMinor",
      reason,
    });
  }
}

/** Everybody has voted. */
function isComplete({ votes }: VotesEntry, { validators }: SessionInfo): boolean {
  return validators.every(
    (_, index) =>
      votes.valid.has(index as ValidatorIndex) || votes.invalid.has(index as ValidatorIndex),
  );
}

function missingVotes(
  { votes }: VotesEntry,
  have: { readonly haveValid: BitVec; readonly haveInvalid: BitVec },
) {
  return disputeVotesOf(votes)
    .filter(({ statement, validatorIndex }) => {
      const bits = statement.type === "valid" ? have.haveValid : have.haveInvalid;
      return validatorIndex >= bits.length || !bitAt(bits, validatorIndex);
    })
    .slice(0, VOTES_PER_RESPONSE_MAX);
}

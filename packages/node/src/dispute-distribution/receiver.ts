/**
 * Takes other validators' votes: from authorities only, ten a second of each, every signature checked.
 * A sender has its confirmation when the votes are on disk. Node-side reference, 5.25.
 */
import { type Clock, describe, type Logger, sleep } from "@parahost/base";
import type { SignatureVerifier } from "@parahost/crypto";
import type { ReputationClass } from "@parahost/network";
import {
  type AuthorityDiscoveryId,
  candidateHash,
  type DisputeVote,
  type SessionInfo,
} from "@parahost/primitives";
import { checkVotes } from "../dispute-votes/check-votes.ts";
import type { AuthorityDiscovery } from "../network-bridge/authority-discovery.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import { AuthorityQueues } from "./authority-queues.ts";
import { BATCHES_MAX, Batch, COLLECTING_MS } from "./batches.ts";
import type { LeafSessions } from "./leaf-sessions.ts";
import type { DisputeDistributionMessage } from "./messages.ts";
import type { DisputeDistributionContext } from "./subsystem.ts";

const TARGET = "parachain::dispute-distribution";
/** Between two messages of one authority. */
export const RECEIVE_PACE_MS = 100;

export interface ReceiverDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly verifier: SignatureVerifier;
  readonly discovery: AuthorityDiscovery;
}

type Request = Extract<DisputeDistributionMessage, { readonly type: "disputeRequest" }>;

/** Who waits for a confirmation. */
interface Sender {
  readonly request: Request;
  /** The sender itself cast the vote against, so it knows what it disputes. */
  readonly isDisputer: boolean;
}

export class DisputeReceiver {
  readonly #context: DisputeDistributionContext;
  readonly #deps: ReceiverDependencies;
  readonly #sessions: LeafSessions;
  readonly #queues = new AuthorityQueues<Request>();
  readonly #batches = new Map<string, Batch<Sender>>();
  #isTaking = false;

  constructor(
    context: DisputeDistributionContext,
    deps: ReceiverDependencies,
    sessions: LeafSessions,
  ) {
    this.#context = context;
    this.#deps = deps;
    this.#sessions = sessions;
  }

  receive(request: Request): void {
    const [authority] = this.#deps.discovery.authoritiesOf(request.peer);
    if (authority === undefined) this.#refuse(request, "costMajor", "a dispute of no authority");
    else if (!this.#queues.push(authority, request))
      this.#refuse(request, "costMinor", "too many disputes at once");
    else this.#takeTurns();
  }

  /** Works off the queues, one message of each authority at a time, until they are empty. */
  #takeTurns(): void {
    if (this.#isTaking) return;
    this.#isTaking = true;
    this.#context.spawn("take turns", async (abort) => {
      do {
        for (const request of this.#queues.popRound())
          this.#context.spawn("take", () => this.#take(request));
      } while ((await sleep(this.#deps.clock, RECEIVE_PACE_MS, abort)) && !this.#queues.isEmpty);
      this.#isTaking = false;
    });
  }

  async #take(request: Request): Promise<void> {
    const { candidateReceipt, sessionIndex, invalidVote, validVote } = request.payload;
    const info = await this.#sessions.get(sessionIndex);
    if (info === undefined) return this.#refuse(request, "costMinor", "a dispute of no session");
    if (invalidVote.validatorIndex === validVote.validatorIndex)
      return this.#refuse(request, "costMajor", "a dispute of one validator with itself");
    const votes: readonly DisputeVote[] = [
      { ...validVote, statement: { type: "valid", value: validVote.kind } },
      { ...invalidVote, statement: { type: "invalid", value: invalidVote.kind } },
    ].map(({ statement, validatorIndex, signature }) => ({
      statement: statement as DisputeVote["statement"],
      validatorIndex,
      signature,
    }));
    const hash = candidateHash(candidateReceipt);
    const checked = checkVotes(votes, hash, sessionIndex, info, this.#deps.verifier);
    if (!checked.ok)
      return this.#refuse(request, "malicious", `dispute vote: ${checked.error.code}`);

    const sender = { request, isDisputer: this.#isDisputer(request, info) };
    const name = `${sessionIndex} ${hash}`;
    const open = this.#batches.get(name);
    if (open !== undefined) {
      open.add(votes, sender);
      return;
    }
    if (this.#batches.size < BATCHES_MAX) this.#collect(name, request);
    const first = new Batch<Sender>(candidateReceipt, sessionIndex, 0);
    first.add(votes, sender);
    await this.#import(first);
  }

  /** What follows within the interval is imported together. */
  #collect(name: string, { payload }: Request): void {
    const { clock } = this.#deps;
    const batch = new Batch<Sender>(payload.candidateReceipt, payload.sessionIndex, clock.now());
    this.#batches.set(name, batch);
    this.#context.spawn("collect", async (abort) => {
      do {
        if (!(await sleep(clock, COLLECTING_MS, abort))) return;
      } while (!batch.isDue(clock.now()));
      this.#batches.delete(name);
      if (batch.senders.length > 0) await this.#import(batch);
    });
  }

  async #import({ candidateReceipt, session, votes, senders }: Batch<Sender>): Promise<void> {
    const outcome = await unlessCancelled(
      this.#context.ask("dispute-coordinator", {
        type: "importStatements",
        candidateReceipt,
        session,
        statements: votes,
      }),
    );
    for (const { request, isDisputer } of senders)
      if (outcome === "validImport") request.reply({ type: "confirmed" });
      else if (outcome === undefined) request.reply.cancel();
      // An honest voter may pass on a vote of somebody who has run out of slots here.
      else if (isDisputer) this.#refuse(request, "malicious", "an improper dispute");
      else this.#refuse(request, "costMinor", "a vote on an improper dispute");
  }

  #isDisputer({ peer, payload }: Request, { discoveryKeys }: SessionInfo): boolean {
    const disputer: AuthorityDiscoveryId | undefined =
      discoveryKeys[payload.invalidVote.validatorIndex];
    return disputer !== undefined && this.#deps.discovery.authoritiesOf(peer).includes(disputer);
  }

  #refuse({ peer, reply }: Request, change: ReputationClass, reason: string): void {
    this.#deps.logger.log("debug", TARGET, `refused: ${reason}`, { peer: describe(peer) });
    reply.cancel();
    // Not awaited: the transmitter waits for nobody, and peers' requests are few at a time.
    void this.#context.send("network-bridge-tx", { type: "reportPeer", peer, change, reason });
  }
}

/**
 * Gets our votes to everybody concerned: one delivery for each, repeated at each new leaf to those that
 * have not confirmed, as long as the dispute is active. Node-side reference, 5.25.
 */
import { type Clock, sleep } from "@parahost/base";
import type { Keystore } from "@parahost/crypto";
import {
  type AuthorityDiscoveryId,
  type CandidateHash,
  candidateHash,
  type SessionIndex,
  type SessionInfo,
  type UncheckedDisputeMessage,
} from "@parahost/primitives";
import { unlessCancelled } from "../overseer/reply.ts";
import { Delivery, recipientsOf } from "./delivery.ts";
import type { LeafSessions } from "./leaf-sessions.ts";
import type { DisputeDistributionContext } from "./subsystem.ts";

/** Between two rounds of deliveries: receivers take ten messages a second of each authority. */
export const SEND_PACE_MS = 150;
/** Deliveries at one time: with the disputes that are active they come and go. */
const TASKS_MAX = 20_000;

export interface SenderDependencies {
  readonly clock: Clock;
  readonly keystore: Keystore;
}

interface Task {
  readonly message: UncheckedDisputeMessage;
  readonly candidateHash: CandidateHash;
  readonly delivery: Delivery;
  readonly number: number;
}

export class DisputeSender {
  readonly #context: DisputeDistributionContext;
  readonly #deps: SenderDependencies;
  readonly #sessions: LeafSessions;
  readonly #tasks = new Map<string, Task>();
  #started = 0;
  /** When the next round may begin. */
  #nextRoundAt = 0;

  constructor(
    context: DisputeDistributionContext,
    deps: SenderDependencies,
    sessions: LeafSessions,
  ) {
    this.#context = context;
    this.#deps = deps;
    this.#sessions = sessions;
  }

  /** Starts the delivery of a message; one that is under way goes on as it is. */
  start(message: UncheckedDisputeMessage): void {
    const hash = candidateHash(message.candidateReceipt);
    const { sessionIndex, invalidVote, validVote } = message;
    const name = `${sessionIndex} ${hash} ${invalidVote.validatorIndex} ${validVote.validatorIndex}`;
    if (this.#tasks.has(name) || this.#tasks.size >= TASKS_MAX) return;
    const task: Task = {
      message,
      candidateHash: hash,
      delivery: new Delivery(),
      number: this.#started,
    };
    this.#started += 1;
    this.#tasks.set(name, task);
    if (this.#sessions.newest !== undefined) this.#deliver(task);
  }

  /** Deliveries started so far: those of disputes that the coordinator will speak of when asked now. */
  get started(): number {
    return this.#started;
  }

  /**
   * A new leaf: another round for disputes that are active, while deliveries of those that are over end,
   * if they are among the first `started`.
   */
  refresh(
    started: number,
    isActive: (session: SessionIndex, candidate: CandidateHash) => boolean,
  ): void {
    for (const [name, task] of this.#tasks)
      if (isActive(task.message.sessionIndex, task.candidateHash)) this.#deliver(task);
      else if (task.number < started) this.#tasks.delete(name);
  }

  /** Who is concerned by disputes of the session. */
  recipients(disputed: SessionInfo): ReadonlySet<AuthorityDiscoveryId> {
    return recipientsOf(disputed, this.#sessions.current(), (authority) =>
      this.#deps.keystore.has("audi", authority),
    );
  }

  #deliver({ message, delivery }: Task): void {
    this.#context.spawn("deliver", async (abort) => {
      const disputed = await this.#sessions.get(message.sessionIndex);
      if (disputed === undefined) return;
      const due = delivery.begin(this.recipients(disputed));
      if (due.length === 0) return;
      if (!(await this.#myTurn(abort))) return;
      await Promise.all(due.map((authority) => this.#send(authority, message, delivery)));
    });
  }

  async #send(
    authority: AuthorityDiscoveryId,
    message: UncheckedDisputeMessage,
    delivery: Delivery,
  ): Promise<void> {
    const answer = await unlessCancelled(
      this.#context.ask("network-bridge-tx", {
        type: "requestDisputeConfirmation",
        to: { type: "authority", authority },
        payload: message,
        ifDisconnected: "immediateError",
      }),
    );
    delivery.end(authority, answer?.ok === true);
  }

  async #myTurn(abort: AbortSignal): Promise<boolean> {
    const now = this.#deps.clock.now();
    const at = Math.max(now, this.#nextRoundAt);
    this.#nextRoundAt = at + SEND_PACE_MS;
    return at === now || (await sleep(this.#deps.clock, at - now, abort));
  }
}

/**
 * The overseer starts the subsystems, gives them their heartbeat of leaves, carries the messages
 * between them and ends the node when one of them fails. Guide: Overseer.
 *
 * - Signals go to every subsystem, in one order, before the messages that depend on them (`Inbox`).
 * - A subsystem that leaves a signal untaken for ten seconds is stalled, and a subsystem that throws
 *   or returns before it was told to conclude has failed: either ends the node.
 * - Answers settle the asker's promise directly. When a subsystem ends, the questions that it has
 *   asked and those it was asked are cancelled, so that nobody waits for it.
 */
import { type Clock, describe, HostError, type Logger, type Timer } from "@parahost/base";
import type { BlockNumber, Hash } from "@parahost/primitives";
import type { Answer, Context, Question, Request } from "./context.ts";
import { Inbox } from "./inbox.ts";
import { Jobs } from "./jobs.ts";
import { type BlockInfo, Leaves, type LeavesUpdate } from "./leaves.ts";
import type { Messages, SubsystemName } from "./messages.ts";
import { oneShot, type Reply } from "./reply.ts";
import type { Signal } from "./signal.ts";

/** A signal that waits longer means that its subsystem is stalled. */
export const SIGNAL_TIMEOUT_MS = 10_000;
/** How long subsystems may take to conclude. */
export const CONCLUDE_TIMEOUT_MS = 1_500;
/** Blocks whose activation somebody waits for; more are not waited for. */
const ACTIVATION_LISTENERS_MAX = 64;
const TARGET = "overseer";

/** What this node runs; a message to a subsystem that is missing here is dropped. */
export type Subsystems = {
  readonly [Name in SubsystemName]?: (context: Context<Name, SubsystemName>) => Promise<void>;
};

export interface OverseerDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The chain when the node starts. */
export interface ChainAtStart {
  readonly finalized: BlockNumber;
  /** Blocks without children, best first. */
  readonly leaves: readonly BlockInfo[];
}

export type EndReason =
  | { readonly type: "stopped" }
  | { readonly type: "failed"; readonly subsystem: SubsystemName; readonly failure: unknown };

export interface OverseerEnd {
  readonly reason: EndReason;
  /** Subsystems that did not conclude in time. */
  readonly unfinished: readonly SubsystemName[];
}

/** A subsystem that runs. The types of its messages are held by its `Context`. */
interface Running {
  readonly name: SubsystemName;
  readonly inbox: Inbox<SubsystemName>;
  readonly jobs: Jobs;
  watchdog: Timer | undefined;
  finished: boolean;
}

interface OpenQuestion {
  readonly asker: SubsystemName | undefined;
  readonly receiver: SubsystemName;
  readonly reply: Reply<never>;
}

type AnyRun = (context: Context<SubsystemName, SubsystemName>) => Promise<void>;

export class Overseer {
  /** Settles when the node has ended, for whatever reason; never rejects. */
  readonly ended: Promise<OverseerEnd>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #leaves: Leaves;
  readonly #running = new Map<SubsystemName, Running>();
  readonly #open = new Set<OpenQuestion>();
  readonly #activationListeners = new Map<Hash, ((active: boolean) => void)[]>();
  #signalsSent = 0;
  #concluding: { readonly reason: EndReason; readonly timeout: Timer } | undefined;
  #end: (how: OverseerEnd) => void = () => {};

  /** Starts all subsystems and activates the chain's leaves. */
  constructor(deps: OverseerDependencies, chain: ChainAtStart, subsystems: Subsystems) {
    this.#clock = deps.clock;
    this.#logger = deps.logger;
    this.#leaves = new Leaves(chain.finalized);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    // All inboxes exist before the first subsystem runs, so that no first message is lost.
    const lives = (Object.keys(subsystems) as SubsystemName[]).flatMap((name) => {
      const run = subsystems[name] as AnyRun | undefined;
      return run === undefined ? [] : [{ subsystem: this.#create(name), run }];
    });
    for (const { subsystem, run } of lives) void this.#live(subsystem, run);
    void this.#announce(this.#leaves.start(chain.leaves));
  }

  // Chain events

  /** Settles when every subsystem's queue has taken the news. */
  async blockImported(block: BlockInfo): Promise<void> {
    const update = this.#leaves.imported(block);
    if (update !== undefined) await this.#announce([update]);
  }

  /** Blocks are viable no more; `leaves` are those that the chain has now. */
  async blocksReverted(leaves: readonly BlockInfo[]): Promise<void> {
    await this.#announce(this.#leaves.reverted(leaves));
  }

  async blockFinalized(hash: Hash, number: BlockNumber): Promise<void> {
    if (this.#concluding !== undefined) return;
    const update = this.#leaves.finalized(hash, number);
    await Promise.all([
      update === undefined ? undefined : this.#announce([update]),
      this.#broadcast({ type: "blockFinalized", hash, number }),
    ]);
  }

  /** While true no leaf is activated. */
  async setMajorSyncing(syncing: boolean): Promise<void> {
    await this.#announce(this.#leaves.setSyncing(syncing));
  }

  isActive(hash: Hash): boolean {
    return this.#leaves.isActive(hash);
  }

  /** True once the block is an active leaf; false when the node ends first or too many wait. */
  waitForActivation(hash: Hash): Promise<boolean> {
    if (this.#leaves.isActive(hash)) return Promise.resolve(true);
    const listeners = this.#activationListeners.get(hash) ?? [];
    const full = this.#activationListeners.size >= ACTIVATION_LISTENERS_MAX;
    if (this.#concluding !== undefined || (listeners.length === 0 && full))
      return Promise.resolve(false);
    this.#activationListeners.set(hash, listeners);
    return new Promise((resolve) => listeners.push(resolve));
  }

  // Messages from outside

  send<To extends SubsystemName>(to: To, message: Messages[To]): Promise<void> {
    return this.#post(to, message, this.#signalsSent);
  }

  /** Rejects with `Cancelled` when no answer will come. */
  ask<To extends SubsystemName, Type extends Request<Messages[To]>["type"]>(
    to: To,
    question: Question<To, Type>,
  ): Promise<Answer<To, Type>> {
    return this.#ask(undefined, to, question as { readonly type: string }, this.#signalsSent);
  }

  /** Concludes every subsystem. */
  stop(): Promise<OverseerEnd> {
    this.#conclude({ type: "stopped" });
    return this.ended;
  }

  // Signals

  async #broadcast(signal: Signal): Promise<void> {
    this.#signalsSent += 1;
    const delivered: Promise<boolean>[] = [];
    for (const subsystem of this.#running.values()) {
      delivered.push(subsystem.inbox.pushSignal(signal));
      this.#watch(subsystem);
    }
    await Promise.all(delivered);
  }

  async #announce(updates: readonly LeavesUpdate[]): Promise<void> {
    if (this.#concluding !== undefined) return;
    const sent = updates.map((update) => this.#broadcast(update));
    for (const { activated } of updates) {
      if (activated === undefined) continue;
      for (const listener of this.#activationListeners.get(activated.hash) ?? []) listener(true);
      this.#activationListeners.delete(activated.hash);
    }
    await Promise.all(sent);
  }

  /** Sees to it that the oldest waiting signal is taken in time. */
  #watch(subsystem: Running): void {
    if (subsystem.finished || subsystem.watchdog !== undefined) return;
    if (subsystem.inbox.signalsWaiting === 0) return;
    subsystem.watchdog = this.#clock.setTimer(SIGNAL_TIMEOUT_MS, () => {
      subsystem.watchdog = undefined;
      this.#fail(
        subsystem,
        new HostError("stalled", { message: `${subsystem.name} takes no signal` }),
      );
    });
  }

  #rest(subsystem: Running): void {
    subsystem.watchdog?.cancel();
    subsystem.watchdog = undefined;
  }

  // Messages

  async #post<To extends SubsystemName>(
    to: To,
    message: Messages[To],
    signalsSeen: number,
  ): Promise<void> {
    const receiver = this.#running.get(to);
    if (receiver === undefined) {
      (message as { readonly reply?: Reply<never> }).reply?.cancel();
      return;
    }
    await receiver.inbox.pushMessage(message, signalsSeen);
  }

  async #ask(
    asker: SubsystemName | undefined,
    receiver: SubsystemName,
    question: { readonly type: string },
    signalsSeen: number,
  ): Promise<never> {
    const { reply, answer } = oneShot<never>(`${receiver}.${question.type}`);
    const entry: OpenQuestion = { asker, receiver, reply };
    this.#open.add(entry);
    try {
      void this.#post(
        receiver,
        { ...question, reply } as unknown as Messages[SubsystemName],
        signalsSeen,
      );
      return await answer;
    } finally {
      this.#open.delete(entry);
    }
  }

  // Life of a subsystem

  #create(name: SubsystemName): Running {
    const subsystem: Running = {
      name,
      inbox: new Inbox<SubsystemName>(),
      jobs: new Jobs((job, failure) => {
        this.#logger.log("error", TARGET, `job ${job} of ${name} failed`);
        this.#fail(subsystem, failure);
      }),
      watchdog: undefined,
      finished: false,
    };
    subsystem.inbox.onSignalTaken(() => {
      this.#rest(subsystem);
      this.#watch(subsystem);
    });
    this.#running.set(name, subsystem);
    return subsystem;
  }

  async #live(subsystem: Running, run: AnyRun): Promise<void> {
    const { name, inbox, jobs } = subsystem;
    try {
      await run({
        inbox,
        send: (to, message) => this.#post(to, message, inbox.signalsSeen),
        ask: (to, question) =>
          this.#ask(name, to, question as { readonly type: string }, inbox.signalsSeen),
        spawn: (jobName, job) => jobs.spawn(jobName, job),
      });
    } catch (failure) {
      this.#fail(subsystem, failure);
      return;
    }
    if (this.#concluding === undefined)
      this.#fail(subsystem, new HostError("returned", { message: `${name} was not told to` }));
    else this.#finish(subsystem);
  }

  #fail(subsystem: Running, failure: unknown): void {
    if (subsystem.finished) return;
    this.#logger.log("error", TARGET, `${subsystem.name} failed, the node ends`, {
      failure: describe(failure),
    });
    this.#conclude({ type: "failed", subsystem: subsystem.name, failure });
    this.#finish(subsystem);
  }

  #finish(subsystem: Running): void {
    if (subsystem.finished) return;
    subsystem.finished = true;
    this.#rest(subsystem);
    subsystem.jobs.end();
    subsystem.inbox.close();
    for (const { asker, receiver, reply } of this.#open)
      if (asker === subsystem.name || receiver === subsystem.name) reply.cancel();
    this.#endWhenFinished();
  }

  // End of the node

  #conclude(reason: EndReason): void {
    if (this.#concluding !== undefined) return;
    const timeout = this.#clock.setTimer(CONCLUDE_TIMEOUT_MS, () => {
      const unfinished = this.#unfinished();
      this.#end({ reason, unfinished: unfinished.map(({ name }) => name) });
      for (const subsystem of unfinished) this.#finish(subsystem);
    });
    this.#concluding = { reason, timeout };
    for (const listeners of this.#activationListeners.values())
      for (const listener of listeners) listener(false);
    this.#activationListeners.clear();
    void this.#broadcast({ type: "conclude" });
    this.#endWhenFinished();
  }

  #endWhenFinished(): void {
    if (this.#concluding === undefined || this.#unfinished().length > 0) return;
    this.#concluding.timeout.cancel();
    this.#end({ reason: this.#concluding.reason, unfinished: [] });
  }

  #unfinished(): readonly Running[] {
    return [...this.#running.values()].filter(({ finished }) => !finished);
  }
}

/**
 * Stands in for the overseer and all other subsystems in a dialogue test: the test signals, expects
 * what the subsystem says next, answers, and ends by checking that nothing more was said.
 */
import { AssertionError, assert, describe } from "@parahost/base";
import type { BlockNumber, Hash } from "@parahost/primitives";
import type { Answer, Context, OfType, Question, Request } from "./context.ts";
import { Inbox } from "./inbox.ts";
import { Jobs } from "./jobs.ts";
import type { Messages, SubsystemName } from "./messages.ts";
import { oneShot } from "./reply.ts";
import type { Signal } from "./signal.ts";

/** Turns of the microtask queue after which a silent subsystem is held to have nothing to say. */
const SETTLE_TURNS = 2000;

interface Said {
  readonly to: SubsystemName;
  readonly message: { readonly type: string };
}

export class FakeOverseer<Name extends SubsystemName, Sends extends SubsystemName> {
  readonly context: Context<Name, Sends>;
  readonly #inbox = new Inbox<Name>();
  readonly #said: Said[] = [];
  readonly #failures: unknown[] = [];
  readonly #jobs = new Jobs((name, failure) => {
    this.#failures.push(failure);
    this.#failed = `job ${name} failed: ${describe(failure)}`;
  });
  #failed: string | undefined;
  readonly #standIns = new Map<SubsystemName, (message: { readonly type: string }) => void>();

  constructor() {
    const say = (to: SubsystemName, message: { readonly type: string }): void => {
      const standIn = this.#standIns.get(to);
      if (standIn === undefined) this.#said.push({ to, message });
      else standIn(message);
    };
    this.context = {
      inbox: this.#inbox,
      send: async (to, message) => say(to, message as { readonly type: string }),
      ask: (to, question) => {
        const { type } = question as { readonly type: string };
        const { reply, answer } = oneShot<never>(`${to}.${type}`);
        say(to, { ...(question as { readonly type: string }), reply } as { readonly type: string });
        return answer;
      },
      spawn: (name, job) => this.#jobs.spawn(name, job),
    };
  }

  // What reaches the subsystem

  signal(signal: Signal): void {
    void this.#inbox.pushSignal(signal);
  }

  /** The usual heartbeat: a fresh leaf in, others out. */
  activate(hash: Hash, number: number, deactivated: readonly Hash[] = []): void {
    const activated = { hash, number: number as BlockNumber, status: "fresh" } as const;
    this.signal({ type: "activeLeaves", activated, deactivated });
  }

  deactivate(...hashes: readonly Hash[]): void {
    this.signal({ type: "activeLeaves", deactivated: hashes });
  }

  /** A message from another subsystem. */
  message(message: Messages[Name]): void {
    void this.#inbox.pushMessage(message, this.#inbox.signalsSeen);
  }

  /** A question from another subsystem. */
  ask<Type extends Request<Messages[Name]>["type"]>(
    question: Question<Name, Type>,
  ): Promise<Answer<Name, Type>> {
    const { reply, answer } = oneShot<Answer<Name, Type>>(String(question.type));
    this.message({ ...question, reply } as unknown as Messages[Name]);
    return answer;
  }

  /** What is said to this subsystem from now on goes to `standIn` and is no part of the dialogue. */
  replace<To extends Sends>(to: To, standIn: (message: Messages[To]) => void): void {
    this.#standIns.set(to, (message) => standIn(message as unknown as Messages[To]));
  }

  // What the subsystem says

  /** The next thing said must be a message of this type to this subsystem. */
  async expect<To extends Sends, const Type extends Messages[To]["type"]>(
    to: To,
    type: Type,
  ): Promise<OfType<Messages[To], Type>> {
    const said = await this.#next();
    if (said === undefined) throw new AssertionError(`expected ${to}.${type}, heard nothing`);
    if (said.to !== to || said.message.type !== type)
      throw new AssertionError(
        `expected ${to}.${type}, heard ${said.to}.${said.message.type}: ${describe(said.message)}`,
      );
    return said.message as unknown as OfType<Messages[To], Type>;
  }

  /** Nothing is said however long the subsystem is given. */
  async expectSilence(): Promise<void> {
    const said = await this.#next();
    if (said !== undefined)
      throw new AssertionError(
        `expected silence, heard ${said.to}.${said.message.type}: ${describe(said.message)}`,
      );
  }

  /** Lets the subsystem do all it can do now. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < SETTLE_TURNS; turn++) await Promise.resolve();
    this.#throwFailure();
  }

  /** Concludes and checks that the subsystem had nothing more to say and ended well. */
  async conclude(running: Promise<void>): Promise<void> {
    await this.expectSilence();
    this.signal({ type: "conclude" });
    await running;
    this.#inbox.close();
    this.#jobs.end();
    await this.expectSilence();
    assert(this.#jobs.size === 0, `${this.#jobs.size} jobs outlive their subsystem`);
  }

  async #next(): Promise<Said | undefined> {
    for (let turn = 0; turn < SETTLE_TURNS; turn++) {
      this.#throwFailure();
      const said = this.#said.shift();
      if (said !== undefined) return said;
      await Promise.resolve();
    }
    return undefined;
  }

  #throwFailure(): void {
    if (this.#failed === undefined) return;
    throw this.#failures[0] instanceof Error ? this.#failures[0] : new AssertionError(this.#failed);
  }
}

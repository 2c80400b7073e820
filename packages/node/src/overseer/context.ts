/**
 * What a subsystem sees of the rest of the node: an inbox, the subsystems it declares to talk to,
 * and jobs. The types admit only declared addressees and infer an answer from its question.
 */
import type { Messages, SubsystemName } from "./messages.ts";
import type { Reply } from "./reply.ts";
import type { Signal } from "./signal.ts";

/** Signals come first: no message is delivered before the signals its sender had seen. */
export type Incoming<Name extends SubsystemName> =
  | { readonly from: "overseer"; readonly signal: Signal }
  | { readonly from: "subsystem"; readonly message: Messages[Name] };

/** The messages among `M` that are questions. */
export type Request<M> = Extract<M, { readonly reply: Reply<never> }>;
export type OfType<M, Type> = Extract<M, { readonly type: Type }>;
export type ReplyOf<M> = M extends { readonly reply: Reply<infer T> } ? T : never;
/** A question of the given type without its reply. */
export type Question<To extends SubsystemName, Type> = { readonly type: Type } & Omit<
  OfType<Messages[To], Type>,
  "reply" | "type"
>;
export type Answer<To extends SubsystemName, Type> = ReplyOf<OfType<Messages[To], Type>>;

/** Work that waits, beside the subsystem's loop. */
export interface Job {
  /** Settles when the job has ended, whichever way; never rejects. */
  readonly ended: Promise<void>;
  /** Aborts the job's signal. The job ends at its next look at it. */
  cancel(): void;
}

export interface Context<Name extends SubsystemName, Sends extends SubsystemName> {
  readonly inbox: AsyncIterable<Incoming<Name>>;
  /**
   * Settles when the addressee's queue has taken the message, hence waits while it is full. Await
   * it, except where the order of two addressees does not matter and the number is bounded anyway.
   * A message to a subsystem that this node does not run is dropped.
   */
  send<To extends Sends>(to: To, message: Messages[To]): Promise<void>;
  /** Rejects with `Cancelled` when no answer will come (see `unlessCancelled`). */
  ask<To extends Sends, Type extends Request<Messages[To]>["type"]>(
    to: To,
    question: Question<To, Type>,
  ): Promise<Answer<To, Type>>;
  /**
   * Runs a job. Its signal aborts when it is cancelled and when the subsystem ends. A job that ends
   * with `Cancelled` has merely lost its reason; any other failure of a job ends the node.
   */
  spawn(name: string, job: (signal: AbortSignal) => Promise<void>): Job;
}

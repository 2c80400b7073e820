/**
 * The one-shot answer to a question. Answers do not pass through the overseer: whoever got the
 * question settles the asker's promise. Guide: Overseer, "responses to requests".
 */
import { assert } from "@parahost/base";

/** The answering end. Call it once with the answer, or `cancel` when there will be none. */
export interface Reply<in T> {
  (value: T): void;
  /** The asker's promise rejects with `Cancelled`. Has no effect after an answer. */
  cancel(): void;
}

/** No answer will come: the other side gave up, ended or does not run on this node. Never fatal. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
}

/** A question's two ends: the reply handed to the other side and the promise that it settles. */
export function oneShot<T>(what: string): {
  readonly reply: Reply<T>;
  readonly answer: Promise<T>;
} {
  let state: "open" | "answered" | "cancelled" = "open";
  let resolve: (value: T) => void = () => {};
  let reject: (reason: Cancelled) => void = () => {};
  const answer = new Promise<T>((onAnswer, onCancel) => {
    resolve = onAnswer;
    reject = onCancel;
  });
  // A question whose asker no longer waits may be cancelled; that is nobody's failure.
  answer.catch(() => undefined);
  const reply = (value: T): void => {
    assert(state !== "answered", `${what} was answered twice`);
    if (state === "cancelled") return;
    state = "answered";
    resolve(value);
  };
  reply.cancel = (): void => {
    if (state !== "open") return;
    state = "cancelled";
    reject(new Cancelled(`no answer to ${what}`));
  };
  return { reply, answer };
}

/** The answer, or `undefined` when none will come. Other failures pass through. */
export async function unlessCancelled<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (failure) {
    if (failure instanceof Cancelled) return undefined;
    throw failure;
  }
}

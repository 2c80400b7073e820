/**
 * One client's conversation, whatever carries it: text in, text out. Over HTTP there is one message and
 * no subscription; over WebSocket there are many.
 */
import { describe, type Logger } from "@parahost/base";
import {
  ErrorCode,
  errorText,
  type Json,
  notificationText,
  parseIncoming,
  RpcError,
  type RpcRequest,
  resultText,
} from "./json-rpc.ts";
import type { Methods, Session, Subscription } from "./method.ts";
import { refuseSurplus } from "./parameter-counts.ts";

const TARGET = "rpc";
/** Subscriptions of one connection. */
export const SUBSCRIPTIONS_MAX = 1024;

/** Characters of one answer; a batch has as many for all of its answers together. */
export const ANSWER_LENGTH_MAX = 32 * 1024 * 1024;

/** What became of a text. One that waits for the client to read what came before settles once it is on its way. */
export type Delivery = "sent" | "lost" | Promise<void>;

/** Sends a text to the client. */
export type SendText = (text: string) => Delivery;

/** Messages of one subscription that wait for the answer that names it. */
const HELD_MAX = 4096;
/** Messages of one subscription that wait for the client to read; with one more it is over. */
export const UNREAD_MAX = 16;

/** The messages of one subscription on their way: held back until its id has been answered, counted from then on. */
class Outbox {
  readonly #push: SendText;
  #held: string[] | undefined = [];
  readonly #unread = new Set<Promise<void>>();

  constructor(push: SendText) {
    this.#push = push;
  }

  /** False when the client has gone or does not read. */
  send(text: string): boolean {
    if (this.#held === undefined) return this.#deliver(text);
    if (this.#held.length >= HELD_MAX) return false;
    this.#held.push(text);
    return true;
  }

  open(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const text of held) if (!this.#deliver(text)) return;
  }

  /** Settles when the client has taken something of what waits; `undefined` while nothing does. */
  taken(): Promise<void> | undefined {
    return this.#unread.size === 0 ? undefined : Promise.race(this.#unread);
  }

  #deliver(text: string): boolean {
    if (this.#unread.size >= UNREAD_MAX) return false;
    const delivery = this.#push(text);
    if (delivery === "sent" || delivery === "lost") return delivery === "sent";
    this.#unread.add(delivery);
    void delivery.then(() => this.#unread.delete(delivery));
    return true;
  }
}

/** What one connection may take. */
export interface ConnectionLimits {
  readonly subscriptions: number;
  /** Characters of one answer, or of all answers to a batch. */
  readonly answerLength: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  subscriptions: SUBSCRIPTIONS_MAX,
  answerLength: ANSWER_LENGTH_MAX,
};

/** Of a name that nobody knows so much is repeated. */
const NAME_LENGTH_TOLD = 64;

export class Connection {
  readonly #methods: Methods;
  readonly #logger: Logger;
  readonly #limits: ConnectionLimits;
  /** Absent over HTTP: there is nowhere to send a subscription's messages. */
  readonly #push: SendText | undefined;
  readonly #open = new Map<string, { readonly kind: Subscription; stop(): void }>();
  readonly #endListeners: (() => void)[] = [];
  readonly #session: Session;
  /** What to do once the message is answered whose method is being called. */
  #afterAnswer: (() => void)[] = [];
  #nextSubscription = 1;

  constructor(
    methods: Methods,
    logger: Logger,
    push?: SendText,
    limits: ConnectionLimits = CONNECTION_LIMITS,
  ) {
    this.#methods = methods;
    this.#logger = logger;
    this.#push = push;
    this.#limits = limits;
    this.#session = {
      isLasting: push !== undefined,
      onEnd: (listener) => void this.#endListeners.push(listener),
      afterAnswer: (task) => void this.#afterAnswer.push(task),
    };
  }

  /**
   * Answers one message. What a subscription begun by it has to say follows the answer, since a client
   * learns the subscription's id from that.
   */
  async handle(text: string, respond: (answer: string) => void): Promise<void> {
    const incoming = parseIncoming(text);
    if (!incoming.ok) {
      respond(errorText(null, incoming.error));
      return;
    }
    const afterAnswer: (() => void)[] = [];
    const answers: string[] = [];
    let room = this.#limits.answerLength;
    for (const request of incoming.value.requests) {
      const answer = request.ok
        ? await this.#answer(request.value, afterAnswer, room)
        : errorText(request.error.id, request.error.error);
      room -= answer.length;
      answers.push(answer);
    }
    respond(incoming.value.isBatch ? `[${answers.join(",")}]` : (answers[0] as string));
    for (const task of afterAnswer) task();
  }

  close(): void {
    for (const { stop } of this.#open.values()) stop();
    this.#open.clear();
    for (const listener of this.#endListeners.splice(0)) listener();
  }

  /** The answer, unless it takes more than `room` characters; without any the method is not called. */
  async #answer(request: RpcRequest, afterAnswer: (() => void)[], room: number): Promise<string> {
    const tooLarge = () =>
      errorText(request.id, new RpcError(ErrorCode.tooLarge, "Response is too big"));
    if (room <= 0) return tooLarge();
    try {
      this.#afterAnswer = afterAnswer;
      const answer = resultText(request.id, await this.#call(request));
      return answer.length > room ? tooLarge() : answer;
    } catch (error) {
      if (error instanceof RpcError) return errorText(request.id, error);
      this.#logger.log("error", TARGET, `${request.method} failed: ${describe(error)}`);
      return errorText(request.id, new RpcError(ErrorCode.internal, describe(error)));
    }
  }

  #call({ method, params }: RpcRequest): Json | Promise<Json> {
    refuseSurplus(method, params);
    if (Object.hasOwn(this.#methods.methods, method)) {
      const found = this.#methods.methods[method];
      if (found !== undefined) return found(params, this.#session);
    }
    if (Object.hasOwn(this.#methods.subscriptions, method)) {
      const found = this.#methods.subscriptions[method];
      if (found !== undefined) return this.#subscribe(method, found, params);
    }
    for (const subscription of Object.values(this.#methods.subscriptions))
      if (subscription.unsubscribe === method) return this.#unsubscribe(subscription, params);
    throw new RpcError(
      ErrorCode.methodNotFound,
      `method ${method.slice(0, NAME_LENGTH_TOLD)} does not exist: rpc_methods lists those that do`,
    );
  }

  #subscribe(method: string, kind: Subscription, params: readonly Json[]): string {
    const push = this.#push;
    if (push === undefined)
      throw new RpcError(ErrorCode.refused, `${method} needs a WebSocket connection`);
    const { subscriptions } = this.#limits;
    if (this.#open.size >= subscriptions)
      throw new RpcError(ErrorCode.refused, `at most ${subscriptions} subscriptions`);
    const id = String(this.#nextSubscription++);
    const outbox = new Outbox(push);
    // It may end itself before it has told us how to end it.
    let isEnded = false;
    const end = (): void => {
      isEnded = true;
      this.#end(id);
    };
    const send = (result: Json): boolean => {
      if (isEnded) return false;
      const isRead = outbox.send(notificationText(kind.notification, id, result));
      if (isRead) return true;
      if (kind.lastWord !== undefined) push(notificationText(kind.notification, id, kind.lastWord));
      end();
      return false;
    };
    const taken = () => outbox.taken();
    const stop = kind.start(params, send, { id, session: this.#session, end, taken });
    if (isEnded) stop();
    else
      this.#open.set(id, {
        kind,
        stop: () => {
          isEnded = true;
          stop();
        },
      });
    this.#afterAnswer.push(() => outbox.open());
    return id;
  }

  #unsubscribe(kind: Subscription, params: readonly Json[]): boolean | null {
    const id = String(params[0]);
    const isOpen = this.#open.get(id)?.kind === kind;
    if (isOpen) this.#end(id);
    return kind.endsWithNull === true ? null : isOpen;
  }

  #end(id: string): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    open.stop();
  }
}

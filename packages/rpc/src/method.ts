/**
 * A method is a function bearing the name that it has on the wire. A subscription is a method that
 * goes on talking until the client or the server ends it.
 */
import { ErrorCode, type Json, RpcError } from "./json-rpc.ts";

/** One client's connection, for methods that keep something for it. */
export interface Session {
  /** False over HTTP, where nothing outlives the answer. */
  readonly isLasting: boolean;
  /** Calls the listener when the connection ends. */
  onEnd(listener: () => void): void;
  /** Does something once the client has its answer. A method calls this before it first waits. */
  afterAnswer(task: () => void): void;
}

export type Method = (params: readonly Json[], session: Session) => Json | Promise<Json>;

/** Where a subscription's messages go; false when the client does not read and the subscription ended. */
export type Send = (result: Json) => boolean;

/** A subscription that has begun. */
export interface Subscriber {
  /** What the client calls it; unique within the session. */
  readonly id: string;
  readonly session: Session;
  /** Ends it from our side; its `stop` is called. */
  end(): void;
  /**
   * For who has much to say: settles when the client has taken something of what waits for it; `undefined` while
   * nothing waits.
   */
  taken(): Promise<void> | undefined;
}

export interface Subscription {
  /** Name of the messages, for example `chain_newHead`. */
  readonly notification: string;
  /** Name of the method that ends it, for example `chain_unsubscribeNewHeads`. */
  readonly unsubscribe: string;
  /** Ending answers with `null`, even when there is nothing to end; otherwise with whether there was. */
  readonly endsWithNull?: true;
  /** What a client is told that lost its subscription because it does not read. */
  readonly lastWord?: Json;
  /** Begins; the answer ends it. Throws `RpcError` to refuse. */
  start(params: readonly Json[], send: Send, subscriber: Subscriber): () => void;
}

export interface Methods {
  readonly methods: Readonly<Record<string, Method>>;
  readonly subscriptions: Readonly<Record<string, Subscription>>;
}

/** All methods of several families; a name that stands in two of them is a mistake of ours. */
export function combineMethods(...families: readonly Methods[]): Methods {
  const methods: Record<string, Method> = {};
  const subscriptions: Record<string, Subscription> = {};
  for (const family of families) {
    for (const [name, method] of Object.entries(family.methods)) {
      if (methods[name] !== undefined) throw new RangeError(`method ${name} is declared twice`);
      methods[name] = method;
    }
    for (const [name, subscription] of Object.entries(family.subscriptions)) {
      if (subscriptions[name] !== undefined)
        throw new RangeError(`subscription ${name} is declared twice`);
      subscriptions[name] = subscription;
    }
  }
  return { methods, subscriptions };
}

/** The same methods, all of which refuse: for those that only the node's owner may call. */
export function refuseAll({ methods }: Methods): Methods {
  const refuse: Method = () => {
    throw new RpcError(
      ErrorCode.methodNotFound,
      "this method is unsafe to be called from outside: the node's owner can allow it",
    );
  };
  return {
    methods: Object.fromEntries(Object.keys(methods).map((name) => [name, refuse])),
    subscriptions: {},
  };
}

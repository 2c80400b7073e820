/**
 * A method is a function bearing the name that it has on the wire. A subscription is a method that
 * goes on talking until the client or the server ends it.
 */
import type { Json } from "./json-rpc.ts";

export type Method = (params: readonly Json[]) => Json | Promise<Json>;

/** Where a subscription's messages go; false when the client does not read and the subscription ended. */
export type Send = (result: Json) => boolean;

export interface Subscription {
  /** Name of the messages, for example `chain_newHead`. */
  readonly notification: string;
  /** Name of the method that ends it, for example `chain_unsubscribeNewHeads`. */
  readonly unsubscribe: string;
  /** Begins; the answer ends it. Throws `RpcError` to refuse. */
  start(params: readonly Json[], send: Send): () => void;
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

/** A client in the same process, for tests: texts go through a real connection. */
import { silentLogger } from "@parahost/base";
import { Connection } from "../connection.ts";
import { type Json, RpcError } from "../json-rpc.ts";
import type { Methods, Session } from "../method.ts";

/** What a method is given by a client that stays for one answer only. */
export const SINGLE_ANSWER: Session = {
  isLasting: false,
  onEnd: () => undefined,
  afterAnswer: () => undefined,
};

interface Message {
  readonly method?: string;
  readonly result?: Json;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: Json };
  readonly params?: { readonly subscription: string; readonly result: Json };
}

export class TestClient {
  readonly #connection: Connection;
  /** What each subscription has said, oldest first. */
  readonly #said = new Map<string, Json[]>();
  /** Names of all notifications, in order. */
  readonly notifications: string[] = [];

  constructor(methods: Methods) {
    this.#connection = new Connection(methods, silentLogger, (text) => {
      const { method = "", params } = JSON.parse(text) as Message;
      this.notifications.push(method);
      if (params !== undefined) this.said(params.subscription).push(params.result);
      return "sent";
    });
  }

  /** The result of a call. Throws `RpcError` when it is refused. */
  async call<T = Json>(method: string, ...params: readonly Json[]): Promise<T> {
    let text = "";
    const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    await this.#connection.handle(request, (answer) => {
      text = answer;
    });
    const { error, result } = JSON.parse(text) as Message;
    if (error !== undefined) throw new RpcError(error.code, error.message, error.data);
    return result as T;
  }

  /** The error with which a call is refused. */
  async refusal(method: string, ...params: readonly Json[]): Promise<RpcError> {
    try {
      await this.call(method, ...params);
    } catch (error) {
      if (error instanceof RpcError) return error;
      throw error;
    }
    throw new Error(`${method} was not refused`);
  }

  /** What a subscription has said so far; grows. */
  said<T = Json>(subscription: string): T[] {
    const said = this.#said.get(subscription) ?? [];
    this.#said.set(subscription, said);
    return said as T[];
  }

  close(): void {
    this.#connection.close();
  }
}

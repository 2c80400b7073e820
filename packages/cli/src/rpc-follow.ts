/** Submits a transaction and follows it, which needs a WebSocket. */
import type { Hex } from "@parahost/base";
import { RpcFailure } from "./rpc-client.ts";

/** How long a transaction may take before nobody waits any more. */
const WAIT_MS = 120_000;

interface Message {
  readonly id?: number;
  readonly error?: { readonly message: string; readonly data?: unknown };
  readonly params?: { readonly result: string | { readonly [status: string]: Hex } };
}

/** The block that includes the transaction, once it is in the best chain or final. */
export function followTransaction(
  port: number,
  extrinsic: Hex,
  until: "included" | "finalized",
): Promise<Hex> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    const end = (settle: () => void): void => {
      clearTimeout(limit);
      socket.onclose = null;
      socket.close();
      settle();
    };
    const fail = (why: string): void => end(() => reject(new RpcFailure(why)));
    const limit = setTimeout(
      () =>
        fail(`the transaction is not ${until} within ${WAIT_MS / 1000} s; it may still be later`),
      WAIT_MS,
    );
    socket.onclose = () => fail(`the connection to port ${port} was closed`);
    socket.onerror = () => fail(`no network answers on port ${port}`);
    socket.onopen = () => {
      const request = { jsonrpc: "2.0", id: 1, method: "author_submitAndWatchExtrinsic" };
      socket.send(JSON.stringify({ ...request, params: [extrinsic] }));
    };
    socket.onmessage = ({ data }) => {
      const { error, params } = JSON.parse(String(data)) as Message;
      if (error !== undefined) {
        fail(error.data === undefined ? error.message : `${error.message}: ${String(error.data)}`);
        return;
      }
      const status = params?.result;
      if (status === undefined || status === "ready" || status === "future") return;
      if (typeof status === "string") {
        fail(`the transaction is ${status}`);
        return;
      }
      const block =
        until === "included" ? (status["inBlock"] ?? status["finalized"]) : status["finalized"];
      if (block !== undefined) end(() => resolve(block));
      else if (status["usurped"] !== undefined)
        fail(`transaction ${status["usurped"]} took its place`);
      else if (status["finalityTimeout"] !== undefined) fail("its block was not final in time");
    };
  });
}

/** Asks a running network by JSON-RPC. */

/** The network did not answer, or refused; the message is for the user as it is. */
export class RpcFailure extends Error {}

export async function callRpc<T>(
  port: number,
  method: string,
  params: readonly unknown[],
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`http://127.0.0.1:${port}`, {
      method: "POST",
      // While a chain is compiled nobody would see that the other side has closed an idle connection.
      headers: { "content-type": "application/json", connection: "close" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
  } catch (cause) {
    throw new RpcFailure(
      `no network answers on port ${port}: start one with "parahost up", or name its port with --rpc-port`,
      { cause },
    );
  }
  const answer = (await response.json()) as {
    readonly result?: T;
    readonly error?: { readonly message: string };
  };
  if (answer.error !== undefined) throw new RpcFailure(answer.error.message);
  return answer.result as T;
}

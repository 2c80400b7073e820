/** Asking the runtime in one line, for callers to whom every reason for no answer is the same. */
import type { Hash } from "@parahost/primitives";
import type { Context } from "../overseer/context.ts";
import type { SubsystemName } from "../overseer/messages.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import type { RuntimeApiAnswer, RuntimeApiQuery } from "./messages.ts";
import type { RuntimeApiAt } from "./runtime-api-at.ts";

export type RuntimeAsker = Pick<Context<SubsystemName, "runtime-api">, "ask">;

/** The answer of the runtime after `relayParent`, or `undefined` when there is none to be had. */
export async function queryRuntime<Query extends RuntimeApiQuery>(
  asker: RuntimeAsker,
  relayParent: Hash,
  query: Query,
  ...args: Parameters<RuntimeApiAt[Query]>
): Promise<ReturnType<RuntimeApiAt[Query]> | undefined> {
  // Of a query that is a type parameter the compiler cannot see that it is one of the messages.
  const question = { type: query, relayParent, args } as never;
  const asked = asker.ask("runtime-api", question) as unknown as Promise<RuntimeApiAnswer<Query>>;
  const answer = await unlessCancelled(asked);
  return answer?.ok === true ? answer.value : undefined;
}

/** Asking the runtime from any subsystem that declares to talk to `runtime-api`. */
import type { Hash } from "@parahost/primitives";
import type { RuntimeApiAnswer, RuntimeApiQuery } from "../runtime-api/messages.ts";
import type { RuntimeApiAt } from "../runtime-api/runtime-api-at.ts";
import type { Context } from "./context.ts";
import { unlessCancelled } from "./reply.ts";

export type RuntimeAsker = Pick<Context<never, "runtime-api">, "ask">;

/**
 * The runtime's answer about the state after `relayParent`. `undefined` when there is none: the block
 * or its state is gone, the runtime refused, or the answer itself is "nothing". Callers then skip what
 * they wanted to do on this block.
 */
export async function queryRuntime<Query extends RuntimeApiQuery>(
  context: RuntimeAsker,
  relayParent: Hash,
  type: Query,
  ...args: Parameters<RuntimeApiAt[Query]>
): Promise<ReturnType<RuntimeApiAt[Query]> | undefined> {
  // The union of all questions cannot be narrowed by a type parameter; each member has this form.
  const question = { type, relayParent, args } as never;
  const answer = (await unlessCancelled(context.ask("runtime-api", question))) as
    | RuntimeApiAnswer<Query>
    | undefined;
  return answer?.ok === true ? answer.value : undefined;
}

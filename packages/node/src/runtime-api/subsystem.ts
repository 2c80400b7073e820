/**
 * The sole reader of relay chain state: answers queries about a block and remembers the answers,
 * since every subsystem asks the same about each new leaf. Guide: Runtime API.
 */
import {
  AssertionError,
  describe,
  err,
  type Logger,
  LruMap,
  ok,
  type Result,
} from "@parahost/base";
import type { Hash } from "@parahost/primitives";
import type { Context } from "../overseer/context.ts";
import type { RuntimeApiError, RuntimeApiMessage } from "./messages.ts";
import type { RuntimeApiAt, RuntimeApiProvider } from "./runtime-api-at.ts";

/** Blocks whose answers are kept: the leaves, their ancestry and what is not yet final. */
const BLOCKS_CACHED = 64;
/** Answers kept for one block; about forty queries, some of them once per para. */
const ANSWERS_CACHED = 1024;
const TARGET = "parachain::runtime-api";

export type RuntimeApiContext = Context<"runtime-api", never>;

export interface RuntimeApiDependencies {
  readonly provider: RuntimeApiProvider;
  readonly logger: Logger;
}

type Answer = Result<unknown, RuntimeApiError>;

/** Answers until concluded. */
export async function run(context: RuntimeApiContext, deps: RuntimeApiDependencies): Promise<void> {
  const answers = new LruMap<Hash, LruMap<string, Answer>>(BLOCKS_CACHED);
  for await (const incoming of context.inbox) {
    if (incoming.from === "overseer") {
      if (incoming.signal.type === "conclude") return;
      continue;
    }
    const { message } = incoming;
    (message.reply as (answer: Answer) => void)(cached(answers, deps, message));
  }
}

function cached(
  answers: LruMap<Hash, LruMap<string, Answer>>,
  deps: RuntimeApiDependencies,
  message: RuntimeApiMessage,
): Answer {
  // Commitments are as large as a code upgrade and asked about once.
  if (message.type === "checkValidationOutputs") return execute(deps, message);
  let block = answers.get(message.relayParent);
  if (block === undefined) {
    block = new LruMap(ANSWERS_CACHED);
    answers.set(message.relayParent, block);
  }
  const key = `${message.type} ${JSON.stringify(message.args)}`;
  const known = block.get(key);
  if (known !== undefined) return known;
  const answer = execute(deps, message);
  if (answer.ok) block.set(key, answer);
  return answer;
}

function execute(deps: RuntimeApiDependencies, message: RuntimeApiMessage): Answer {
  const { type, relayParent, args } = message;
  try {
    const api = deps.provider.at(relayParent);
    if (api === undefined) return err({ code: "unavailable", relayParent });
    const query = api[type] as (this: RuntimeApiAt, ...args: unknown[]) => unknown;
    return ok(query.apply(api, [...args]));
  } catch (failure) {
    if (failure instanceof AssertionError) throw failure;
    deps.logger.log("warn", TARGET, `${type} failed`, { relayParent, failure: describe(failure) });
    return err({ code: "execution", message: describe(failure) });
  }
}

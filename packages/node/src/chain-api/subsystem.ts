/** Answers questions about blocks from the block store. Guide: Chain API. */
import {
  describe,
  err,
  HostError,
  type Logger,
  ok,
  type Result,
  unreachable,
} from "@parahost/base";
import type { Hash } from "@parahost/primitives";
import type { Context } from "../overseer/context.ts";
import type { ChainBackend } from "./chain-backend.ts";
import type { ChainApiError, ChainApiMessage } from "./messages.ts";

const TARGET = "parachain::chain-api";

export type ChainApiContext = Context<"chain-api", never>;

export interface ChainApiDependencies {
  readonly chain: ChainBackend;
  readonly logger: Logger;
}

/** Answers until concluded. */
export async function run(context: ChainApiContext, deps: ChainApiDependencies): Promise<void> {
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") answer(deps, incoming.message);
    else if (incoming.signal.type === "conclude") return;
  }
}

function answer(deps: ChainApiDependencies, message: ChainApiMessage): void {
  const { chain } = deps;
  switch (message.type) {
    case "blockNumber":
      message.reply(tryRead(deps, () => chain.header(message.hash)?.number));
      return;
    case "blockHeader":
      message.reply(tryRead(deps, () => chain.header(message.hash)));
      return;
    case "blockWeight":
      message.reply(tryRead(deps, () => chain.weight(message.hash)));
      return;
    case "finalizedBlockHash":
      message.reply(tryRead(deps, () => chain.finalizedHash(message.number)));
      return;
    case "finalizedBlockNumber":
      message.reply(tryRead(deps, () => chain.finalizedNumber()));
      return;
    case "ancestors":
      message.reply(tryRead(deps, () => ancestors(chain, message.hash, message.k)));
      return;
    default:
      unreachable(message);
  }
}

/** Parent first; ends after `k`, at genesis, or where headers are unknown. */
function ancestors(chain: ChainBackend, hash: Hash, k: number): readonly Hash[] {
  const found: Hash[] = [];
  let header = chain.header(hash);
  while (found.length < k && header !== undefined && header.number > 0) {
    found.push(header.parentHash);
    header = chain.header(header.parentHash);
  }
  return found;
}

function tryRead<T>(deps: ChainApiDependencies, read: () => T): Result<T, ChainApiError> {
  try {
    return ok(read());
  } catch (failure) {
    if (!(failure instanceof HostError)) throw failure;
    deps.logger.log("error", TARGET, "the block store failed", { failure: describe(failure) });
    return err({ code: "database", message: describe(failure) });
  }
}

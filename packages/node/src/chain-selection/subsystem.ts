/**
 * Keeps the tree of unfinalized blocks and says which leaf to build on and to vote for. Without an
 * answer of the chain it cannot choose, so any failure is fatal. Guide: Chain Selection.
 */
import { HostError, type Result, unreachable } from "@parahost/base";
import { type Hash, type Header, revertTarget } from "@parahost/primitives";
import type { ChainApiError } from "../chain-api/messages.ts";
import type { Context } from "../overseer/context.ts";
import type { Signal } from "../overseer/signal.ts";
import type { ChainSelectionMessage } from "./messages.ts";
import { BlockTree } from "./tree.ts";

export type ChainSelectionContext = Context<"chain-selection", "chain-api">;

export interface ChainSelectionDependencies {
  /** Tells the chain itself that a block is viable no more. */
  readonly abandon: (hash: Hash) => void;
}

/** Selects until concluded. */
export async function run(
  context: ChainSelectionContext,
  deps: ChainSelectionDependencies,
): Promise<void> {
  const number = read(await context.ask("chain-api", { type: "finalizedBlockNumber" }));
  const hash = read(await context.ask("chain-api", { type: "finalizedBlockHash", number }));
  if (hash === undefined) throw new HostError("noFinalizedBlock", { message: `number ${number}` });
  const tree = new BlockTree({ hash, number });
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") onMessage(tree, deps, incoming.message);
    else if (incoming.signal.type === "conclude") return;
    else await onSignal(context, tree, incoming.signal);
  }
}

async function onSignal(
  context: ChainSelectionContext,
  tree: BlockTree,
  signal: Signal,
): Promise<void> {
  if (signal.type === "blockFinalized") tree.finalize(signal);
  else if (signal.type === "activeLeaves" && signal.activated !== undefined)
    await addBranch(context, tree, signal.activated.hash);
}

/** Adds the block and its unknown ancestors above finality. */
async function addBranch(
  context: ChainSelectionContext,
  tree: BlockTree,
  leaf: Hash,
): Promise<void> {
  const unknown: { readonly hash: Hash; readonly header: Header }[] = [];
  for (let hash = leaf; !tree.has(hash) && hash !== tree.finalized.hash; ) {
    const header = read(await context.ask("chain-api", { type: "blockHeader", hash }));
    // The chain has pruned the branch, or it left the finalized chain further down.
    if (header === undefined || header.number <= tree.finalized.number) return;
    unknown.push({ hash, header });
    hash = header.parentHash;
  }
  for (const { hash, header } of unknown.reverse()) {
    const weight = read(await context.ask("chain-api", { type: "blockWeight", hash }));
    if (weight === undefined) return;
    tree.insert({
      hash,
      number: header.number,
      parentHash: header.parentHash,
      weight,
      reverts: revertTarget(header),
    });
  }
}

function onMessage(
  tree: BlockTree,
  { abandon }: ChainSelectionDependencies,
  message: ChainSelectionMessage,
): void {
  switch (message.type) {
    case "approved":
      tree.approve(message.hash);
      return;
    case "leaves":
      message.reply(tree.leaves());
      return;
    case "bestLeafContaining":
      message.reply(tree.bestLeafContaining(message.target));
      return;
    case "revertBlocks":
      for (const { hash } of message.blocks) {
        tree.revert(hash);
        abandon(hash);
      }
      return;
    default:
      unreachable(message);
  }
}

function read<T>(answer: Result<T, ChainApiError>): T {
  if (answer.ok) return answer.value;
  throw new HostError(answer.error.code, { message: answer.error.message });
}

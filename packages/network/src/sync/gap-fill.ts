/**
 * The history that a warp sync left out, fetched from its top down to genesis while the node does its work: a question at a time,
 * of one peer after the other, and none while the node is behind. Whoever gives other blocks than those asked for pays.
 */
import { randomBelow, sleep } from "@parahost/base";
import type { Hash, Header } from "@parahost/primitives";
import type { Network, PeerId } from "../port.ts";
import { BlockAttribute, SYNC_BLOCKS_MAX } from "../protocols/sync.ts";
import { Reputation } from "../reputation.ts";
import type { BlockQuestions } from "./block-questions.ts";
import type { SyncPorts } from "./sync-chain.ts";

const TARGET = "sync";
/** Between two questions that were answered: the node has other things to do. */
const PAUSE_MS = 50;
/** After a question that was not. */
const RETRY_MS = 1000;

export interface GapBlock {
  readonly hash: Hash;
  readonly header: Header;
  readonly body: readonly Uint8Array[];
}

/** A chain whose history is not whole. */
export interface GapChain {
  /** The highest missing block; `undefined` when none is. */
  gap(): { readonly hash: Hash; readonly number: number } | undefined;
  /** Takes blocks from the highest missing one downwards; false when they are others. */
  fill(blocks: readonly GapBlock[]): boolean;
}

export interface GapFillPorts extends SyncPorts {
  readonly network: Pick<Network, "report">;
  readonly questions: BlockQuestions;
  /** Peers that have blocks to give; none while the node has more urgent questions. */
  readonly peers: () => readonly PeerId[];
}

/** Settles when the history is whole, or `signal` ends it. */
export async function fillGap(
  chain: GapChain,
  ports: GapFillPorts,
  signal: AbortSignal,
): Promise<void> {
  const { clock, logger } = ports;
  const first = chain.gap();
  if (first === undefined) return;
  logger.log("info", TARGET, `fetching the history below #${first.number + 1}`);
  while (!signal.aborted) {
    const gap = chain.gap();
    if (gap === undefined) {
      logger.log("info", TARGET, "the history is whole");
      return;
    }
    const isFilled = await fillSome(chain, gap.hash, ports, signal);
    await sleep(clock, isFilled ? PAUSE_MS : RETRY_MS, signal);
  }
}

async function fillSome(
  chain: GapChain,
  hash: Hash,
  { network, questions, peers, random }: GapFillPorts,
  signal: AbortSignal,
): Promise<boolean> {
  const able = peers();
  const peer = able[randomBelow(random, Math.max(1, able.length))];
  if (peer === undefined) return false;
  const answer = await questions.ask(peer, {
    fields: BlockAttribute.header | BlockAttribute.body,
    from: { type: "hash", hash },
    direction: "descending",
    countMax: SYNC_BLOCKS_MAX,
    takesManyJustifications: true,
  });
  if (signal.aborted || answer === undefined) return false;
  const blocks: GapBlock[] = [];
  for (const { hash: of, header, body } of answer) {
    if (body === undefined) break;
    blocks.push({ hash: of, header, body });
  }
  // Who has no such history pays nothing: it may have begun as we have.
  if (blocks.length === 0) return false;
  if (chain.fill(blocks)) return true;
  network.report(peer, Reputation.costMajor, "other blocks than the missing ones");
  return false;
}

/** Reading what new blocks say about candidates: their events and the votes they brought. */
import {
  type BlockNumber,
  type CandidateHash,
  candidateHash,
  type Hash,
} from "@parahost/primitives";
import type { Context } from "../overseer/context.ts";
import type { SubsystemName } from "../overseer/messages.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { type VotesOnCandidate, votesOnChain } from "./on-chain-votes.ts";
import { type BlockRef, KEEP_PAST_FINALITY_BLOCKS, type SeenOnChain } from "./seen-on-chain.ts";

/** Blocks behind a leaf that are read at most. */
export const ANCESTRY_MAX = 500;
/** Ancestors asked for at one time: most leaves have one new block. */
const ANCESTRY_STEP = 10;

export type ChainAsker = Pick<Context<SubsystemName, "runtime-api" | "chain-api">, "ask">;

/** The leaf and its ancestors whose events were not read, oldest first. */
export async function unreadBlocks(
  asker: ChainAsker,
  leaf: BlockRef,
  seen: SeenOnChain,
  finalized: BlockNumber,
): Promise<readonly BlockRef[]> {
  const unread: BlockRef[] = [];
  // Where everything is final, disputes come too late.
  const lowest = Math.max(1, finalized - KEEP_PAST_FINALITY_BLOCKS);
  let step: readonly Hash[] = [leaf.hash];
  let number = leaf.number;
  while (step.length > 0) {
    for (const hash of step) {
      if (number < lowest || unread.length >= ANCESTRY_MAX || seen.hasBlock(hash))
        return unread.reverse();
      unread.push({ hash, number });
      number -= 1;
    }
    const k = Math.min(ANCESTRY_STEP, ANCESTRY_MAX - unread.length, number - lowest + 1);
    const hash = step[step.length - 1] as Hash;
    const answer =
      k <= 0
        ? undefined
        : await unlessCancelled(asker.ask("chain-api", { type: "ancestors", hash, k }));
    step = answer?.ok === true ? answer.value : [];
  }
  return unread.reverse();
}

export interface BlockReading {
  readonly votes: readonly VotesOnCandidate[];
  /** Candidates that the block backs, includes or disputes. */
  readonly onChain: readonly CandidateHash[];
}

/** Notes what the block backs, includes and disputes. A block without state is left unread. */
export async function readBlock(
  asker: ChainAsker,
  block: BlockRef,
  seen: SeenOnChain,
): Promise<BlockReading> {
  const events = await queryRuntime(asker, block.hash, "candidateEvents");
  if (events === undefined) return { votes: [], onChain: [] };
  const of = (type: "backed" | "included"): readonly CandidateHash[] =>
    events.flatMap((event) => (event.type === type ? [candidateHash(event.value.receipt)] : []));
  const backed = of("backed");
  const included = of("included");
  const votes = await queryRuntime(asker, block.hash, "onChainVotes");
  const disputed = votes?.disputes.map((set) => set.candidateHash) ?? [];
  seen.note(block, { backed, included, disputed });
  return {
    votes: votes === undefined ? [] : votesOnChain(votes),
    onChain: [...new Set([...backed, ...included, ...disputed])],
  };
}

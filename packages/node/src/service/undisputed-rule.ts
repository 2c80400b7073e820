/**
 * The voting rule of the relay chain's disputes: nobody votes to finalize a candidate that is in doubt.
 * Without an answer of the coordinator only the base is voted for. Node-side reference, 5.27.
 */
import { LruMap } from "@parahost/base";
import type { VotingRule } from "@parahost/consensus";
import { candidateHash, type Hash } from "@parahost/primitives";
import { runtimeApi } from "@parahost/runtime";
import type { BlockDescription } from "../dispute-coordinator/messages.ts";
import type { Overseer } from "../overseer/overseer.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import type { ChainStates } from "./chain-states.ts";

/** Descriptions kept: more blocks than are open to votes but for long stalls. */
const DESCRIPTIONS_MAX = 1_024;

export function undisputedRule(overseer: Overseer, states: ChainStates): VotingRule {
  const descriptions = new LruMap<Hash, BlockDescription>(DESCRIPTIONS_MAX);

  /** What the block includes, and the session in which it does. */
  function describeBlock(block: Hash, parent: Hash): BlockDescription | undefined {
    const known = descriptions.get(block);
    if (known !== undefined) return known;
    const [before, after] = [states.view(parent), states.view(block)];
    if (before === undefined || after === undefined) return undefined;
    const description: BlockDescription = {
      blockHash: block,
      session: runtimeApi.sessionIndexForChild(before),
      candidates: runtimeApi
        .candidateEvents(after)
        .flatMap((event) =>
          event.type === "included" ? [candidateHash(event.value.receipt)] : [],
        ),
    };
    descriptions.set(block, description);
    return description;
  }

  return async ({ base, target, chain }) => {
    const path = chain.path(base, target);
    if (path === undefined) return undefined;
    const blockDescriptions: BlockDescription[] = [];
    for (const [index, block] of path.entries()) {
      const description = describeBlock(block, path[index - 1] ?? base.hash);
      if (description === undefined) return undefined;
      blockDescriptions.push(description);
    }
    return unlessCancelled(
      overseer.ask("dispute-coordinator", {
        type: "determineUndisputedChain",
        base: { number: base.number, hash: base.hash },
        blockDescriptions,
      }),
    );
  };
}

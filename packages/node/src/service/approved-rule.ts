/**
 * The voting rule of approval: nobody votes to finalize a block before all parablocks in it and below
 * it are approved. Without an answer only the base is voted for. Node-side reference, 5.27.
 */
import type { VotingRule } from "@parahost/consensus";
import type { Overseer } from "../overseer/overseer.ts";
import { unlessCancelled } from "../overseer/reply.ts";

export function approvedRule(overseer: Pick<Overseer, "ask">): VotingRule {
  return async ({ base, target }) => {
    if (target.number <= base.number) return target;
    const approved = await unlessCancelled(
      overseer.ask("approval-voting", {
        type: "approvedAncestor",
        hash: target.hash,
        floor: base.number,
      }),
    );
    return approved === undefined ? base : { hash: approved.hash, number: approved.number };
  };
}

/**
 * The relay chain's voting rule: nobody votes to finalize a block before all parablocks in it and below it
 * are approved, and none of them is in doubt. Without an answer only the base is voted for. Node-side
 * reference, 5.27.
 */
import type { VotingRule } from "@parahost/consensus";
import type { Overseer } from "../overseer/overseer.ts";
import { unlessCancelled } from "../overseer/reply.ts";

/** By how many blocks a vote was held back, and for what. */
export interface FinalityLags {
  readonly approval: number;
  readonly disputes: number;
}

export function finalityRule(
  overseer: Pick<Overseer, "ask">,
  onLags: (lags: FinalityLags) => void,
): VotingRule {
  return async ({ base, target }) => {
    if (target.number <= base.number) return target;
    const approved = await unlessCancelled(
      overseer.ask("approval-voting", {
        type: "approvedAncestor",
        hash: target.hash,
        floor: base.number,
      }),
    );
    if (approved === undefined) {
      onLags({ approval: target.number - base.number, disputes: 0 });
      return base;
    }
    const { number, descriptions } = approved;
    // Above the base where what lies between is final by now: that is described no more.
    const floor = number - descriptions.length;
    const undisputed = await unlessCancelled(
      overseer.ask("dispute-coordinator", {
        type: "determineUndisputedChain",
        base: { number: floor, hash: base.hash },
        blockDescriptions: descriptions,
      }),
    );
    const isHeldBack = undisputed === undefined || undisputed.number <= floor;
    onLags({
      approval: target.number - number,
      disputes: number - (isHeldBack ? floor : undisputed.number),
    });
    return isHeldBack ? base : undisputed;
  };
}

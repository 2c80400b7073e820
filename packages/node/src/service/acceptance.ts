/**
 * Whether a candidate is accepted, the last stage of its life: included on the best chain, approved, disputed by
 * nobody, and older than the acceptance period. Finality does not wait for it. Reference: node 7.4, runtime 4.8.
 */
import type { Chain } from "@parahost/consensus";
import type { CandidateHash, SessionIndex } from "@parahost/primitives";
import { runtimeApi } from "@parahost/runtime";
import type { Overlay } from "@parahost/trie";
import type { Overseer } from "../overseer/overseer.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import type { ChainStates } from "./chain-states.ts";

export interface AcceptanceParts {
  readonly chain: Pick<Chain<Overlay>, "best" | "finalized" | "hashByNumber">;
  readonly states: Pick<ChainStates, "view">;
  readonly overseer: Pick<Overseer, "ask">;
}

/** A node without keys counts no approvals: to it a candidate is approved once its block is final. */
export async function isAccepted(
  { chain, states, overseer }: AcceptanceParts,
  session: SessionIndex,
  candidateHash: CandidateHash,
): Promise<boolean> {
  const best = chain.best();
  const state = states.view(best.hash);
  if (state === undefined) return false;
  if (!runtimeApi.isAccepted(state, session, candidateHash, best.number)) return false;
  const number = runtimeApi.candidateIncludedIn(state, session, candidateHash);
  if (number === undefined) return false;
  if (number <= chain.finalized().number) return true;
  const blockHash = chain.hashByNumber(number);
  if (blockHash === undefined) return false;
  const question = { type: "isApproved", blockHash, candidateHash } as const;
  return (await unlessCancelled(overseer.ask("approval-voting", question))) ?? false;
}

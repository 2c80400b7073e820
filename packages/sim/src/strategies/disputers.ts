/** Disputes about what nobody else finds wrong. */

import type { Subsystems } from "@parahost/node/overseer/overseer";
import type { CandidateReceipt, Hash, SessionIndex } from "@parahost/primitives";
import { runtimeApi } from "@parahost/runtime";
import { chainAt } from "../adversaries/chain-view.ts";
import { changing } from "./mischief.ts";
import type { Strategy } from "./strategy.ts";
import type { Villain } from "./villain.ts";

/** Candidates that the block includes, and the session that is to judge them. */
export function includedIn(
  { simulation }: Villain,
  block: Hash,
): { readonly receipts: readonly CandidateReceipt[]; readonly session: SessionIndex } | undefined {
  const view = chainAt(simulation, block);
  if (view === undefined) return undefined;
  const receipts = runtimeApi
    .candidateEvents(view.state)
    .flatMap(({ type, value }) => (type === "included" ? [value.receipt] : []));
  return { receipts, session: view.session };
}

/** Votes against what each new leaf includes. */
const disputing = (own: Subsystems, villain: Villain): Subsystems =>
  changing(own, "dispute-coordinator", {
    onLeaf: ({ hash }, context) => {
      const included = includedIn(villain, hash);
      for (const candidateReceipt of included?.receipts ?? []) {
        if (included === undefined || !villain.feelsLikeIt()) continue;
        villain.tookEffect();
        const { session } = included;
        void context.send("dispute-coordinator", {
          type: "issueLocalStatement",
          session,
          candidateReceipt,
          valid: false,
        });
      }
    },
  });

export const DISPUTES_VALID: Strategy = {
  id: "B06",
  does: "disputes every valid candidate",
  corrupt: (villain) => ({ subsystems: (own) => disputing(own, villain) }),
};

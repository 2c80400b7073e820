/** Candidates that are not valid, seconded and backed by those who know it. */

import { randomBelow } from "@parahost/base";
import type { Subsystems } from "@parahost/node/overseer/overseer";
import {
  type CandidateHash,
  type CandidateReceipt,
  candidateHash,
  type Hash,
  type PersistedValidationData,
  type PoV,
} from "@parahost/primitives";
import { chainAt } from "../adversaries/chain-view.ts";
import { makeUpCandidate } from "../adversaries/made-up-candidate.ts";
import { changing } from "./mischief.ts";
import type { Strategy } from "./strategy.ts";
import { standingByInvented } from "./validation-lies.ts";
import type { Villain } from "./villain.ts";

interface Garbage {
  readonly candidateReceipt: CandidateReceipt;
  readonly persistedValidationData: PersistedValidationData;
  readonly pov: PoV;
}

/**
 * A candidate in the place of this one whose every hash is right and which no code would accept. All its
 * makers' friends stand by it. `undefined` where the chain at its relay parent is not known.
 */
export function garbageFor(
  { conspiracy, random, sources }: Villain,
  {
    paraId,
    relayParent,
  }: { readonly paraId: CandidateReceipt["descriptor"]["paraId"]; readonly relayParent: Hash },
): Garbage | undefined {
  const view = chainAt(sources, relayParent);
  if (view === undefined) return undefined;
  const { receipt, committed, validationData, pov } = makeUpCandidate(
    view,
    paraId,
    randomBelow(random, 256),
  );
  const hash: CandidateHash = candidateHash(receipt);
  const { commitments } = committed;
  conspiracy.invented.set(hash, { commitments, validationData, pov });
  return { candidateReceipt: receipt, persistedValidationData: validationData, pov };
}

const secondingGarbage = (own: Subsystems, villain: Villain): Subsystems =>
  changing(own, "candidate-backing", {
    hears: (message) => {
      if (message.type !== "second" || !villain.feelsLikeIt()) return message;
      const { relayParent, candidateReceipt } = message;
      const garbage = garbageFor(villain, {
        relayParent,
        paraId: candidateReceipt.descriptor.paraId,
      });
      if (garbage === undefined) return message;
      villain.tookEffect();
      return { type: "second", relayParent, ...garbage };
    },
  });

export const SECONDS_GARBAGE: Strategy = {
  id: "B03",
  does: "seconds a made-up invalid candidate, and stands by those of its partners",
  corrupt: (villain) => ({
    subsystems: (own) => secondingGarbage(standingByInvented(own, villain), villain),
  }),
};

export const BACKS_GARBAGE: Strategy = {
  id: "B04",
  does: "signs for invalid candidates of collators",
  corrupt: (villain) => ({
    subsystems: (own) =>
      changing(standingByInvented(own, villain), "candidate-backing", {
        says: (said) => {
          const { conspiracy } = villain;
          if (said.to !== "statement-distribution" || said.message.type !== "share") return said;
          const { payload } = said.message.statement;
          const hash = payload.type === "seconded" ? candidateHash(payload.value) : payload.value;
          if (conspiracy.invented.has(hash)) villain.tookEffect();
          return said;
        },
      }),
  }),
  corruptCollator: (villain) => ({
    subsystems: (own) =>
      changing(own, "collation-generation", {
        says: (said) => {
          if (said.to !== "collator-protocol" || said.message.type !== "distributeCollation")
            return said;
          if (!villain.feelsLikeIt()) return said;
          const { message } = said;
          const { paraId, relayParent } = message.candidateReceipt.descriptor;
          const garbage = garbageFor(villain, { paraId, relayParent });
          if (garbage === undefined) return said;
          const { candidateReceipt, pov } = garbage;
          return { to: "collator-protocol", message: { ...message, candidateReceipt, pov } };
        },
      }),
  }),
};

/** As B03, and its authors keep quiet about disputes. */
export const COLLUDES: Strategy = {
  id: "B33",
  does: "colludes: backs garbage, checks nothing, and leaves disputes out of its blocks",
  corrupt: (villain) => ({
    subsystems: (own) =>
      changing(secondingGarbage(standingByInvented(own, villain), villain), "provisioner", {
        asks: ({ to }, ask) =>
          to === "dispute-coordinator" && villain.feelsLikeIt() ? Promise.resolve([]) : ask(),
      }),
  }),
};

/** Disputes about what nobody else finds wrong. */

import { randomBelow } from "@parahost/base";
import { sr25519Sign } from "@parahost/crypto";
import type { Subsystems } from "@parahost/node/overseer/overseer";
import {
  asValidatorIndex,
  type CandidateHash,
  type CandidateReceipt,
  candidateHash,
  explicitDisputePayload,
  type Hash,
  type SessionIndex,
  type ValidatorId,
  type ValidatorSignature,
} from "@parahost/primitives";
import { runtimeApi } from "@parahost/runtime";
import { chainAt } from "../adversaries/chain-view.ts";
import { changing } from "./mischief.ts";
import type { Strategy } from "./strategy.ts";
import type { Villain } from "./villain.ts";

/** Candidates that the block includes, and the session that is to judge them. */
export function includedIn(
  { sources }: Villain,
  block: Hash,
): { readonly receipts: readonly CandidateReceipt[]; readonly session: SessionIndex } | undefined {
  const view = chainAt(sources, block);
  if (view === undefined) return undefined;
  const receipts = runtimeApi
    .candidateEvents(view.state)
    .flatMap(({ type, value }) => (type === "included" ? [value.receipt] : []));
  return { receipts, session: view.session };
}

/** The block so many below this one on the villain's own chain. */
function ancestor({ node: { chain } }: Villain, block: Hash, depth: number): Hash {
  let at = block;
  for (let below = 0; below < depth; below++) at = chain.header(at)?.parentHash ?? at;
  return at;
}

/** How old the disputed candidates may be, blocks. */
const AGE_MAX = 12;

export const DISPUTES_OLD: Strategy = {
  id: "B07",
  does: "disputes candidates that were included long ago, near finality and past it",
  corrupt: (villain) => ({
    subsystems: (own) =>
      changing(own, "dispute-coordinator", {
        onLeaf: ({ hash }, context) => {
          if (!villain.feelsLikeIt()) return;
          const age = 2 + randomBelow(villain.random, AGE_MAX);
          const included = includedIn(villain, ancestor(villain, hash, age));
          const [candidateReceipt] = included?.receipts ?? [];
          if (included === undefined || candidateReceipt === undefined) return;
          villain.tookEffect();
          const { session } = included;
          const statement = { session, candidateReceipt, valid: false } as const;
          void context.send("dispute-coordinator", { type: "issueLocalStatement", ...statement });
        },
      }),
  }),
};

/** A vote of its own, for or against. */
function ownVote(
  { pair }: Villain,
  candidate: CandidateHash,
  session: SessionIndex,
  isValid: boolean,
): ValidatorSignature {
  return sr25519Sign(
    pair,
    explicitDisputePayload(isValid, candidate, session),
  ) as ValidatorSignature;
}

/** Sends disputes past its own coordinator, which would not have them; `about` gives what they are about. */
const disputingDirectly = (
  id: string,
  does: string,
  perLeaf: number,
  about: (villain: Villain, receipt: CandidateReceipt, count: number) => CandidateReceipt,
  /** Who stands for the candidate: a backer, or a faulty validator. */
  advocate: (villain: Villain, validators: readonly ValidatorId[]) => Villain | "backer",
): Strategy => ({
  id,
  does,
  corrupt: (villain) => {
    let count = 0;
    return {
      subsystems: (own) =>
        changing(own, "dispute-distribution", {
          onLeaf: ({ hash }, context) => {
            const view = chainAt(villain.sources, hash);
            if (view === undefined || !villain.feelsLikeIt()) return;
            const votes = runtimeApi.onChainVotes(view.state);
            const [backed] = votes?.backingValidatorsPerCandidate ?? [];
            const [vote] = backed?.votes ?? [];
            const { session, validators } = view;
            const place = validators.indexOf(villain.keys.paraValidator);
            if (backed === undefined || vote === undefined) return;
            // In another session the backer's index is another's.
            if (place < 0 || votes?.session !== session) return;
            const validatorIndex = asValidatorIndex(place);
            for (let one = 0; one < perLeaf; one++) {
              count += 1;
              const candidateReceipt = about(villain, backed.receipt, count);
              const candidate = candidateHash(candidateReceipt);
              const type =
                vote.attestation.type === "implicit" ? "backingSeconded" : "backingValid";
              const { attestation } = vote;
              const its = advocate(villain, validators);
              const validVote =
                its === "backer"
                  ? {
                      validatorIndex: vote.validatorIndex,
                      signature: attestation.value,
                      kind: { type, value: backed.receipt.descriptor.relayParent } as const,
                    }
                  : {
                      validatorIndex: asValidatorIndex(validators.indexOf(its.keys.paraValidator)),
                      signature: ownVote(its, candidate, session, true),
                      kind: { type: "explicit" } as const,
                    };
              const invalidVote = {
                validatorIndex,
                signature: ownVote(villain, candidate, session, false),
                kind: { type: "explicit" } as const,
              };
              villain.tookEffect();
              const message = { candidateReceipt, sessionIndex: session, invalidVote, validVote };
              void context.send("dispute-distribution", { type: "sendDispute", message });
            }
          },
        }),
    };
  },
});

/** The receipt of a candidate that there never was. */
const neverWas = (_: Villain, receipt: CandidateReceipt, count: number): CandidateReceipt => ({
  ...receipt,
  commitmentsHash: `0x${count.toString(16).padStart(64, "0")}` as typeof receipt.commitmentsHash,
});

/** Another faulty validator of the session; itself where there is none: then nobody takes it seriously. */
const partner = (villain: Villain, validators: readonly ValidatorId[]): Villain =>
  villain.conspiracy.members.find(
    ({ name, keys }) => name !== villain.name && validators.includes(keys.paraValidator),
  ) ?? villain;

export const DISPUTES_NOTHING: Strategy = disputingDirectly(
  "B08",
  "disputes candidates that never existed",
  20,
  neverWas,
  partner,
);

export const DISPUTES_ON: Strategy = disputingDirectly(
  "B09",
  "goes on disputing what was backed, also when it is disabled",
  1,
  (_, receipt) => receipt,
  () => "backer",
);

export const BOTH_SIDES: Strategy = disputingDirectly(
  "B11",
  "votes for and against one candidate",
  1,
  (_, receipt) => receipt,
  (villain) => villain,
);

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

/** Disputes carried to a chain where nobody can judge them. */
import { blake2b256Hex, sr25519Sign } from "@parahost/crypto";
import { escalation } from "@parahost/node/remote-disputes/entry";
import {
  asHash,
  asValidatorIndex,
  type CandidateReceipt,
  candidateHash,
  explicitDisputePayload,
  type RemoteDispute,
  statementPayload,
  ValidatorId,
  type ValidatorSignature,
} from "@parahost/primitives";
import { encode, vec } from "@parahost/scale";
import { type ChainView, chainAt } from "../adversaries/chain-view.ts";
import { includedIn } from "./disputers.ts";
import { changing } from "./mischief.ts";
import type { Strategy } from "./strategy.ts";
import type { Villain } from "./villain.ts";

/** A dispute about a candidate whose data nobody has; it has backed that one, and answers for it. */
function dispute(
  { keys, pair }: Villain,
  { session, validators }: ChainView,
  receipt: CandidateReceipt,
): RemoteDispute {
  const candidate = candidateHash(receipt);
  const validatorIndex = asValidatorIndex(validators.indexOf(keys.paraValidator));
  const sign = (payload: Uint8Array) => sr25519Sign(pair, payload) as ValidatorSignature;
  const context = { sessionIndex: session, parentHash: receipt.descriptor.relayParent };
  const backing = sign(statementPayload({ type: "valid", value: candidate }, context));
  return {
    receipt,
    session,
    backing: [{ validatorIndex, attestation: { type: "explicit", value: backing } }],
    code: undefined,
    secondaryChecks: [],
    invalidVotes: [
      {
        validatorIndex,
        signature: sign(explicitDisputePayload(false, candidate, session)),
        kind: { type: "explicit" },
      },
    ],
    sessionKeysHash: asHash(blake2b256Hex(encode(vec(ValidatorId), validators))),
  };
}

export const ESCALATES: Strategy = {
  id: "B34",
  does: "carries disputes here from a fork that there is not, about data that nobody has",
  corrupt: (villain) => {
    let count = 0;
    return {
      subsystems: (own) =>
        changing(own, "remote-disputes", {
          onLeaf: ({ hash }) => {
            const view = chainAt(villain.sources, hash);
            const [receipt] = includedIn(villain, hash)?.receipts ?? [];
            if (view === undefined || receipt === undefined || !villain.feelsLikeIt()) return;
            if (!view.validators.includes(villain.keys.paraValidator)) return;
            count += 1;
            const commitmentsHash = `0x${count.toString(16).padStart(64, "3")}`;
            const madeUp = {
              ...receipt,
              commitmentsHash: commitmentsHash as typeof receipt.commitmentsHash,
            };
            if (villain.node.submit(escalation(dispute(villain, view, madeUp))).ok)
              villain.tookEffect();
          },
        }),
    };
  },
};

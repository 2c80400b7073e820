/** A proof on its way to the chain: an unsigned transaction, since two signatures are the whole proof. */
import { encodeBare } from "@parahost/runtime";
import type { SignedStatementEvidence } from "./messages.ts";
import type { Proof } from "./proofs.ts";

/** `undefined` for an `invalid` statement, which the chain does not know. */
export function reportExtrinsic(proof: Proof): Uint8Array | undefined {
  const { session, relayParent, validatorIndex, votes } = proof;
  const [first, second] = votes.map(onChain);
  if (first === undefined || second === undefined) return undefined;
  return encodeBare({
    type: "parasSlashing",
    value: {
      type: "reportBackingMisbehaviour",
      value: {
        session,
        parentHash: relayParent,
        validatorIndex,
        first,
        firstSignature: votes[0].signature,
        second,
        secondSignature: votes[1].signature,
      },
    },
  });
}

function onChain({ statement }: SignedStatementEvidence) {
  return statement.type === "invalid" ? undefined : statement;
}

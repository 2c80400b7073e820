/**
 * Whether two statements are an offence, and whether the accused signed them: nothing is believed that
 * no signature proves. Guide: Misbehavior Arbitration; node-side reference, 5.20.
 */
import type { SignatureVerifier } from "@parahost/crypto";
import {
  bitfieldPayload,
  type Hash,
  type SessionIndex,
  type SessionInfo,
  statementPayload,
  type UncheckedSignedAvailabilityBitfield,
  type ValidatorIndex,
} from "@parahost/primitives";
import type { SignedStatementEvidence } from "./messages.ts";

export type StatementOffence = "doubleVote" | "selfContradiction";

/** Where the statements were made, and who could make them. */
export interface Scene {
  readonly relayParent: Hash;
  readonly session: SessionIndex;
  readonly info: SessionInfo;
}

/** Whether one validator may not say both. */
export function isOffence(
  kind: StatementOffence,
  [first, second]: readonly [SignedStatementEvidence, SignedStatementEvidence],
): boolean {
  const isSameCandidate = first.statement.value === second.statement.value;
  return kind === "doubleVote"
    ? first.statement.type === "seconded" &&
        second.statement.type === "seconded" &&
        !isSameCandidate
    : first.statement.type !== second.statement.type && isSameCandidate;
}

export function isSignedBy(
  { relayParent, session, info }: Scene,
  validator: ValidatorIndex,
  { statement, signature }: SignedStatementEvidence,
  verifier: SignatureVerifier,
): boolean {
  const publicKey = info.validators[validator];
  const message = statementPayload(statement, { sessionIndex: session, parentHash: relayParent });
  return (
    publicKey !== undefined && verifier.verify({ scheme: "sr25519", publicKey, message, signature })
  );
}

export function isBitfieldSigned(
  { relayParent, session, info }: Scene,
  { payload, validatorIndex, signature }: UncheckedSignedAvailabilityBitfield,
  verifier: SignatureVerifier,
): boolean {
  const publicKey = info.validators[validatorIndex];
  const message = bitfieldPayload(payload, { sessionIndex: session, parentHash: relayParent });
  return (
    publicKey !== undefined && verifier.verify({ scheme: "sr25519", publicKey, message, signature })
  );
}

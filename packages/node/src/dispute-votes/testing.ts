/** Votes and their makers for tests: real keys, real signatures. */
import { assert, expectOk } from "@parahost/base";
import { MemoryKeystore } from "@parahost/crypto";
import {
  asSessionIndex,
  asValidatorId,
  asValidatorIndex,
  type CandidateHash,
  type CandidateReceipt,
  candidateHash,
  type DisputeStatement,
  type DisputeVote,
  disputePayload,
  type SessionIndex,
  type SessionInfo,
  type UncheckedDisputeMessage,
  type ValidatorId,
  type ValidDisputeStatementKind,
} from "@parahost/primitives";

const NAMES = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie", "George"] as const;
export const SESSION: SessionIndex = asSessionIndex(9);

/** Holds the keys of all seven. */
export const everybody = new MemoryKeystore();
export const validators: readonly ValidatorId[] = NAMES.map((name) =>
  asValidatorId(expectOk(everybody.insert("para", `//${name}`), "a key")),
);

/** A keystore with the keys of these validators alone. */
export function keysOf(...indices: readonly number[]): MemoryKeystore {
  const keystore = new MemoryKeystore();
  for (const index of indices) keystore.insert("para", `//${NAMES[index]}`);
  return keystore;
}

/** A session of the first `count` of them. */
export function sessionInfoOf(count = validators.length): SessionInfo {
  return {
    activeValidatorIndices: [],
    randomSeed: new Uint8Array(32),
    disputePeriod: asSessionIndex(6),
    validators: validators.slice(0, count),
    discoveryKeys: validators.slice(0, count) as unknown as SessionInfo["discoveryKeys"],
    assignmentKeys: [],
    validatorGroups: [],
    nCores: 1,
    zerothDelayTrancheWidth: 0,
    relayVrfModuloSamples: 1,
    nDelayTranches: 1,
    noShowSlots: 1,
    neededApprovals: 1,
  };
}

const INVALID: DisputeStatement = { type: "invalid", value: { type: "explicit" } };

function sign(
  validator: number,
  statement: DisputeStatement,
  candidate: CandidateHash,
  session: SessionIndex,
): DisputeVote {
  const payload = disputePayload(statement, candidate, session);
  const key = validators[validator];
  assert(payload !== undefined && key !== undefined, "a vote of one of the seven");
  const signature = everybody.sign("para", key, payload);
  assert(signature !== undefined, "the key is there");
  return { statement, validatorIndex: asValidatorIndex(validator), signature };
}

export function against(
  validator: number,
  receipt: CandidateReceipt,
  session = SESSION,
): DisputeVote {
  return sign(validator, INVALID, candidateHash(receipt), session);
}

/** A valid vote: a backing one unless another kind is named. */
export function inFavour(
  validator: number,
  receipt: CandidateReceipt,
  kind?: ValidDisputeStatementKind,
  session = SESSION,
): DisputeVote {
  const value = kind ?? { type: "backingValid", value: receipt.descriptor.relayParent };
  return sign(validator, { type: "valid", value }, candidateHash(receipt), session);
}

/** What one validator tells the others when it disputes the candidate that another backs. */
export function disputeMessage(
  receipt: CandidateReceipt,
  { invalid, valid }: { readonly invalid: number; readonly valid: number },
  kind?: ValidDisputeStatementKind,
): UncheckedDisputeMessage {
  const a = against(invalid, receipt);
  const f = inFavour(valid, receipt, kind);
  assert(a.statement.type === "invalid" && f.statement.type === "valid", "one of each");
  return {
    candidateReceipt: receipt,
    sessionIndex: SESSION,
    invalidVote: {
      validatorIndex: a.validatorIndex,
      signature: a.signature,
      kind: a.statement.value,
    },
    validVote: {
      validatorIndex: f.validatorIndex,
      signature: f.signature,
      kind: f.statement.value,
    },
  };
}

/** Whether an answer is the candidate that was asked for. Node-side reference, 5.11, response checks. */
import { err, ok, type Result } from "@parahost/base";
import type { AttestedCandidateResponse, StatementFilter } from "@parahost/network";
import {
  type CandidateHash,
  candidateHash,
  descriptorCoreIndex,
  type Hash,
  paraHeadHash,
  persistedValidationDataHash,
} from "@parahost/primitives";
import type { BackingCore } from "../backing-groups/backing-cores.ts";
import type { Claim } from "./candidates.ts";
import {
  filterOf,
  hasStatement,
  isEnoughToBack,
  union,
  withStatement,
} from "./statement-filter.ts";

export interface ExpectedResponse {
  readonly candidateHash: CandidateHash;
  readonly relayParent: Hash;
  /** The core whose group the peer names. */
  readonly core: BackingCore;
  readonly claim: Claim;
  /** Statements that we did not want. */
  readonly mask: StatementFilter;
  /** Statements that we had when we asked. */
  readonly have: StatementFilter;
  /** Votes that must be there; absent when it is our own group's candidate, which gathers them now. */
  readonly threshold: number | undefined;
}

/** Each is the fault of whoever answered. */
export type ResponseError =
  | { readonly code: "candidateHashMismatch" }
  | { readonly code: "relayParentMismatch" }
  | { readonly code: "paraMismatch" }
  | { readonly code: "coreMismatch" }
  | { readonly code: "parentHeadMismatch" }
  | { readonly code: "validationDataMismatch" }
  /** A statement about something else, by somebody else, not asked for, or twice. */
  | { readonly code: "badStatement"; readonly index: number }
  | { readonly code: "notEnoughStatements" };

/** Checks all but the signatures. */
export function checkResponse(
  expected: ExpectedResponse,
  response: AttestedCandidateResponse,
): Result<void, ResponseError> {
  const { core, claim } = expected;
  const { candidateReceipt, persistedValidationData, statements } = response;
  const { descriptor } = candidateReceipt;
  if (candidateHash(candidateReceipt) !== expected.candidateHash)
    return err({ code: "candidateHashMismatch" });
  if (descriptor.relayParent !== expected.relayParent) return err({ code: "relayParentMismatch" });
  const claimedPara = claim.paraId ?? descriptor.paraId;
  if (descriptor.paraId !== claimedPara || !core.paras.includes(descriptor.paraId))
    return err({ code: "paraMismatch" });
  if ((descriptorCoreIndex(descriptor) ?? core.core) !== core.core)
    return err({ code: "coreMismatch" });
  const parentHead = paraHeadHash(persistedValidationData.parentHead);
  if (parentHead !== (claim.parentHeadDataHash ?? parentHead))
    return err({ code: "parentHeadMismatch" });
  if (
    persistedValidationDataHash(persistedValidationData) !== descriptor.persistedValidationDataHash
  )
    return err({ code: "validationDataMismatch" });

  let filter = filterOf(core.members.length);
  for (const [index, { payload, validatorIndex }] of statements.entries()) {
    const position = core.members.indexOf(validatorIndex);
    if (
      payload.value !== expected.candidateHash ||
      position < 0 ||
      hasStatement(expected.mask, payload.type, position) ||
      hasStatement(filter, "seconded", position) ||
      hasStatement(filter, "valid", position)
    )
      return err({ code: "badStatement", index });
    filter = withStatement(filter, payload.type, position);
  }
  const { threshold } = expected;
  if (threshold !== undefined && !isEnoughToBack(union(filter, expected.have), threshold))
    return err({ code: "notEnoughStatements" });
  return ok(undefined);
}

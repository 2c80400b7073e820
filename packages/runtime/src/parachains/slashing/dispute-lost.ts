/**
 * Reports of losers whose accounts the chain does not know: a proof that the key which voted was a
 * validator's in that session. Anybody may send it; it proves itself.
 *
 * Reference: 4.7 (`report_dispute_lost_unsigned`).
 */
import { err, ok, type Result } from "@parahost/base";
import type { DisputeProof, KeyOwnershipProof } from "@parahost/primitives";
import type {
  DispatchError,
  DispatchResult,
  State,
  UnsignedValidity,
} from "../../framework/index.ts";
import { checkKeyOwnership } from "../../pallets/historical.ts";
import type { Offence } from "../../pallets/offences/offences.ts";
import { disputeOffence, notePenalty } from "./punish.ts";
import { reportValidity, submitReport } from "./reports.ts";
import { errors, storage } from "./storage.ts";

function checkReport(
  state: State,
  { timeSlot, kind, validatorIndex, validatorId }: DisputeProof,
  ownership: KeyOwnershipProof,
): Result<Offence, DispatchError> {
  const { sessionIndex, candidateHash } = timeSlot;
  if (ownership.session !== sessionIndex) return err(errors.invalidSessionIndex);
  const pending = storage.unappliedSlashes
    .get(state, sessionIndex, candidateHash)
    ?.find((entry) => entry.kind.type === kind.type);
  if (pending === undefined) return err(errors.invalidCandidateHash);
  const key = pending.keys.get(validatorIndex);
  if (key === undefined) return err(errors.invalidValidatorIndex);
  if (key !== validatorId) return err(errors.validatorIndexIdMismatch);
  const offender = checkKeyOwnership(state, "para", validatorId, ownership);
  if (offender === undefined) return err(errors.invalidKeyOwnershipProof);
  return ok(disputeOffence(state, timeSlot, kind.type, validatorIndex, offender));
}

export const validateDisputeLost = (
  state: State,
  proof: DisputeProof,
  ownership: KeyOwnershipProof,
): UnsignedValidity => reportValidity(state, checkReport(state, proof, ownership));

/** Punishes the loser; the author of the block is its reporter. */
export function reportDisputeLost(
  state: State,
  proof: DisputeProof,
  ownership: KeyOwnershipProof,
): DispatchResult {
  const checked = checkReport(state, proof, ownership);
  if (!checked.ok) return checked;
  const submitted = submitReport(state, checked.value);
  if (!submitted.ok) return submitted;
  const { timeSlot, kind, validatorIndex } = proof;
  const { sessionIndex, candidateHash } = timeSlot;
  const pending = storage.unappliedSlashes.take(state, sessionIndex, candidateHash) ?? [];
  const left = pending.flatMap((entry) => {
    if (entry.kind.type !== kind.type) return [entry];
    const keys = new Map(entry.keys);
    keys.delete(validatorIndex);
    return keys.size === 0 ? [] : [{ ...entry, keys }];
  });
  if (left.length > 0) storage.unappliedSlashes.set(state, sessionIndex, candidateHash, left);
  notePenalty(state, checked.value.offender, kind.type, sessionIndex, candidateHash);
  return submitted;
}

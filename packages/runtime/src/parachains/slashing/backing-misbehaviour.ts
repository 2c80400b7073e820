/**
 * Backing statements that contradict each other: a candidate both seconded and called valid, or two candidates
 * seconded for one relay parent in a session that allowed one. Two statements are the whole proof, so anybody
 * may report them.
 *
 * Where validators may second several candidates per relay parent, two of them prove nothing.
 *
 * Reference: 4.7 (backing misbehaviour), node 5.20.
 */
import { err, ok, type Result } from "@parahost/base";
import {
  CandidateHash,
  type CompactStatement,
  Hash,
  SessionIndex,
  statementPayload,
  ValidatorIndex,
  type ValidatorSignature,
} from "@parahost/primitives";
import { encode, struct, type ValueOf, variant } from "@parahost/scale";
import {
  type DispatchError,
  type DispatchResult,
  type State,
  type UnsignedValidity,
  verifySignature,
} from "../../framework/index.ts";
import type { Offence } from "../../pallets/offences/offences.ts";
import { disputableSession } from "../disputes/statement-set.ts";
import { sessionAccounts } from "../session-info.ts";
import { notePenalty } from "./punish.ts";
import { reportValidity, submitReport } from "./reports.ts";
import { errors, storage } from "./storage.ts";

const BACKING_OFFENCE = "backing:misbehav";

/** A backing statement without the magic that is signed before it. */
export const BackingStatement = variant(
  { seconded: [1, CandidateHash], valid: [2, CandidateHash] },
  ["polkadot_runtime_parachains", "slashing", "BackingStatement"],
);
export type BackingStatement = ValueOf<typeof BackingStatement>;

/** A validator is punished once for what it stated about one relay parent. */
const OffenceSlot = struct({
  session: SessionIndex,
  parentHash: Hash,
  validatorIndex: ValidatorIndex,
});

export interface BackingReport {
  readonly session: SessionIndex;
  /** The relay parent that both statements were signed for. */
  readonly parentHash: Hash;
  readonly validatorIndex: ValidatorIndex;
  readonly first: BackingStatement;
  readonly firstSignature: ValidatorSignature;
  readonly second: BackingStatement;
  readonly secondSignature: ValidatorSignature;
}

/** Why two statements are no offence; `undefined` when they are one. */
export function whyNoOffence(
  first: BackingStatement,
  second: BackingStatement,
  candidateDepth: number,
): "statementsAgree" | "secondingAllowed" | undefined {
  const isSameCandidate = first.value === second.value;
  if (first.type !== second.type) return isSameCandidate ? undefined : "statementsAgree";
  if (first.type === "valid" || isSameCandidate) return "statementsAgree";
  return candidateDepth > 0 ? "secondingAllowed" : undefined;
}

function checkReport(state: State, report: BackingReport): Result<Offence, DispatchError> {
  const { session, parentHash, validatorIndex, first, second } = report;
  const info = disputableSession(state, session);
  const depth = storage.candidateDepths.get(state, session);
  if (info === undefined || depth === undefined) return err(errors.invalidSessionIndex);
  const publicKey = info.validators[validatorIndex];
  const offender = sessionAccounts(state, session)?.[validatorIndex];
  if (publicKey === undefined || offender === undefined) return err(errors.invalidValidatorIndex);
  const reason = whyNoOffence(first, second, depth);
  if (reason !== undefined) return err(errors[reason]);
  const context = { sessionIndex: session, parentHash };
  const isSigned = (statement: CompactStatement, signature: ValidatorSignature) =>
    verifySignature(state, {
      scheme: "sr25519",
      publicKey,
      message: statementPayload(statement, context),
      signature,
    });
  if (!isSigned(first, report.firstSignature) || !isSigned(second, report.secondSignature))
    return err(errors.invalidSignature);
  const fraction = storage.penalties.get(state).backingMisbehaviour;
  return ok({
    kind: BACKING_OFFENCE,
    timeSlot: encode(OffenceSlot, { session, parentHash, validatorIndex }),
    session,
    offender,
    fractionOf: () => fraction,
  });
}

export const validateBackingReport = (state: State, report: BackingReport): UnsignedValidity =>
  reportValidity(state, checkReport(state, report));

/** Punishes the validator; the author of the block is its reporter. */
export function reportBackingMisbehaviour(state: State, report: BackingReport): DispatchResult {
  const checked = checkReport(state, report);
  if (!checked.ok) return checked;
  const submitted = submitReport(state, checked.value);
  if (submitted.ok)
    notePenalty(state, checked.value.offender, "backingMisbehaviour", report.session, undefined);
  return submitted;
}

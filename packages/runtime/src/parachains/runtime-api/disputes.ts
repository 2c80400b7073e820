/**
 * Runtime API: what nodes ask in order to report validators. A report is a transaction that needs no signature.
 *
 * Reference: 1.9, 4.7.
 */
import type {
  DisputeProof,
  KeyOwnershipProof,
  OpaqueExtrinsic,
  ValidatorId,
} from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { proveKeyOwnership } from "../../pallets/historical.ts";
import { encodeBare } from "../../transaction/extrinsic.ts";
import { type BackingReport, validateBackingReport } from "../slashing/backing-misbehaviour.ts";
import { validateDisputeLost } from "../slashing/dispute-lost.ts";

export type { BackingReport } from "../slashing/backing-misbehaviour.ts";

/** Proves whose the key is; to be asked of a block of the session that the key validates in. */
export const keyOwnershipProof = (
  state: State,
  validator: ValidatorId,
): KeyOwnershipProof | undefined => proveKeyOwnership(state, "para", validator);

/** The transaction that names a loser whose account the chain does not know; `undefined` if it would be refused. */
export const submitReportDisputeLost = (
  state: State,
  disputeProof: DisputeProof,
  keyOwnerProof: KeyOwnershipProof,
): OpaqueExtrinsic | undefined =>
  validateDisputeLost(state, disputeProof, keyOwnerProof).ok
    ? encodeBare({
        type: "parasSlashing",
        value: { type: "reportDisputeLostUnsigned", value: { disputeProof, keyOwnerProof } },
      })
    : undefined;

/** The transaction that reports contradicting backing statements; `undefined` if it would be refused. */
export const submitReportBackingMisbehaviour = (
  state: State,
  report: BackingReport,
): OpaqueExtrinsic | undefined =>
  validateBackingReport(state, report).ok
    ? encodeBare({
        type: "parasSlashing",
        value: { type: "reportBackingMisbehaviour", value: report },
      })
    : undefined;

/**
 * `req_attested_candidate/2`: a candidate's receipt and the statements about it, from who announced to
 * have them. Node-side reference, 3.3, 5.11.
 */
import {
  CandidateHash,
  CommittedCandidateReceipt,
  PersistedValidationData,
  SignedCompactStatement,
} from "@parahost/primitives";
import { struct, type ValueOf, vec } from "@parahost/scale";
import type { RequestProtocol } from "../port.ts";
import {
  type ChainIdentity,
  CODE_BYTES_MAX,
  PARACHAIN_REQUEST_BYTES_MAX,
  protocolName,
} from "./names.ts";
import { StatementFilter } from "./statement-distribution.ts";

export const AttestedCandidateRequest = struct({
  candidateHash: CandidateHash,
  /** Statements that the asker does not want, since it has them. */
  mask: StatementFilter,
});
export type AttestedCandidateRequest = ValueOf<typeof AttestedCandidateRequest>;

export const AttestedCandidateResponse = struct({
  candidateReceipt: CommittedCandidateReceipt,
  persistedValidationData: PersistedValidationData,
  statements: vec(SignedCompactStatement, 2048),
});
export type AttestedCandidateResponse = ValueOf<typeof AttestedCandidateResponse>;

export function attestedCandidateProtocol(chain: ChainIdentity): RequestProtocol {
  return {
    name: protocolName(chain, "req_attested_candidate/2"),
    requestBytesMax: PARACHAIN_REQUEST_BYTES_MAX,
    responseBytesMax: CODE_BYTES_MAX + 100_000,
    timeoutMs: 2500,
    inboundMax: 24,
  };
}

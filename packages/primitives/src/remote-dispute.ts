/**
 * Disputes about candidates that this fork has not included. They are carried to it with everything
 * needed to judge them. Reference: runtime 4.7.1; node 8.6.
 */
import { asciiBytes, concatBytes, hexToBytes, u32Bytes } from "@parahost/base";
import { option, struct, type ValueOf, vec } from "@parahost/scale";
import { ValidityAttestation } from "./backing.ts";
import { CandidateReceipt } from "./candidate.ts";
import { PAYLOAD_MAGIC } from "./constants.ts";
import { InvalidDisputeStatementKind, ValidDisputeStatementKind } from "./dispute.ts";
import {
  type CandidateHash,
  Hash,
  SessionIndex,
  ValidatorIndex,
  ValidatorSignature,
} from "./ids.ts";
import { ValidationCode } from "./validation.ts";

export const RemoteDispute = struct({
  receipt: CandidateReceipt,
  session: SessionIndex,
  /** At least one, so that somebody can be held to account. */
  backing: vec(struct({ validatorIndex: ValidatorIndex, attestation: ValidityAttestation })),
  /** The code of the descriptor's hash; left out where this fork has it. */
  code: option(ValidationCode),
  /** Approvals and explicit votes for the candidate. */
  secondaryChecks: vec(
    struct({
      validatorIndex: ValidatorIndex,
      signature: ValidatorSignature,
      kind: ValidDisputeStatementKind,
    }),
  ),
  invalidVotes: vec(
    struct({
      validatorIndex: ValidatorIndex,
      signature: ValidatorSignature,
      kind: InvalidDisputeStatementKind,
    }),
  ),
  /** Hash of the session's keys: the fork must have had the same validators in that session. */
  sessionKeysHash: Hash,
});
export type RemoteDispute = ValueOf<typeof RemoteDispute>;

/** What a validator of the session signs once it holds its chunk of the candidate. */
export function remoteAvailabilityPayload(
  candidate: CandidateHash,
  session: SessionIndex,
): Uint8Array {
  return concatBytes(
    asciiBytes(PAYLOAD_MAGIC.remoteAvailability),
    hexToBytes(candidate),
    u32Bytes(session),
    new Uint8Array([1]),
  );
}

/** Execution of validation functions. Guide: Candidate Validation. */
import type { Result } from "@parahost/base";
import type {
  CandidateCommitments,
  CandidateReceipt,
  ExecutorParams,
  Hash,
  PersistedValidationData,
  PoV,
  ValidationCodeHash,
} from "@parahost/primitives";
import type { Reply } from "../overseer/reply.ts";

/** Why a candidate is invalid: the candidate's fault beyond doubt. */
export type InvalidCandidate =
  | { readonly code: "executionError"; readonly message: string }
  | { readonly code: "invalidOutputs" }
  | { readonly code: "timeout" }
  | { readonly code: "paramsTooLarge"; readonly bytes: number }
  | { readonly code: "codeTooLarge"; readonly bytes: number }
  | { readonly code: "povDecompressionFailure" }
  | { readonly code: "badReturn" }
  | { readonly code: "badParent" }
  | { readonly code: "povHashMismatch" }
  | { readonly code: "badSignature" }
  | { readonly code: "paraHeadHashMismatch" }
  | { readonly code: "codeHashMismatch" }
  | { readonly code: "commitmentsHashMismatch" }
  | { readonly code: "invalidSessionIndex" }
  | { readonly code: "invalidUmpSignals" };

export type ValidationVerdict =
  | {
      readonly type: "valid";
      readonly commitments: CandidateCommitments;
      readonly persistedValidationData: PersistedValidationData;
    }
  | { readonly type: "invalid"; readonly reason: InvalidCandidate };

/** Our own fault: whoever asked abstains. */
export interface ValidationFailed {
  readonly code: "validationFailed";
  readonly message: string;
}

/** What the execution is for; decides its time limit and its priority. */
export type ValidationPurpose =
  | { readonly type: "backing"; readonly relayParent: Hash }
  | { readonly type: "backingSystemParas"; readonly relayParent: Hash }
  | { readonly type: "approval" }
  | { readonly type: "dispute" };

export type PreCheckOutcome = "valid" | "invalid" | "failed";

export type CandidateValidationMessage =
  /** Everything the validation needs is in the message. */
  | {
      readonly type: "validateFromExhaustive";
      readonly persistedValidationData: PersistedValidationData;
      /** As on chain, compressed or not. */
      readonly validationCode: Uint8Array;
      readonly candidateReceipt: CandidateReceipt;
      readonly pov: PoV;
      readonly executorParams: ExecutorParams;
      readonly purpose: ValidationPurpose;
      readonly reply: Reply<Result<ValidationVerdict, ValidationFailed>>;
    }
  /** Whether the code compiles within its limits. */
  | {
      readonly type: "preCheck";
      readonly relayParent: Hash;
      readonly validationCodeHash: ValidationCodeHash;
      readonly reply: Reply<PreCheckOutcome>;
    };

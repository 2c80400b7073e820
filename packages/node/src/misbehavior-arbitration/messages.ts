/** Offences that validators were seen to commit, with what proves them. Guide: Misbehavior Arbitration. */
import type {
  CandidateReceipt,
  GuideCompactStatement,
  Hash,
  UncheckedSignedAvailabilityBitfield,
  ValidatorIndex,
  ValidatorSignature,
} from "@parahost/primitives";

/** A statement of backing and its signature, made at the relay parent of the message. */
export interface SignedStatementEvidence {
  readonly statement: GuideCompactStatement;
  readonly signature: ValidatorSignature;
}

/** Whoever sends it need not have checked the signatures. */
export type MisbehaviorArbitrationMessage =
  /** One validator seconded more candidates than it may at one relay parent. */
  | {
      readonly type: "doubleVote";
      readonly relayParent: Hash;
      readonly validatorIndex: ValidatorIndex;
      readonly votes: readonly [SignedStatementEvidence, SignedStatementEvidence];
    }
  /** Two statements of one validator about one candidate that exclude each other. */
  | {
      readonly type: "selfContradiction";
      readonly relayParent: Hash;
      readonly validatorIndex: ValidatorIndex;
      readonly votes: readonly [SignedStatementEvidence, SignedStatementEvidence];
    }
  /** A statement about a candidate that is not the validator's to judge. */
  | {
      readonly type: "unauthorizedStatement";
      readonly relayParent: Hash;
      readonly validatorIndex: ValidatorIndex;
      readonly vote: SignedStatementEvidence;
    }
  /** Validators of a group call one candidate valid and invalid (switch `invalidStatements`). */
  | {
      readonly type: "candidateValidityDisagreement";
      readonly relayParent: Hash;
      readonly candidateReceipt: CandidateReceipt;
      readonly statements: readonly ({
        readonly validatorIndex: ValidatorIndex;
      } & SignedStatementEvidence)[];
      /** We have checked the candidate ourselves and found it invalid. */
      readonly foundInvalid: boolean;
    }
  /** Two different bitfields of one validator for one block. */
  | {
      readonly type: "bitfieldEquivocation";
      readonly relayParent: Hash;
      readonly bitfields: readonly [
        UncheckedSignedAvailabilityBitfield,
        UncheckedSignedAvailabilityBitfield,
      ];
    };

/** Statements about candidates and the quorum that makes them backable. Guide: Candidate Backing. */
import type {
  BackedCandidate,
  CandidateHash,
  CandidateReceipt,
  CommittedCandidateReceipt,
  Hash,
  ParaId,
  PersistedValidationData,
  PoV,
  ValidatorIndex,
} from "@parahost/primitives";
import type { Reply } from "../overseer/reply.ts";

/** A statement with its whole receipt, and the validation data that a backer needs to check the candidate. */
export type FullStatementWithPvd =
  | {
      readonly type: "seconded";
      readonly value: CommittedCandidateReceipt;
      readonly persistedValidationData: PersistedValidationData;
    }
  | { readonly type: "valid"; readonly value: CandidateHash };

/** Whoever hands it over has checked the signature, which is over the compact form. */
export interface SignedFullStatementWithPvd {
  readonly payload: FullStatementWithPvd;
  readonly validatorIndex: ValidatorIndex;
  readonly signature: Uint8Array;
}

/** A validator's word that a candidate is invalid (switch `invalidStatements`). */
export interface SignedInvalid {
  readonly candidateHash: CandidateHash;
  readonly validatorIndex: ValidatorIndex;
  readonly signature: Uint8Array;
}

/** A candidate and the block it builds on. */
export interface CandidateAt {
  readonly candidateHash: CandidateHash;
  readonly relayParent: Hash;
}

export type CandidateBackingMessage =
  /** A collation we fetched: validate it and, if it is good, second it. */
  | {
      readonly type: "second";
      readonly relayParent: Hash;
      readonly candidateReceipt: CandidateReceipt;
      readonly persistedValidationData: PersistedValidationData;
      readonly pov: PoV;
    }
  /** A statement of another validator, its signature checked. */
  | {
      readonly type: "statement";
      readonly relayParent: Hash;
      readonly statement: SignedFullStatementWithPvd;
    }
  /** Another validator of our group found the candidate invalid; its signature is checked. */
  | {
      readonly type: "invalidStatement";
      readonly relayParent: Hash;
      readonly statement: SignedInvalid;
    }
  /** Whether we could second such a candidate: it is ours to second and builds on a known head. */
  | {
      readonly type: "canSecond";
      readonly paraId: ParaId;
      readonly relayParent: Hash;
      readonly candidateHash: CandidateHash;
      readonly parentHeadDataHash: Hash;
      readonly reply: Reply<boolean>;
    }
  /** For each para the candidates asked for as far as each can be backed, in the order asked for. */
  | {
      readonly type: "getBackableCandidates";
      readonly candidates: ReadonlyMap<ParaId, readonly CandidateAt[]>;
      readonly reply: Reply<ReadonlyMap<ParaId, readonly BackedCandidate[]>>;
    };

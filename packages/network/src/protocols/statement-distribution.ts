/**
 * Statements of backing between validators: one by one inside the group, as manifests of backed
 * candidates beyond it. Node-side reference, 3.2, 5.11.
 */
import {
  CandidateHash,
  GroupIndex,
  Hash,
  ParaId,
  SignedGuideCompactStatement,
} from "@parahost/primitives";
import { bitVec, struct, type ValueOf, variant } from "@parahost/scale";

/** More bits than any group has members. */
const GROUP_SIZE_MAX = 1024;

/** Which members of the group are known to have seconded and to have found valid; one bit each. */
export const StatementFilter = struct({
  secondedInGroup: bitVec(GROUP_SIZE_MAX),
  validatedInGroup: bitVec(GROUP_SIZE_MAX),
});
export type StatementFilter = ValueOf<typeof StatementFilter>;

/** A candidate has its quorum and the sender has its receipt: ask, or say that you have it too. */
export const BackedCandidateManifest = struct({
  relayParent: Hash,
  candidateHash: CandidateHash,
  groupIndex: GroupIndex,
  paraId: ParaId,
  parentHeadDataHash: Hash,
  statementKnowledge: StatementFilter,
});
export type BackedCandidateManifest = ValueOf<typeof BackedCandidateManifest>;

/** The answer to a manifest by someone who has the candidate already. */
export const BackedCandidateAcknowledgement = struct({
  candidateHash: CandidateHash,
  statementKnowledge: StatementFilter,
});
export type BackedCandidateAcknowledgement = ValueOf<typeof BackedCandidateAcknowledgement>;

export const StatementDistributionMessage = variant({
  /** The guide's third kind decodes; who has it switched off refuses it. */
  statement: [0, struct({ relayParent: Hash, statement: SignedGuideCompactStatement })],
  backedCandidateManifest: [1, BackedCandidateManifest],
  backedCandidateKnown: [2, BackedCandidateAcknowledgement],
});
export type StatementDistributionMessage = ValueOf<typeof StatementDistributionMessage>;

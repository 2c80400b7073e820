/** Approval assignments and votes between validators. Node-side reference, 3.2, 5.22. */
import {
  CandidateBitfield,
  IndirectAssignmentCert,
  IndirectSignedApprovalVote,
} from "@parahost/primitives";
import { struct, type ValueOf, variant, vec } from "@parahost/scale";

/** An assignment and the candidates of its block that it is claimed to be for. */
export const ClaimedAssignment = struct({
  assignment: IndirectAssignmentCert,
  claimedCandidates: CandidateBitfield,
});
export type ClaimedAssignment = ValueOf<typeof ClaimedAssignment>;

export const ApprovalDistributionMessage = variant({
  assignments: [0, vec(ClaimedAssignment)],
  approvals: [1, vec(IndirectSignedApprovalVote)],
});
export type ApprovalDistributionMessage = ValueOf<typeof ApprovalDistributionMessage>;

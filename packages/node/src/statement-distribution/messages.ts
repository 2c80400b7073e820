/** Statements between validators. Guide: Statement Distribution. */
import type { StatementDistributionMessage as StatementWireMessage } from "@parahost/network";
import type { CandidateHash, Hash } from "@parahost/primitives";
import type { SignedFullStatementWithPvd, SignedInvalid } from "../candidate-backing/messages.ts";
import type {
  IncomingAttestedCandidateRequest,
  NetworkEventMessage,
} from "../network-bridge/messages.ts";

export type StatementDistributionMessage =
  /** Our own statement, to be spread in the group. */
  | {
      readonly type: "share";
      readonly relayParent: Hash;
      readonly statement: SignedFullStatementWithPvd;
    }
  /** We found a candidate of our group invalid: said in the group, after its seconding. */
  | {
      readonly type: "shareInvalid";
      readonly relayParent: Hash;
      readonly statement: SignedInvalid;
    }
  /** The candidate has its quorum: spread it beyond the group. */
  | { readonly type: "backed"; readonly candidateHash: CandidateHash }
  | ({ readonly type: "attestedCandidateRequest" } & IncomingAttestedCandidateRequest)
  | NetworkEventMessage<StatementWireMessage>;

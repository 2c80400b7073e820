/** Dispute votes to and from other validators. Guide: Dispute Distribution. */
import type {
  SendDisputeRequest,
  SendDisputeResponse,
  VotesRequest,
  VotesResponse,
} from "@parahost/network";
import type { UncheckedDisputeMessage } from "@parahost/primitives";
import type { IncomingRequest } from "../network-bridge/messages.ts";

export type DisputeDistributionMessage =
  /** A vote of ours, on disk, with one of the other side: everybody concerned gets it. */
  | { readonly type: "sendDispute"; readonly message: UncheckedDisputeMessage }
  | ({ readonly type: "disputeRequest" } & IncomingRequest<SendDisputeRequest, SendDisputeResponse>)
  | ({ readonly type: "votesRequest" } & IncomingRequest<VotesRequest, VotesResponse>);

/** Rebuilding the data of candidates from what other validators hold. Guide: Availability Recovery. */
import type { Result } from "@parahost/base";
import type {
  AvailableDataFetchingRequest,
  AvailableDataFetchingResponse,
} from "@parahost/network";
import type {
  AvailableData,
  CandidateReceipt,
  CoreIndex,
  GroupIndex,
  SessionIndex,
} from "@parahost/primitives";
import type { IncomingRequest } from "../network-bridge/messages.ts";
import type { Reply } from "../overseer/reply.ts";

export type RecoveryError =
  /** Too few answered; somebody who asks later may be luckier. */
  | { readonly code: "unavailable" }
  /** The data does not have the erasure root that the candidate claims: the candidate is invalid. */
  | { readonly code: "invalid" };

export type AvailabilityRecoveryMessage =
  | {
      readonly type: "recoverAvailableData";
      readonly candidateReceipt: CandidateReceipt;
      readonly session: SessionIndex;
      /** Backers hold the whole data: small candidates are asked of them first. */
      readonly backingGroup: GroupIndex | undefined;
      /** The core that the candidate occupied; without it systematic chunks cannot be told. */
      readonly coreIndex: CoreIndex | undefined;
      readonly reply: Reply<Result<AvailableData, RecoveryError>>;
    }
  /** A peer asks for the whole data. */
  | ({ readonly type: "availableDataRequest" } & IncomingRequest<
      AvailableDataFetchingRequest,
      AvailableDataFetchingResponse
    >);

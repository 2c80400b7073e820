/** Fetching and serving of chunks and PoVs. Guide: Availability Distribution, PoV Distribution. */
import type { Result } from "@parahost/base";
import type { CandidateHash, Hash, ParaId, PoV, ValidatorIndex } from "@parahost/primitives";
import type { IncomingChunkRequest, IncomingPovRequest } from "../network-bridge/messages.ts";
import type { Reply } from "../overseer/reply.ts";

/** Why one validator did not give us the PoV; the caller asks the next one that attests. */
export type FetchPovError =
  | { readonly code: "unavailable" }
  | { readonly code: "noSuchPov" }
  | { readonly code: "wrongPov" };

export type AvailabilityDistributionMessage =
  /** The PoV from a validator that signed a statement about the candidate; its hash is checked. */
  | {
      readonly type: "fetchPov";
      readonly relayParent: Hash;
      readonly fromValidator: ValidatorIndex;
      readonly paraId: ParaId;
      readonly candidateHash: CandidateHash;
      readonly povHash: Hash;
      readonly reply: Reply<Result<PoV, FetchPovError>>;
    }
  | ({ readonly type: "chunkRequest" } & IncomingChunkRequest)
  | ({ readonly type: "povRequest" } & IncomingPovRequest);

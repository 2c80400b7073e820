/** Available data and erasure chunks of candidates. Guide: Availability Store. */
import type { Result } from "@parahost/base";
import type {
  AvailableData,
  CandidateHash,
  CoreIndex,
  ErasureChunk,
  Hash,
  ValidatorIndex,
} from "@parahost/primitives";
import type { BitVec } from "@parahost/scale";
import type { Reply } from "../overseer/reply.ts";

/** The data does not have the erasure root that the candidate claims: the candidate is invalid. */
export interface StoreAvailableDataError {
  readonly code: "invalidErasureRoot";
  readonly expected: Hash;
  readonly computed: Hash;
}

export type AvailabilityStoreMessage =
  | {
      readonly type: "queryAvailableData";
      readonly candidateHash: CandidateHash;
      readonly reply: Reply<AvailableData | undefined>;
    }
  /** Whether the data is stored, without reading it. */
  | {
      readonly type: "queryDataAvailability";
      readonly candidateHash: CandidateHash;
      readonly reply: Reply<boolean>;
    }
  /** The chunk of the validator, whatever its chunk index. */
  | {
      readonly type: "queryChunk";
      readonly candidateHash: CandidateHash;
      readonly validatorIndex: ValidatorIndex;
      readonly reply: Reply<ErasureChunk | undefined>;
    }
  /** Bytes of any stored chunk; all chunks of a candidate are equally long. */
  | {
      readonly type: "queryChunkSize";
      readonly candidateHash: CandidateHash;
      readonly reply: Reply<number | undefined>;
    }
  | {
      readonly type: "queryAllChunks";
      readonly candidateHash: CandidateHash;
      readonly reply: Reply<
        readonly { readonly validatorIndex: ValidatorIndex; readonly chunk: ErasureChunk }[]
      >;
    }
  | {
      readonly type: "queryChunkAvailability";
      readonly candidateHash: CandidateHash;
      readonly validatorIndex: ValidatorIndex;
      readonly reply: Reply<boolean>;
    }
  /** The caller has checked the chunk's proof. False when the candidate was never backed on a chain we saw. */
  | {
      readonly type: "storeChunk";
      readonly candidateHash: CandidateHash;
      readonly validatorIndex: ValidatorIndex;
      readonly chunk: ErasureChunk;
      readonly reply: Reply<boolean>;
    }
  /** A dispute touches the candidate, whose data is kept from now on; or the dispute is forgotten. */
  | {
      readonly type: "noteDisputed";
      readonly candidateHash: CandidateHash;
      readonly disputed: boolean;
    }
  /** Encodes the data for `validatorCount` validators, compares the root, keeps data and all chunks. */
  | {
      readonly type: "storeAvailableData";
      readonly candidateHash: CandidateHash;
      readonly validatorCount: number;
      readonly availableData: AvailableData;
      readonly expectedErasureRoot: Hash;
      readonly coreIndex: CoreIndex;
      readonly nodeFeatures: BitVec;
      readonly reply: Reply<Result<void, StoreAvailableDataError>>;
    };

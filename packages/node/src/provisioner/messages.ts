/** What goes into the parachain inherent. Guide: Provisioner. */
import type { Result } from "@parahost/base";
import type {
  BackedCandidate,
  DisputeStatementSet,
  Hash,
  UncheckedSignedAvailabilityBitfield,
} from "@parahost/primitives";
import type { Reply } from "../overseer/reply.ts";

export type ProvisionableData = {
  readonly type: "bitfield";
  readonly bitfield: UncheckedSignedAvailabilityBitfield;
};

/** What an author puts into the inherent beside the parent header. */
export interface ProvisionerInherentData {
  /** One per validator at most, by ascending validator index. */
  readonly bitfields: readonly UncheckedSignedAvailabilityBitfield[];
  readonly backedCandidates: readonly BackedCandidate[];
  /** The most urgent first; the runtime brings them into the order of the chain. */
  readonly disputes: readonly DisputeStatementSet[];
}

/** The author goes on with an empty parachain inherent. */
export type ProvisionerError =
  | { readonly code: "leafNotActive" }
  | { readonly code: "queryFailed"; readonly message: string }
  | { readonly code: "timeout" };

export type ProvisionerMessage =
  /** Answered when the leaf is old enough to have collected bitfields. */
  | {
      readonly type: "requestInherentData";
      readonly relayParent: Hash;
      readonly reply: Reply<Result<ProvisionerInherentData, ProvisionerError>>;
    }
  | {
      readonly type: "provisionableData";
      readonly relayParent: Hash;
      readonly data: ProvisionableData;
    };

/** Both sides of the way from a collator to the backing group. Guide: Collator Protocol. */
import type { CollatorProtocolMessage as CollatorWireMessage } from "@parahost/network";
import type {
  CandidateReceipt,
  CoreIndex,
  Hash,
  ParaId,
  PoV,
  SignedStatement,
} from "@parahost/primitives";
import type { CollationSecondedSignal } from "../collation-generation/messages.ts";
import type { IncomingCollationRequest, NetworkEventMessage } from "../network-bridge/messages.ts";
import type { Reply } from "../overseer/reply.ts";

export type CollatorProtocolMessage =
  // Collator side
  /** The para we collate for; said once. */
  | { readonly type: "collateOn"; readonly paraId: ParaId }
  | {
      readonly type: "distributeCollation";
      readonly candidateReceipt: CandidateReceipt;
      readonly parentHeadDataHash: Hash;
      /** Compressed if that is how its hash was taken. */
      readonly pov: PoV;
      readonly parentHeadData: Uint8Array;
      readonly onSeconded: Reply<CollationSecondedSignal> | undefined;
      readonly coreIndex: CoreIndex;
    }
  | { readonly type: "connectToBackingGroups" }
  | { readonly type: "disconnectFromBackingGroups" }
  | ({ readonly type: "collationRequest" } & IncomingCollationRequest)
  // Validator side
  /** Backing found a collation that we gave it invalid. */
  | {
      readonly type: "invalid";
      readonly relayParent: Hash;
      readonly candidateReceipt: CandidateReceipt;
    }
  /** Backing seconded a collation that we gave it. */
  | {
      readonly type: "seconded";
      readonly relayParent: Hash;
      readonly statement: SignedStatement;
    }
  | NetworkEventMessage<CollatorWireMessage>;

export {
  type LinkModel,
  MemoryNetwork,
  perfectLinks,
  type ReputationChange,
} from "./memory-network.ts";
export { peerIdBytes, peerIdOfKey, peerIdOfName } from "./peer-id.ts";
export {
  type AddressError,
  HANDSHAKE_BYTES_MAX,
  type IfDisconnected,
  type IncomingRequest,
  type Network,
  type NotificationChannel,
  type NotificationEvent,
  type NotificationProtocol,
  type PeerId,
  peerId,
  type RequestError,
  type RequestProtocol,
} from "./port.ts";
export {
  ApprovalDistributionMessage,
  ClaimedAssignment,
} from "./protocols/approval-distribution.ts";
export {
  AttestedCandidateRequest,
  AttestedCandidateResponse,
  attestedCandidateProtocol,
} from "./protocols/attested-candidate.ts";
export {
  AvailableDataFetchingRequest,
  AvailableDataFetchingResponse,
  availableDataFetchingProtocol,
} from "./protocols/available-data-fetching.ts";
export { BitfieldDistributionMessage } from "./protocols/bitfield-distribution.ts";
export {
  BlockAnnounce,
  BlockAnnouncesHandshake,
  blockAnnouncesProtocol,
} from "./protocols/block-announces.ts";
export {
  ChunkFetchingRequest,
  ChunkFetchingResponse,
  chunkFetchingProtocol,
} from "./protocols/chunk-fetching.ts";
export {
  AdvertiseCollation,
  CollationProtocol,
  CollationSeconded,
  CollationWireMessage,
  CollatorProtocolMessage,
  Declare,
  declarePayload,
} from "./protocols/collation.ts";
export {
  CollationFetchingRequest,
  CollationFetchingResponse,
  collationFetchingProtocol,
} from "./protocols/collation-fetching.ts";
export { grandpaProtocol } from "./protocols/grandpa.ts";
export {
  decodeLightRequest,
  decodeLightResponse,
  encodeLightRequest,
  encodeLightResponse,
  type LightDecodeError,
  type LightRequest,
  lightProtocol,
  StorageProof,
} from "./protocols/light.ts";
export {
  type ChainIdentity,
  CODE_BYTES_MAX,
  isRole,
  PARACHAIN_NOTIFICATION_BYTES_MAX,
  PARACHAIN_REQUEST_BYTES_MAX,
  POV_BYTES_MAX,
  POV_RESPONSE_BYTES_MAX,
  protocolName,
  Role,
} from "./protocols/names.ts";
export {
  COLLATION_VERSION,
  collationProtocol,
  VALIDATION_VERSION,
  VIEW_HEADS_MAX,
  View,
  validationProtocol,
  type WireMessage,
  wireMessage,
} from "./protocols/peer-set.ts";
export {
  PovFetchingRequest,
  PovFetchingResponse,
  povFetchingProtocol,
} from "./protocols/pov-fetching.ts";
export {
  VOTES_PER_RESPONSE_MAX,
  VotesRequest,
  VotesResponse,
  votesProtocol,
} from "./protocols/req-votes.ts";
export {
  SEND_DISPUTE_TIMEOUT_MS,
  SendDisputeRequest,
  SendDisputeResponse,
  sendDisputeProtocol,
} from "./protocols/send-dispute.ts";
export {
  decodeStateRequest,
  decodeStateResponse,
  encodeStateRequest,
  encodeStateResponse,
  STATE_BYTES_SOFT_MAX,
  type StateDecodeError,
  type StateRequest,
  type StateStart,
  stateProtocol,
} from "./protocols/state.ts";
export {
  BackedCandidateAcknowledgement,
  BackedCandidateManifest,
  StatementDistributionMessage,
  StatementFilter,
} from "./protocols/statement-distribution.ts";
export {
  BlockAttribute,
  type BlockData,
  type BlockRequest,
  type BlockStart,
  decodeBlockRequest,
  decodeBlockResponse,
  encodeBlockRequest,
  encodeBlockResponse,
  type SyncDecodeError,
  syncProtocol,
} from "./protocols/sync.ts";
export {
  TRANSACTIONS_PER_MESSAGE_MAX,
  Transactions,
  transactionsProtocol,
} from "./protocols/transactions.ts";
export { ValidationProtocol, ValidationWireMessage } from "./protocols/validation.ts";
export {
  WARP_BYTES_SOFT_MAX,
  WarpFragment,
  WarpRequest,
  WarpResponse,
  warpProtocol,
} from "./protocols/warp.ts";
export { BANNED_BELOW, Reputation, type ReputationClass, ReputationTable } from "./reputation.ts";
export { BlockQuestions } from "./sync/block-questions.ts";
export { ChainSync, type PeerState } from "./sync/chain-sync.ts";
export type { GapChain } from "./sync/gap-fill.ts";
export type { ImportVerdict, SyncChain, SyncPorts } from "./sync/sync-chain.ts";

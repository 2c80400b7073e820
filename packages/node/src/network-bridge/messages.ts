/**
 * What networking subsystems hear from and say to peers. The bridge is two subsystems, receiving
 * (rx) and transmitting (tx), so that a subsystem that waits for the transmitter to take a message
 * can never be waited for by it. Guide: Network Bridge.
 */
import type { Result } from "@parahost/base";
import type {
  AttestedCandidateRequest,
  AttestedCandidateResponse,
  AvailableDataFetchingRequest,
  AvailableDataFetchingResponse,
  ChunkFetchingRequest,
  ChunkFetchingResponse,
  CollationFetchingRequest,
  CollationFetchingResponse,
  CollationProtocol,
  IfDisconnected,
  PeerId,
  PovFetchingRequest,
  PovFetchingResponse,
  ReputationClass,
  RequestError,
  SendDisputeRequest,
  SendDisputeResponse,
  ValidationProtocol,
  View,
  VotesRequest,
  VotesResponse,
} from "@parahost/network";
import type { AuthorityDiscoveryId, SessionIndex, ValidatorIndex } from "@parahost/primitives";
import type { Reply } from "../overseer/reply.ts";

export type PeerSet = "validation" | "collation";

// Events

/** How a peer introduced itself; a hint for whom to talk to, never a proof. */
export type ObservedRole = "authority" | "full";

/** Authorities behind a validator list, laid out as the gossip grid. Node-side reference, 3.5. */
export interface GossipTopology {
  readonly session: SessionIndex;
  /** Our own index among the validators; undefined when we are none. */
  readonly localIndex: ValidatorIndex | undefined;
  /** Validators in the order of the shuffle. */
  readonly canonicalShuffling: readonly {
    readonly authority: AuthorityDiscoveryId;
    readonly validatorIndex: ValidatorIndex;
  }[];
  /** Position of validator i in the shuffle is `shuffledIndices[i]`. */
  readonly shuffledIndices: readonly number[];
}

/** What the bridge tells a networking subsystem; `M` are the peers' messages it takes. */
export type NetworkEvent<M> =
  | {
      readonly type: "peerConnected";
      readonly peer: PeerId;
      readonly role: ObservedRole;
      /** Version of the protocol spoken with this peer. */
      readonly version: number;
      /** Authorities that discovery places at this peer; empty when none. */
      readonly authorities: readonly AuthorityDiscoveryId[];
    }
  | { readonly type: "peerDisconnected"; readonly peer: PeerId }
  | { readonly type: "peerViewChange"; readonly peer: PeerId; readonly view: View }
  | { readonly type: "ourViewChange"; readonly view: View }
  | { readonly type: "peerMessage"; readonly peer: PeerId; readonly message: M }
  | { readonly type: "newGossipTopology"; readonly topology: GossipTopology }
  | {
      readonly type: "updatedAuthorityIds";
      readonly peer: PeerId;
      readonly authorities: readonly AuthorityDiscoveryId[];
    };

/** Network events as a networking subsystem receives them. */
export interface NetworkEventMessage<M> {
  readonly type: "networkEvent";
  readonly event: NetworkEvent<M>;
}

/**
 * A peer's question, decoded. Cancelling the reply refuses it. Whether the peer may ask at all, and
 * what an improper question costs, is for the answering subsystem to say.
 */
export interface IncomingRequest<Payload, Response> {
  readonly peer: PeerId;
  readonly payload: Payload;
  readonly reply: Reply<Response>;
}

export type IncomingChunkRequest = IncomingRequest<ChunkFetchingRequest, ChunkFetchingResponse>;
export type IncomingPovRequest = IncomingRequest<PovFetchingRequest, PovFetchingResponse>;
export type IncomingCollationRequest = IncomingRequest<
  CollationFetchingRequest,
  CollationFetchingResponse
>;
export type IncomingAttestedCandidateRequest = IncomingRequest<
  AttestedCandidateRequest,
  AttestedCandidateResponse
>;

// Receiving side

export type NetworkBridgeRxMessage =
  | { readonly type: "newGossipTopology"; readonly topology: GossipTopology }
  /** Authority discovery places these authorities, and no others, at this peer. */
  | {
      readonly type: "updatedAuthorityIds";
      readonly peer: PeerId;
      readonly authorities: readonly AuthorityDiscoveryId[];
    };

// Transmitting side

export interface ReputationReport {
  readonly peer: PeerId;
  readonly change: ReputationClass;
  /** Short and constant, for logs and metrics. */
  readonly reason: string;
}

/** Whom to ask: a peer, or whichever peer discovery places an authority at. */
export type Recipient =
  | { readonly type: "peer"; readonly peer: PeerId }
  | { readonly type: "authority"; readonly authority: AuthorityDiscoveryId };

export type OutgoingRequestError =
  | RequestError
  /** Discovery knows no peer for the authority. */
  | { readonly code: "unresolved" }
  /** The bridge has already made the peer pay for it. */
  | { readonly code: "undecodable"; readonly peer: PeerId };

/** A peer's answer and who gave it. */
export interface PeerResponse<Response> {
  readonly peer: PeerId;
  readonly response: Response;
}

interface OutgoingRequest<Type extends string, Payload, Response> {
  readonly type: Type;
  readonly to: Recipient;
  readonly payload: Payload;
  readonly ifDisconnected: IfDisconnected;
  readonly reply: Reply<Result<PeerResponse<Response>, OutgoingRequestError>>;
}

export type NetworkBridgeTxMessage =
  /** Applied at once when malicious, otherwise gathered and applied every 30 s. */
  | ({ readonly type: "reportPeer" } & ReputationReport)
  | { readonly type: "reportPeers"; readonly reports: readonly ReputationReport[] }
  | {
      readonly type: "disconnectPeers";
      readonly peers: readonly PeerId[];
      readonly peerSet: PeerSet;
    }
  | {
      readonly type: "sendValidationMessage";
      readonly peers: readonly PeerId[];
      readonly message: ValidationProtocol;
    }
  | {
      readonly type: "sendCollationMessage";
      readonly peers: readonly PeerId[];
      readonly message: CollationProtocol;
    }
  | OutgoingRequest<
      "requestAvailableData",
      AvailableDataFetchingRequest,
      AvailableDataFetchingResponse
    >
  | OutgoingRequest<"requestChunk", ChunkFetchingRequest, ChunkFetchingResponse>
  | OutgoingRequest<"requestCollation", CollationFetchingRequest, CollationFetchingResponse>
  | OutgoingRequest<"requestPov", PovFetchingRequest, PovFetchingResponse>
  | OutgoingRequest<"requestAttestedCandidate", AttestedCandidateRequest, AttestedCandidateResponse>
  | OutgoingRequest<"requestDisputeConfirmation", SendDisputeRequest, SendDisputeResponse>
  | OutgoingRequest<"requestVotes", VotesRequest, VotesResponse>
  /**
   * The complete set of authorities we want to be connected to in a peer set; it replaces the last
   * one. The answer is how many of them discovery could not place.
   */
  | {
      readonly type: "connectToValidators";
      readonly authorities: readonly AuthorityDiscoveryId[];
      readonly peerSet: PeerSet;
      readonly reply: Reply<number>;
    }
  /** As `connectToValidators`, with peers that were resolved before. */
  | {
      readonly type: "connectToResolvedValidators";
      readonly peers: readonly PeerId[];
      readonly peerSet: PeerSet;
    }
  /** Adds to the set instead of replacing it. */
  | {
      readonly type: "addToResolvedValidators";
      readonly peers: readonly PeerId[];
      readonly peerSet: PeerSet;
    };

/**
 * The transmitting half: sends messages and requests, keeps connections, reports reputation. It waits
 * for no other subsystem, so any subsystem may wait for it. Guide: Network Bridge.
 */
import { bytesToHex, err, ok, type Result, unreachable } from "@parahost/base";
import {
  AttestedCandidateRequest,
  AttestedCandidateResponse,
  AvailableDataFetchingRequest,
  AvailableDataFetchingResponse,
  ChunkFetchingRequest,
  ChunkFetchingResponse,
  CollationFetchingRequest,
  CollationFetchingResponse,
  CollationWireMessage,
  type IfDisconnected,
  type PeerId,
  PovFetchingRequest,
  PovFetchingResponse,
  type RequestProtocol,
  SendDisputeRequest,
  SendDisputeResponse,
  ValidationWireMessage,
  VotesRequest,
  VotesResponse,
} from "@parahost/network";
import type { AuthorityDiscoveryId } from "@parahost/primitives";
import { type Codec, encode, tryDecode } from "@parahost/scale";
import type { Context } from "../overseer/context.ts";
import type { Reply } from "../overseer/reply.ts";
import type { NetworkBridge } from "./bridge.ts";
import type {
  NetworkBridgeTxMessage,
  OutgoingRequestError,
  PeerResponse,
  PeerSet,
  Recipient,
} from "./messages.ts";
import { ReputationBatch } from "./reputation-batch.ts";

const TARGET = "parachain::network-bridge-tx";

export type NetworkBridgeTxContext = Context<"network-bridge-tx", never>;

interface State {
  readonly context: NetworkBridgeTxContext;
  readonly bridge: NetworkBridge;
  readonly reputation: ReputationBatch;
}

/** Transmits until concluded. */
export async function runTx(context: NetworkBridgeTxContext, bridge: NetworkBridge): Promise<void> {
  const { clock, logger, network } = bridge.deps;
  const reputation = new ReputationBatch(clock, (peer, delta, reason) => {
    logger.log("debug", TARGET, "reputation changes", { peer, delta, reason });
    network.report(peer, delta, reason);
  });
  const state: State = { context, bridge, reputation };
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") handle(state, incoming.message);
    else if (incoming.signal.type === "conclude") break;
  }
  reputation.flush();
}

function handle(state: State, message: NetworkBridgeTxMessage): void {
  const { bridge, reputation } = state;
  switch (message.type) {
    case "reportPeer":
      reputation.add(message);
      return;
    case "reportPeers":
      for (const report of message.reports) reputation.add(report);
      return;
    case "disconnectPeers":
      for (const peer of message.peers) bridge.sets[message.peerSet].channel.disconnect(peer);
      return;
    case "sendValidationMessage": {
      const wire = { type: "protocolMessage", value: message.message } as const;
      sendToAll(state, "validation", message.peers, encode(ValidationWireMessage, wire));
      return;
    }
    case "sendCollationMessage": {
      const wire = { type: "protocolMessage", value: message.message } as const;
      sendToAll(state, "collation", message.peers, encode(CollationWireMessage, wire));
      return;
    }
    case "requestAvailableData":
      request(
        state,
        bridge.requests.availableData,
        AvailableDataFetchingRequest,
        AvailableDataFetchingResponse,
        message,
      );
      return;
    case "requestChunk":
      request(state, bridge.requests.chunk, ChunkFetchingRequest, ChunkFetchingResponse, message);
      return;
    case "requestCollation":
      request(
        state,
        bridge.requests.collation,
        CollationFetchingRequest,
        CollationFetchingResponse,
        message,
      );
      return;
    case "requestPov":
      request(state, bridge.requests.pov, PovFetchingRequest, PovFetchingResponse, message);
      return;
    case "requestAttestedCandidate":
      request(
        state,
        bridge.requests.attestedCandidate,
        AttestedCandidateRequest,
        AttestedCandidateResponse,
        message,
      );
      return;
    case "requestDisputeConfirmation":
      request(state, bridge.requests.dispute, SendDisputeRequest, SendDisputeResponse, message);
      return;
    case "requestVotes":
      request(state, bridge.requests.votes, VotesRequest, VotesResponse, message);
      return;
    case "connectToValidators": {
      const { peers, failed } = resolve(bridge, message.authorities);
      reserve(bridge, message.peerSet, peers);
      message.reply(failed);
      return;
    }
    case "connectToResolvedValidators":
      reserve(bridge, message.peerSet, message.peers);
      return;
    case "addToResolvedValidators": {
      const { reserved } = bridge.sets[message.peerSet];
      reserve(bridge, message.peerSet, [...reserved, ...message.peers]);
      return;
    }
    default:
      unreachable(message);
  }
}

// Messages

/** A peer that is gone or does not read misses the message; it will ask or be told again. */
function sendToAll(
  { bridge }: State,
  peerSet: PeerSet,
  peers: readonly PeerId[],
  bytes: Uint8Array,
): void {
  const { channel } = bridge.sets[peerSet];
  for (const peer of peers) {
    const sent = channel.send(peer, bytes);
    if (!sent) bridge.deps.logger.log("debug", TARGET, "message not sent", { peer, peerSet });
  }
}

// Connections

function resolve(
  { deps }: NetworkBridge,
  authorities: readonly AuthorityDiscoveryId[],
): { readonly peers: readonly PeerId[]; readonly failed: number } {
  const peers: PeerId[] = [];
  let failed = 0;
  for (const authority of authorities) {
    const found = deps.discovery.peersOf(authority);
    if (found.length === 0) failed += 1;
    peers.push(...found);
  }
  return { peers, failed };
}

function reserve(bridge: NetworkBridge, peerSet: PeerSet, peers: readonly PeerId[]): void {
  const set = bridge.sets[peerSet];
  const reserved = new Set(peers);
  reserved.delete(bridge.deps.network.localPeer);
  // The rule for taking connections looks at the set, so it comes before the dialling.
  set.reserved = reserved;
  set.channel.setReserved(reserved);
}

// Requests

function request<Payload, Response>(
  state: State,
  protocol: RequestProtocol,
  payloadCodec: Codec<Payload>,
  responseCodec: Codec<Response>,
  message: {
    readonly to: Recipient;
    readonly payload: Payload;
    readonly ifDisconnected: IfDisconnected;
    readonly reply: Reply<Result<PeerResponse<Response>, OutgoingRequestError>>;
  },
): void {
  const { bridge, context, reputation } = state;
  const peer = recipient(bridge, message.to);
  if (peer === undefined) {
    message.reply(err({ code: "unresolved" }));
    return;
  }
  context.spawn("request", async () => {
    const payload = encode(payloadCodec, message.payload);
    const { network } = bridge.deps;
    const answer = await network.request(peer, protocol.name, payload, message.ifDisconnected);
    if (!answer.ok) {
      message.reply(answer);
      return;
    }
    const response = tryDecode(responseCodec, answer.value);
    if (response.ok) {
      message.reply(ok({ peer, response: response.value }));
      return;
    }
    bridge.deps.logger.log("debug", TARGET, "undecodable response", {
      peer,
      protocol: protocol.name,
      failure: response.error,
      opening: bytesToHex(answer.value.subarray(0, 32)),
    });
    reputation.add({ peer, change: "costMajor", reason: "undecodable response" });
    message.reply(err({ code: "undecodable", peer }));
  });
}

/** A peer of the authority that we are connected to, or else the first one known. */
function recipient({ deps, sets }: NetworkBridge, to: Recipient): PeerId | undefined {
  if (to.type === "peer") return to.peer;
  const peers = deps.discovery.peersOf(to.authority);
  const connected = peers.find(
    (peer) => sets.validation.peers.has(peer) || sets.collation.peers.has(peer),
  );
  return connected ?? peers[0];
}

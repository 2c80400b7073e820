/**
 * The receiving half: tells the networking subsystems what peers do and say, keeps peers' views and
 * tells peers ours. Guide: Network Bridge.
 *
 * Events of one peer are passed on in order, and its connection comes before its views and messages.
 * No view is sent before the first leaf is active: a node that catches up has nothing to say.
 */
import { unreachable } from "@parahost/base";
import {
  AttestedCandidateRequest,
  AttestedCandidateResponse,
  AvailableDataFetchingRequest,
  AvailableDataFetchingResponse,
  ChunkFetchingRequest,
  ChunkFetchingResponse,
  COLLATION_VERSION,
  CollationFetchingRequest,
  CollationFetchingResponse,
  type CollationProtocol,
  CollationWireMessage,
  type IncomingRequest,
  type PeerId,
  PovFetchingRequest,
  PovFetchingResponse,
  Reputation,
  type ReputationClass,
  Role,
  SendDisputeRequest,
  SendDisputeResponse,
  VALIDATION_VERSION,
  type ValidationProtocol,
  ValidationWireMessage,
  type View,
  VotesRequest,
  VotesResponse,
} from "@parahost/network";
import type { BlockNumber, Hash } from "@parahost/primitives";
import { type Codec, encode, tryDecode } from "@parahost/scale";
import type { Context } from "../overseer/context.ts";
import { oneShot, type Reply, unlessCancelled } from "../overseer/reply.ts";
import type { Signal } from "../overseer/signal.ts";
import type { NetworkBridge, RequestName } from "./bridge.ts";
import type {
  IncomingRequest as DecodedRequest,
  NetworkBridgeRxMessage,
  NetworkEvent,
  PeerSet,
} from "./messages.ts";
import type { PeerEvent } from "./peer-events.ts";
import { acceptView, sameHeads, viewOf } from "./view.ts";

const TARGET = "parachain::network-bridge-rx";

/** Who hears of the peers of a set. */
const LISTENERS = {
  validation: [
    "approval-distribution",
    "bitfield-distribution",
    "statement-distribution",
    "gossip-support",
  ],
  collation: ["collator-protocol"],
} as const;
/** Who is told our own view. */
const VIEW_LISTENERS = [
  "approval-distribution",
  "bitfield-distribution",
  "statement-distribution",
  "collator-protocol",
] as const;
const TOPOLOGY_LISTENERS = [
  "approval-distribution",
  "bitfield-distribution",
  "statement-distribution",
] as const;
const AUTHORITY_LISTENERS = [
  "approval-distribution",
  "bitfield-distribution",
  "statement-distribution",
  "collator-protocol",
] as const;

type Listener = (typeof VIEW_LISTENERS)[number] | "gossip-support";

export type NetworkBridgeRxSends =
  | Listener
  | "availability-distribution"
  | "dispute-distribution"
  | "availability-recovery";
export type NetworkBridgeRxContext = Context<"network-bridge-rx", NetworkBridgeRxSends>;

const NO_VIEW: View = { heads: [], finalizedNumber: 0 };

interface State {
  readonly context: NetworkBridgeRxContext;
  readonly bridge: NetworkBridge;
  readonly leaves: Map<Hash, BlockNumber>;
  finalized: BlockNumber;
  /** The view that peers and subsystems were told last. */
  view: View;
}

/** Receives until concluded. */
export async function runRx(context: NetworkBridgeRxContext, bridge: NetworkBridge): Promise<void> {
  const state: State = { context, bridge, leaves: new Map(), finalized: 0, view: NO_VIEW };
  bridge.onRequest = (name, request) => answerPeer(state, name, request);
  context.spawn("peer-events", async () => {
    for (;;) {
      const event = await bridge.events.next();
      if (event === undefined) return;
      await onPeerEvent(state, event);
    }
  });
  try {
    for await (const incoming of context.inbox) {
      if (incoming.from === "subsystem") await onMessage(state, incoming.message);
      else if (incoming.signal.type === "conclude") return;
      else await onSignal(state, incoming.signal);
    }
  } finally {
    bridge.onRequest = (_, request) => request.refuse();
    bridge.events.close();
  }
}

// Our view

async function onSignal(state: State, signal: Signal): Promise<void> {
  if (signal.type === "blockFinalized") state.finalized = Math.max(state.finalized, signal.number);
  if (signal.type !== "activeLeaves") return;
  for (const hash of signal.deactivated) state.leaves.delete(hash);
  if (signal.activated !== undefined)
    state.leaves.set(signal.activated.hash, signal.activated.number);
  const view = viewOf(state.leaves, state.finalized);
  if (sameHeads(view, state.view)) return;
  state.view = view;
  for (const peerSet of ["validation", "collation"] as const)
    for (const peer of state.bridge.sets[peerSet].peers.keys()) sendView(state, peerSet, peer);
  for (const listener of VIEW_LISTENERS)
    await tell(state, listener, { type: "ourViewChange", view });
}

/** Peers hold an empty view against us. */
function sendView({ bridge, view }: State, peerSet: PeerSet, peer: PeerId): void {
  if (view.heads.length === 0) return;
  const message = { type: "viewUpdate", value: view } as const;
  const bytes =
    peerSet === "validation"
      ? encode(ValidationWireMessage, message)
      : encode(CollationWireMessage, message);
  if (!bridge.sets[peerSet].channel.send(peer, bytes))
    bridge.deps.logger.log("debug", TARGET, "view not sent", { peer, peerSet });
}

// Messages from subsystems

async function onMessage(state: State, message: NetworkBridgeRxMessage): Promise<void> {
  switch (message.type) {
    case "newGossipTopology":
      for (const listener of TOPOLOGY_LISTENERS) await tell(state, listener, message);
      return;
    case "updatedAuthorityIds":
      for (const listener of AUTHORITY_LISTENERS) await tell(state, listener, message);
      return;
    default:
      unreachable(message);
  }
}

function tell(state: State, listener: Listener, event: NetworkEvent<never>): Promise<void> {
  return state.context.send(listener, { type: "networkEvent", event });
}

// Events of peers

async function onPeerEvent(state: State, { peerSet, event }: PeerEvent): Promise<void> {
  const { deps, sets } = state.bridge;
  const { peers } = sets[peerSet];
  const { peer } = event;
  switch (event.type) {
    case "opened": {
      peers.set(peer, { view: NO_VIEW });
      sendView(state, peerSet, peer);
      await tellAll(state, peerSet, {
        type: "peerConnected",
        peer,
        role: event.handshake[0] === Role.authority ? "authority" : "full",
        version: peerSet === "validation" ? VALIDATION_VERSION : COLLATION_VERSION,
        authorities: deps.discovery.authoritiesOf(peer),
      });
      return;
    }
    case "closed":
      peers.delete(peer);
      await tellAll(state, peerSet, { type: "peerDisconnected", peer });
      return;
    case "message":
      await onWireMessage(state, peerSet, peer, event.bytes);
      return;
    default:
      unreachable(event);
  }
}

async function tellAll(state: State, peerSet: PeerSet, event: NetworkEvent<never>): Promise<void> {
  for (const listener of LISTENERS[peerSet]) await tell(state, listener, event);
}

async function onWireMessage(
  state: State,
  peerSet: PeerSet,
  peer: PeerId,
  bytes: Uint8Array,
): Promise<void> {
  if (peerSet === "validation") {
    const decoded = tryDecode(ValidationWireMessage, bytes);
    if (!decoded.ok) punish(state, peer, "costMajor", "undecodable message");
    else if (decoded.value.type === "viewUpdate")
      await onView(state, peerSet, peer, decoded.value.value);
    else await onValidationMessage(state, peer, decoded.value.value);
  } else {
    const decoded = tryDecode(CollationWireMessage, bytes);
    if (!decoded.ok) punish(state, peer, "costMajor", "undecodable message");
    else if (decoded.value.type === "viewUpdate")
      await onView(state, peerSet, peer, decoded.value.value);
    else await onCollationMessage(state, peer, decoded.value.value);
  }
}

async function onValidationMessage(
  { context }: State,
  peer: PeerId,
  message: ValidationProtocol,
): Promise<void> {
  switch (message.type) {
    case "approvalDistribution":
      await context.send("approval-distribution", {
        type: "networkEvent",
        event: { type: "peerMessage", peer, message: message.value },
      });
      return;
    case "bitfieldDistribution":
      await context.send("bitfield-distribution", {
        type: "networkEvent",
        event: { type: "peerMessage", peer, message: message.value },
      });
      return;
    case "statementDistribution":
      await context.send("statement-distribution", {
        type: "networkEvent",
        event: { type: "peerMessage", peer, message: message.value },
      });
      return;
    default:
      unreachable(message);
  }
}

async function onCollationMessage(
  { context }: State,
  peer: PeerId,
  message: CollationProtocol,
): Promise<void> {
  await context.send("collator-protocol", {
    type: "networkEvent",
    event: { type: "peerMessage", peer, message: message.value },
  });
}

async function onView(state: State, peerSet: PeerSet, peer: PeerId, view: View): Promise<void> {
  const known = state.bridge.sets[peerSet].peers.get(peer);
  if (known === undefined) return;
  const accepted = acceptView(known.view, view);
  if (!accepted.ok) {
    punish(state, peer, "costMajor", accepted.error.code);
    return;
  }
  if (accepted.value === undefined) return;
  known.view = accepted.value;
  await tellAll(state, peerSet, { type: "peerViewChange", peer, view: accepted.value });
}

/** The bridge's own judgements; they are rare enough to be applied at once. */
function punish(state: State, peer: PeerId, change: ReputationClass, reason: string): void {
  state.bridge.deps.network.report(peer, Reputation[change], reason);
}

// Requests of peers

function answerPeer(state: State, name: RequestName, request: IncomingRequest): void {
  const { context } = state;
  switch (name) {
    case "availableData":
      answer(
        state,
        request,
        AvailableDataFetchingRequest,
        AvailableDataFetchingResponse,
        (incoming) =>
          context.send("availability-recovery", { type: "availableDataRequest", ...incoming }),
      );
      return;
    case "chunk":
      answer(state, request, ChunkFetchingRequest, ChunkFetchingResponse, (incoming) =>
        context.send("availability-distribution", { type: "chunkRequest", ...incoming }),
      );
      return;
    case "pov":
      answer(state, request, PovFetchingRequest, PovFetchingResponse, (incoming) =>
        context.send("availability-distribution", { type: "povRequest", ...incoming }),
      );
      return;
    case "collation":
      answer(state, request, CollationFetchingRequest, CollationFetchingResponse, (incoming) =>
        context.send("collator-protocol", { type: "collationRequest", ...incoming }),
      );
      return;
    case "attestedCandidate":
      answer(state, request, AttestedCandidateRequest, AttestedCandidateResponse, (incoming) =>
        context.send("statement-distribution", { type: "attestedCandidateRequest", ...incoming }),
      );
      return;
    case "dispute":
      answer(state, request, SendDisputeRequest, SendDisputeResponse, (incoming) =>
        context.send("dispute-distribution", { type: "disputeRequest", ...incoming }),
      );
      return;
    case "votes":
      answer(state, request, VotesRequest, VotesResponse, (incoming) =>
        context.send("dispute-distribution", { type: "votesRequest", ...incoming }),
      );
      return;
    default:
      unreachable(name);
  }
}

/** How many are answered at one time is bounded by the protocol's `inboundMax`. */
function answer<Payload, Response>(
  state: State,
  request: IncomingRequest,
  payloadCodec: Codec<Payload>,
  responseCodec: Codec<Response>,
  forward: (incoming: DecodedRequest<Payload, Response>) => Promise<void>,
): void {
  const { peer } = request;
  const payload = tryDecode(payloadCodec, request.payload);
  if (!payload.ok) {
    punish(state, peer, "costMajor", "undecodable request");
    request.refuse();
    return;
  }
  const question: { readonly reply: Reply<Response>; readonly answer: Promise<Response> } =
    oneShot("a peer's request");
  state.context.spawn("answer", async () => {
    await forward({ peer, payload: payload.value, reply: question.reply });
    const response = await unlessCancelled(question.answer);
    if (response === undefined) request.refuse();
    else request.respond(encode(responseCodec, response));
  });
}

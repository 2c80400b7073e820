/**
 * Gossips availability bitfields along the grid to peers that work on the same leaf, and hands each
 * validator's first good one to the provisioner. Guide: Bitfield Distribution.
 */
import { type Logger, type Random, randomBelow, unreachable } from "@parahost/base";
import type { SignatureVerifier } from "@parahost/crypto";
import type { PeerId, ReputationClass } from "@parahost/network";
import type {
  AuthorityDiscoveryId,
  Hash,
  SessionIndex,
  UncheckedSignedAvailabilityBitfield,
} from "@parahost/primitives";
import { RANDOM_PEERS, randomPeers } from "../gossip-grid.ts";
import { GridView } from "../grid-view.ts";
import type { Context } from "../overseer/context.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import type { BitfieldDistributionMessage } from "./messages.ts";
import { RelayParentBitfields } from "./relay-parent.ts";

/** The current session's grid and the one before. */
const TOPOLOGIES_MAX = 2;
/** Of so many peers that turn to a leaf late, four outside the grid are told all the same. */
const RANDOM_SAMPLE = 25;
const TARGET = "parachain::bitfield-distribution";

export type BitfieldDistributionSends = "network-bridge-tx" | "provisioner" | "runtime-api";
export type BitfieldDistributionContext = Context<
  "bitfield-distribution",
  BitfieldDistributionSends
>;

export interface BitfieldDistributionDependencies {
  readonly verifier: SignatureVerifier;
  readonly random: Random;
  readonly logger: Logger;
}

interface Peer {
  heads: ReadonlySet<Hash>;
  authorities: readonly AuthorityDiscoveryId[];
}

interface State {
  readonly context: BitfieldDistributionContext;
  readonly deps: BitfieldDistributionDependencies;
  readonly leaves: Map<Hash, RelayParentBitfields>;
  /** Connected peers; the bridge bounds their number. */
  readonly peers: Map<PeerId, Peer>;
  readonly topologies: Map<SessionIndex, GridView>;
}

type NetworkEvent = Extract<BitfieldDistributionMessage, { type: "networkEvent" }>["event"];
type PeerMessage = Extract<NetworkEvent, { type: "peerMessage" }>["message"];

/** Gossips until concluded. */
export async function run(
  context: BitfieldDistributionContext,
  deps: BitfieldDistributionDependencies,
): Promise<void> {
  const state: State = {
    context,
    deps,
    leaves: new Map(),
    peers: new Map(),
    topologies: new Map(),
  };
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") {
      const { message } = incoming;
      if (message.type === "distributeBitfield")
        await onOwnBitfield(state, message.relayParent, message.bitfield);
      else await onNetworkEvent(state, message.event);
      continue;
    }
    const { signal } = incoming;
    if (signal.type === "conclude") return;
    if (signal.type !== "activeLeaves") continue;
    for (const leaf of signal.deactivated) state.leaves.delete(leaf);
    if (signal.activated !== undefined) await openLeaf(state, signal.activated.hash);
  }
}

async function openLeaf({ context, deps, leaves }: State, leaf: Hash): Promise<void> {
  const validators = await queryRuntime(context, leaf, "validators");
  const sessionIndex = await queryRuntime(context, leaf, "sessionIndexForChild");
  const cores = await queryRuntime(context, leaf, "availabilityCores");
  if (validators === undefined || sessionIndex === undefined || cores === undefined) {
    deps.logger.log("debug", TARGET, "the leaf's validators are not to be had", { leaf });
    return;
  }
  const signingContext = { sessionIndex, parentHash: leaf };
  const { verifier } = deps;
  leaves.set(leaf, new RelayParentBitfields(validators, cores.length, signingContext, verifier));
}

// Bitfields

async function onOwnBitfield(
  state: State,
  relayParent: Hash,
  bitfield: UncheckedSignedAvailabilityBitfield,
): Promise<void> {
  const leaf = state.leaves.get(relayParent);
  if (leaf?.addOwn(bitfield) !== true) {
    state.deps.logger.log("debug", TARGET, "own bitfield of no active leaf", { relayParent });
    return;
  }
  await provide(state, relayParent, bitfield);
  await relay(state, relayParent, leaf, bitfield);
}

async function onPeerBitfield(
  state: State,
  peer: PeerId,
  relayParent: Hash,
  bitfield: UncheckedSignedAvailabilityBitfield,
): Promise<void> {
  const leaf = state.leaves.get(relayParent);
  if (leaf === undefined) return report(state, peer, "costMinor", "bitfield out of view");
  const verdict = leaf.judge(peer, bitfield);
  switch (verdict.type) {
    case "first":
      await report(state, peer, verdict.change, "first bitfield");
      await provide(state, relayParent, bitfield);
      await relay(state, relayParent, leaf, bitfield);
      return;
    case "known":
      return report(state, peer, verdict.change, "known bitfield");
    case "equivocation":
      state.deps.logger.log("warn", TARGET, "a validator signed two different bitfields", {
        relayParent,
        validator: bitfield.validatorIndex,
      });
      return;
    case "refused":
      return report(state, peer, verdict.change, verdict.reason);
    default:
      unreachable(verdict);
  }
}

function provide(
  { context }: State,
  relayParent: Hash,
  bitfield: UncheckedSignedAvailabilityBitfield,
): Promise<void> {
  return context.send("provisioner", {
    type: "provisionableData",
    relayParent,
    data: { type: "bitfield", bitfield },
  });
}

/** To the neighbours that the grid names and to a few others; held while the grid is unknown. */
async function relay(
  state: State,
  relayParent: Hash,
  leaf: RelayParentBitfields,
  bitfield: UncheckedSignedAvailabilityBitfield,
): Promise<void> {
  const grid = state.topologies.get(leaf.signingContext.sessionIndex);
  if (grid === undefined) return;
  const axes = grid.routes(bitfield.validatorIndex);
  const chosen: PeerId[] = [];
  const others: PeerId[] = [];
  for (const [id, peer] of state.peers) {
    if (!peer.heads.has(relayParent) || !leaf.isNewTo(id, bitfield.validatorIndex)) continue;
    (grid.isNeighbour(peer.authorities, axes) ? chosen : others).push(id);
  }
  chosen.push(...randomPeers(state.deps.random, others));
  await sendTo(state, chosen, relayParent, leaf, bitfield);
}

async function sendTo(
  { context }: State,
  peers: readonly PeerId[],
  relayParent: Hash,
  leaf: RelayParentBitfields,
  bitfield: UncheckedSignedAvailabilityBitfield,
): Promise<void> {
  if (peers.length === 0) return;
  for (const peer of peers) leaf.noteSent(peer, bitfield.validatorIndex);
  const value = { type: "bitfield", value: { relayParent, bitfield } } as const;
  const message = { type: "bitfieldDistribution", value } as const;
  await context.send("network-bridge-tx", { type: "sendValidationMessage", peers, message });
}

// Peers

async function onNetworkEvent(state: State, event: NetworkEvent): Promise<void> {
  const { peers } = state;
  switch (event.type) {
    case "peerConnected":
      peers.set(event.peer, { heads: new Set(), authorities: event.authorities });
      return;
    case "peerDisconnected":
      peers.delete(event.peer);
      for (const leaf of state.leaves.values()) leaf.forget(event.peer);
      return;
    case "peerViewChange":
      await onPeerView(state, event.peer, event.view.heads);
      return;
    case "updatedAuthorityIds": {
      const peer = peers.get(event.peer);
      if (peer !== undefined) peer.authorities = event.authorities;
      return;
    }
    case "newGossipTopology": {
      const grid = new GridView(event.topology);
      state.topologies.set(grid.session, grid);
      const oldest = Math.min(...state.topologies.keys()) as SessionIndex;
      if (state.topologies.size > TOPOLOGIES_MAX) state.topologies.delete(oldest);
      await relayHeld(state, grid.session);
      return;
    }
    case "peerMessage":
      await onPeerMessage(state, event.peer, event.message);
      return;
    case "ourViewChange":
      return;
    default:
      unreachable(event);
  }
}

async function onPeerMessage(state: State, peer: PeerId, message: PeerMessage): Promise<void> {
  const { relayParent, bitfield } = message.value;
  await onPeerBitfield(state, peer, relayParent, bitfield);
}

/** The grid of the session has arrived: what waited for it goes out. */
async function relayHeld(state: State, session: SessionIndex): Promise<void> {
  for (const [relayParent, leaf] of state.leaves) {
    if (leaf.signingContext.sessionIndex !== session) continue;
    for (const bitfield of leaf.bitfields()) await relay(state, relayParent, leaf, bitfield);
  }
}

/** A neighbour, or now and then another peer, that turns to a leaf late is told what it missed. */
async function onPeerView(state: State, id: PeerId, heads: readonly Hash[]): Promise<void> {
  const peer = state.peers.get(id);
  if (peer === undefined) return;
  const added = heads.filter((head) => !peer.heads.has(head));
  peer.heads = new Set(heads);
  const sample = Math.max(RANDOM_SAMPLE, state.peers.size);
  const isLucky = randomBelow(state.deps.random, sample) < RANDOM_PEERS;
  for (const relayParent of added) {
    const leaf = state.leaves.get(relayParent);
    if (leaf === undefined) continue;
    const grid = state.topologies.get(leaf.signingContext.sessionIndex);
    if (!isLucky && grid?.isNeighbour(peer.authorities, ["x", "y"]) !== true) continue;
    for (const bitfield of leaf.bitfields())
      if (leaf.isNewTo(id, bitfield.validatorIndex))
        await sendTo(state, [id], relayParent, leaf, bitfield);
  }
}

function report(
  { context }: State,
  peer: PeerId,
  change: ReputationClass,
  reason: string,
): Promise<void> {
  return context.send("network-bridge-tx", { type: "reportPeer", peer, change, reason });
}

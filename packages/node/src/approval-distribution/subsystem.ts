/**
 * Checks the assignments and votes of others and passes the good ones on: to approval voting, and
 * along the grid to peers that know the block. Guide: Approval Distribution.
 *
 * What comes within a short while is checked together, which costs less; what each peer is charged or thanked
 * for is the same as if all had been checked alone.
 *
 * A peer is told nothing twice, and of no vote before the assignments that it needs. While finality
 * lags, what was sent counts as lost and is sent again, to more and more peers.
 */
import {
  type Clock,
  HostError,
  type Logger,
  LruMap,
  type Random,
  type Result,
  sleep,
  unreachable,
} from "@parahost/base";
import type { SignatureItem, SignatureVerifier } from "@parahost/crypto";
import type { ClaimedAssignment, PeerId, ReputationClass, View } from "@parahost/network";
import {
  type AuthorityDiscoveryId,
  approvalPayload,
  type BlockNumber,
  type Hash,
  type IndirectSignedApprovalVote,
  type SessionIndex,
} from "@parahost/primitives";
import { onesOf } from "@parahost/scale";
import {
  type AssignmentError,
  type CheckedCert,
  checkAssignments,
} from "../approval-criteria/check.ts";
import type { ApprovalProfile } from "../approval-criteria/criteria.ts";
import { FUTURE_TICKS_MAX, slotTick, tickAt } from "../approval-criteria/ticks.ts";
import { randomPeers } from "../gossip-grid.ts";
import { GridView } from "../grid-view.ts";
import type { NetworkEvent } from "../network-bridge/messages.ts";
import type { Context } from "../overseer/context.ts";
import {
  approvalGossip,
  assignmentGossip,
  authorOf,
  BlockGossip,
  type Gossip,
} from "./block-gossip.ts";
import type { ApprovalBlock, ApprovalDistributionMessage } from "./messages.ts";

const TARGET = "parachain::approval-distribution";
/** Up to so many validators everybody is told directly. */
const SMALL_NETWORK = 30;
/** Age of the oldest open block at which messages of our own go to all. */
const OWN_TO_ALL_BLOCKS = 16;
/** Age at which everything goes along both axes. */
const ALL_ON_GRID_BLOCKS = 28;
/** Everything about lagging blocks is sent again every so many blocks. */
const RESEND_BLOCKS = 8;
const RESEND_BLOCKS_SMALL = 4;
/** Messages in one notification: a third of its limit for the longest of them. */
const ASSIGNMENTS_PER_MESSAGE = 100;
const APPROVALS_PER_MESSAGE = 150;
/** Blocks that were final a short while ago: messages about them are late, not wrong. */
const OUTDATED_MAX = 20;
/** Messages about heads of ours that approval voting has not read yet. */
const EARLY_MAX = 2048;
const TOPOLOGIES_MAX = 6;
/** So long what has come waits for more, unless there is this much. Performance budget, 5. */
const WINDOW_MS = 10;
const WINDOW_MAX = 256;

export type ApprovalDistributionSends = "approval-voting" | "network-bridge-tx";
export type ApprovalDistributionContext = Context<
  "approval-distribution",
  ApprovalDistributionSends
>;

export interface ApprovalDistributionDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  readonly verifier: SignatureVerifier;
  readonly profile: ApprovalProfile;
  readonly slotMs: number;
}

type WireMessage = Extract<
  Extract<ApprovalDistributionMessage, { type: "networkEvent" }>["event"],
  { type: "peerMessage" }
>["message"];

interface Peer {
  view: View;
  /** The open blocks on the chains that it follows: it has taken them in. */
  seen: ReadonlySet<Hash>;
  authorities: readonly AuthorityDiscoveryId[];
}

/** What a peer has told us. */
interface Told<G extends Gossip = Gossip> {
  readonly peer: PeerId;
  readonly gossip: G;
}
type AssignmentTold = Told<Extract<Gossip, { readonly type: "assignment" }>>;
type ApprovalTold = Told<Extract<Gossip, { readonly type: "approval" }>>;

interface State {
  readonly context: ApprovalDistributionContext;
  readonly deps: ApprovalDistributionDependencies;
  readonly blocks: Map<Hash, BlockGossip>;
  /** The bridge bounds their number. */
  readonly peers: Map<PeerId, Peer>;
  readonly topologies: LruMap<SessionIndex, GridView>;
  readonly outdated: LruMap<Hash, true>;
  ourHeads: ReadonlySet<Hash>;
  early: Told[];
  /** To be checked when the window closes. */
  waiting: Told[];
  highest: BlockNumber;
  /** The lowest open block, looked for only when blocks come or go. */
  lowest: BlockNumber | undefined;
}

/** Gossips until concluded. */
export async function run(
  context: ApprovalDistributionContext,
  deps: ApprovalDistributionDependencies,
): Promise<void> {
  const state: State = {
    context,
    deps,
    blocks: new Map(),
    peers: new Map(),
    topologies: new LruMap(TOPOLOGIES_MAX),
    outdated: new LruMap(OUTDATED_MAX),
    ourHeads: new Set(),
    early: [],
    waiting: [],
    highest: 0,
    lowest: undefined,
  };
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") {
      await onMessage(state, incoming.message);
      continue;
    }
    const { signal } = incoming;
    if (signal.type === "conclude") return;
    if (signal.type === "blockFinalized") onFinalized(state, signal.number);
  }
}

async function onMessage(state: State, message: ApprovalDistributionMessage): Promise<void> {
  switch (message.type) {
    case "newBlocks":
      await onNewBlocks(state, message.blocks);
      return;
    case "distributeAssignment":
      await onOwn(state, assignmentGossip(message.assignment));
      return;
    case "distributeApproval":
      await onOwn(state, approvalGossip(message.vote));
      return;
    case "networkEvent":
      await onNetworkEvent(state, message.event);
      return;
    default:
      unreachable(message);
  }
}

// Blocks

async function onNewBlocks(state: State, blocks: readonly ApprovalBlock[]): Promise<void> {
  for (const block of blocks) {
    const known = state.blocks.get(block.hash);
    // Told again when its author turns out to have made another.
    if (known === undefined) state.blocks.set(block.hash, new BlockGossip(block));
    else known.block = block;
    state.highest = Math.max(state.highest, block.number);
    state.lowest = Math.min(state.lowest ?? block.number, block.number);
    for (const peer of state.peers.values())
      if (peer.view.heads.includes(block.hash)) look(state, peer);
  }
  const { early } = state;
  state.early = [];
  for (const told of early) await onGossip(state, told);
  await resendWhenLagging(state);
}

function onFinalized(state: State, number: BlockNumber): void {
  state.lowest = undefined;
  for (const [hash, { block }] of state.blocks) {
    if (block.number > number) {
      state.lowest = Math.min(state.lowest ?? block.number, block.number);
      continue;
    }
    state.blocks.delete(hash);
    state.outdated.set(hash, true);
  }
  for (const peer of state.peers.values()) look(state, peer);
}

function isSmall({ block }: BlockGossip): boolean {
  return block.sessionInfo.validators.length <= SMALL_NETWORK;
}

/** Blocks between the oldest open one and the newest. */
function lagOf({ highest, lowest = highest }: State): number {
  return highest - lowest;
}

async function resendWhenLagging(state: State): Promise<void> {
  const lag = lagOf(state);
  for (const gossip of state.blocks.values()) {
    const age = state.highest - gossip.block.number;
    const period = isSmall(gossip) ? RESEND_BLOCKS_SMALL : RESEND_BLOCKS;
    const least = isSmall(gossip) ? RESEND_BLOCKS_SMALL : OWN_TO_ALL_BLOCKS;
    if (lag < least || age === 0 || age % period !== 0) continue;
    gossip.forgetAll();
    for (const peer of state.peers.keys()) await unify(state, peer, gossip);
  }
}

// Sending

/** Checked already by who made it. */
async function onOwn(state: State, gossip: Gossip): Promise<void> {
  const block = state.blocks.get(blockOf(gossip));
  if (block === undefined || block.has(gossip)) return;
  block.add(gossip);
  await spread(state, block, gossip);
}

const blockOf = (gossip: Gossip): Hash =>
  gossip.type === "assignment" ? gossip.assignment.assignment.blockHash : gossip.vote.blockHash;

/** Finds the open blocks on the chains of the peer's heads. */
function look({ blocks }: State, peer: Peer): void {
  const seen = new Set<Hash>();
  for (const head of peer.view.heads) {
    let at = blocks.get(head)?.block;
    while (at !== undefined && at.number > peer.view.finalizedNumber && !seen.has(at.hash)) {
      seen.add(at.hash);
      at = blocks.get(at.parentHash)?.block;
    }
  }
  peer.seen = seen;
}

/** Whether the grid, the size of the network, or its trouble makes us tell this peer. */
function isRouted(state: State, peer: Peer, block: BlockGossip, gossip: Gossip): boolean {
  const { session } = block.block;
  const grid = state.topologies.get(session);
  const author = authorOf(gossip);
  const lag = lagOf(state);
  const axes = grid?.routes(author) ?? [];
  // Only what we said ourselves goes along both axes.
  const isOwn = axes.length === 2;
  if (isSmall(block)) return true;
  if (grid === undefined) return false;
  if (isOwn && lag >= OWN_TO_ALL_BLOCKS) return true;
  return grid.isNeighbour(peer.authorities, lag >= ALL_ON_GRID_BLOCKS ? ["x", "y"] : axes);
}

async function spread(state: State, block: BlockGossip, gossip: Gossip): Promise<void> {
  const chosen: PeerId[] = [];
  const others: PeerId[] = [];
  for (const [id, peer] of state.peers) {
    if (block.knows(id, gossip) || !peer.seen.has(block.block.hash)) continue;
    (isRouted(state, peer, block, gossip) ? chosen : others).push(id);
  }
  chosen.push(...randomPeers(state.deps.random, others));
  for (const peer of chosen) await sendTo(state, peer, block, [gossip]);
}

/** Tells a peer all that it does not know of the block and should hear from us. */
async function unify(state: State, id: PeerId, block: BlockGossip): Promise<void> {
  const peer = state.peers.get(id);
  if (peer === undefined || !peer.seen.has(block.block.hash)) return;
  const missing = [...block.messages()].filter(
    (gossip) => !block.knows(id, gossip) && isRouted(state, peer, block, gossip),
  );
  await sendTo(state, id, block, missing);
}

/** Before a vote come all assignments of its validator that the peer has not heard of. */
async function sendTo(
  state: State,
  peer: PeerId,
  block: BlockGossip,
  gossips: readonly Gossip[],
): Promise<void> {
  const voters = new Set(gossips.filter(({ type }) => type === "approval").map(authorOf));
  const toSend = new Set(gossips);
  for (const voter of voters)
    for (const assignment of block.assignmentsOf(voter))
      if (!block.knows(peer, assignment)) toSend.add(assignment);
  const assignments: ClaimedAssignment[] = [];
  const votes: IndirectSignedApprovalVote[] = [];
  for (const gossip of toSend) {
    block.noteKnown(peer, gossip);
    if (gossip.type === "assignment") assignments.push(gossip.assignment);
    else votes.push(gossip.vote);
  }
  for (let i = 0; i < assignments.length; i += ASSIGNMENTS_PER_MESSAGE)
    await sendWire(state, peer, {
      type: "assignments",
      value: assignments.slice(i, i + ASSIGNMENTS_PER_MESSAGE),
    });
  for (let i = 0; i < votes.length; i += APPROVALS_PER_MESSAGE)
    await sendWire(state, peer, {
      type: "approvals",
      value: votes.slice(i, i + APPROVALS_PER_MESSAGE),
    });
}

function sendWire({ context }: State, peer: PeerId, value: WireMessage): Promise<void> {
  const message = { type: "approvalDistribution", value } as const;
  return context.send("network-bridge-tx", {
    type: "sendValidationMessage",
    peers: [peer],
    message,
  });
}

// Peers

async function onNetworkEvent(state: State, event: NetworkEvent<WireMessage>): Promise<void> {
  const { peers } = state;
  switch (event.type) {
    case "peerConnected": {
      const view = { heads: [], finalizedNumber: 0 };
      peers.set(event.peer, { view, seen: new Set(), authorities: event.authorities });
      return;
    }
    case "peerDisconnected":
      peers.delete(event.peer);
      for (const block of state.blocks.values()) block.forget(event.peer);
      return;
    case "peerViewChange": {
      const peer = peers.get(event.peer);
      if (peer === undefined) return;
      peer.view = event.view;
      look(state, peer);
      for (const block of state.blocks.values()) await unify(state, event.peer, block);
      return;
    }
    case "updatedAuthorityIds": {
      const peer = peers.get(event.peer);
      if (peer !== undefined) peer.authorities = event.authorities;
      return;
    }
    case "newGossipTopology": {
      const { session } = event.topology;
      state.topologies.set(session, new GridView(event.topology));
      for (const block of state.blocks.values())
        if (block.block.session === session)
          for (const peer of peers.keys()) await unify(state, peer, block);
      return;
    }
    case "ourViewChange":
      state.ourHeads = new Set(event.view.heads);
      state.early = state.early.filter(({ gossip }) => state.ourHeads.has(blockOf(gossip)));
      return;
    case "peerMessage": {
      const { message } = event;
      const gossips =
        message.type === "assignments"
          ? message.value.map(assignmentGossip)
          : message.value.map(approvalGossip);
      for (const gossip of gossips) await onGossip(state, { peer: event.peer, gossip });
      return;
    }
    default:
      unreachable(event);
  }
}

/** Takes note of what needs no check, and lets the rest wait for its window to close. */
async function onGossip(state: State, told: Told): Promise<void> {
  const { peer, gossip } = told;
  const hash = blockOf(gossip);
  if (!state.blocks.has(hash)) {
    if (state.outdated.has(hash)) return;
    if (!state.ourHeads.has(hash)) return report(state, peer, "costMinor", "unknown block");
    // Told of our view, the peer was faster than approval voting.
    if (state.early.length < EARLY_MAX) state.early.push(told);
    return;
  }
  if ((await newsOf(state, told)) === undefined) return;
  state.waiting.push(told);
  if (state.waiting.length >= WINDOW_MAX) await checkWaiting(state);
  else if (state.waiting.length === 1)
    state.context.spawn("check together", async (abort) => {
      if (await sleep(state.deps.clock, WINDOW_MS, abort)) await checkWaiting(state);
    });
}

/** The block, if the message says something new about it. */
async function newsOf(state: State, { peer, gossip }: Told): Promise<BlockGossip | undefined> {
  const block = state.blocks.get(blockOf(gossip));
  if (block === undefined) return undefined;
  if (block.has(gossip)) {
    // Validators send again what may have been lost.
    const isRepeated = block.knows(peer, gossip) && !isAuthority(state, peer);
    block.noteKnown(peer, gossip);
    if (isRepeated) await report(state, peer, "costMinorRepeated", "told twice");
    return undefined;
  }
  // A second certificate or vote for the same candidates says nothing; its check would be wasted.
  return block.isNews(gossip) ? block : undefined;
}

function isAuthority({ peers }: State, peer: PeerId): boolean {
  return (peers.get(peer)?.authorities.length ?? 0) > 0;
}

/** Assignments first: votes need them. */
async function checkWaiting(state: State): Promise<void> {
  const { waiting } = state;
  state.waiting = [];
  await onAssignments(state, waiting.filter(isAssignment));
  await onApprovals(state, waiting.filter(isApproval));
}

const isAssignment = (told: Told): told is AssignmentTold => told.gossip.type === "assignment";
const isApproval = (told: Told): told is ApprovalTold => told.gossip.type === "approval";

async function onAssignments(state: State, told: readonly AssignmentTold[]): Promise<void> {
  const { profile } = state.deps;
  const asked = distinct(told).flatMap(({ gossip }) => {
    const block = state.blocks.get(blockOf(gossip))?.block;
    if (block === undefined) return [];
    const { assignment, claimedCandidates: claimed } = gossip.assignment;
    const { validator, cert } = assignment;
    const claim = { session: block.sessionInfo, block, validator, cert, claimed };
    return [{ id: gossip.id, claim }];
  });
  const answers = checkAssignments(
    profile,
    asked.map(({ claim }) => claim),
  );
  const checked = new Map(asked.map(({ id }, i) => [id, answers[i]]));
  for (const one of told) {
    const block = await newsOf(state, one);
    const answer = checked.get(one.gossip.id);
    if (block !== undefined && answer !== undefined) await onAssignment(state, one, block, answer);
  }
}

async function onAssignment(
  state: State,
  { peer, gossip }: AssignmentTold,
  block: BlockGossip,
  checked: Result<CheckedCert, AssignmentError>,
): Promise<void> {
  const { assignment, claimedCandidates } = gossip.assignment;
  const { validator } = assignment;
  const { slot, hash } = block.block;
  const { clock, slotMs, logger } = state.deps;
  if (!checked.ok) {
    logger.log("debug", TARGET, "bad assignment", { peer, validator, why: checked.error.code });
    // Who has seen the author's other block may be ahead of us.
    if (checked.error.code === "notEquivocated") return;
    return report(state, peer, "costMajor", checked.error.code);
  }
  const due = slotTick(slot, slotMs) + checked.value.tranche;
  if (due > tickAt(clock.now()) + FUTURE_TICKS_MAX)
    return report(state, peer, "costMinor", "tranche too far in the future");
  block.add(gossip);
  block.noteKnown(peer, gossip);
  await state.context.send("approval-voting", {
    type: "importAssignment",
    blockHash: hash,
    validator,
    candidates: onesOf(claimedCandidates),
    cert: checked.value,
  });
  await report(state, peer, "benefitMinorFirst", "first assignment");
  await spread(state, block, gossip);
}

async function onApprovals(state: State, told: readonly ApprovalTold[]): Promise<void> {
  const plausible: ApprovalTold[] = [];
  const items = new Map<string, SignatureItem>();
  for (const one of told) {
    const block = await newsOf(state, one);
    if (block === undefined) continue;
    const { id, vote } = one.gossip;
    const item = signatureOf(block.block, vote);
    if (item === undefined) await report(state, one.peer, "costMajor", "vote on nothing");
    else if (!block.isAssigned(vote))
      await report(state, one.peer, "costMinor", "vote without assignment");
    else {
      plausible.push(one);
      items.set(id, item);
    }
  }
  const answers = await verify(state, [...items.values()]);
  const signed = new Set([...items.keys()].filter((_, i) => answers[i] === true));
  for (const one of plausible) {
    const block = await newsOf(state, one);
    if (block === undefined) continue;
    if (signed.has(one.gossip.id)) await onApproval(state, one, block);
    else if (answers.length > 0) await report(state, one.peer, "costMajor", "wrong signature");
  }
}

/** What the vote's validator has to have signed; `undefined` for a vote on nothing. */
function signatureOf(
  { candidates, session, sessionInfo }: ApprovalBlock,
  { candidateIndices, validator, signature }: IndirectSignedApprovalVote,
): SignatureItem | undefined {
  const named = onesOf(candidateIndices);
  const hashes = named.flatMap((index) => candidates[index]?.candidate ?? []);
  const publicKey = sessionInfo.validators[validator];
  if (hashes.length === 0 || hashes.length !== named.length || publicKey === undefined)
    return undefined;
  return { scheme: "sr25519", publicKey, message: approvalPayload(hashes, session), signature };
}

/** No answers when it is our machine that fails: then the votes are neither good nor bad. */
async function verify(
  { deps: { verifier, logger } }: State,
  items: readonly SignatureItem[],
): Promise<readonly boolean[]> {
  try {
    return await verifier.verifyBatch(items);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    logger.log("warn", TARGET, "votes are left unchecked", { why: error.code });
    return [];
  }
}

async function onApproval(
  state: State,
  { peer, gossip }: ApprovalTold,
  block: BlockGossip,
): Promise<void> {
  block.add(gossip);
  block.noteKnown(peer, gossip);
  await state.context.send("approval-voting", { type: "importApproval", vote: gossip.vote });
  await report(state, peer, "benefitMinorFirst", "first approval");
  await spread(state, block, gossip);
}

/** Each message once, however many have told it: equal ids are equal bytes. */
function distinct<T extends Told>(told: readonly T[]): readonly T[] {
  return [...new Map(told.map((one) => [one.gossip.id, one])).values()];
}

function report(
  { context }: State,
  peer: PeerId,
  change: ReputationClass,
  reason: string,
): Promise<void> {
  return context.send("network-bridge-tx", { type: "reportPeer", peer, change, reason });
}

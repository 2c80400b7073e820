/**
 * The validator's side: accepts collators of the paras that our group backs, chooses what to fetch,
 * passes it to backing, tells the collator what became of it, and punishes. Guide: Candidate Selection;
 * node-side reference, 5.8.
 *
 * Messages and requests can be lost. So a declaration and an advertisement may be repeated: the repeat
 * costs nothing, and changes nothing unless the collation could not be fetched. A fetch without an answer
 * is tried again a few times.
 */
import { type Clock, describe, type Logger, LruMap, sleep } from "@parahost/base";
import type { Keystore, SignatureVerifier } from "@parahost/crypto";
import {
  type AdvertiseCollation,
  type Declare,
  declarePayload,
  type PeerId,
  type ReputationClass,
  type CollatorProtocolMessage as WireMessage,
} from "@parahost/network";
import {
  asValidatorIndex,
  type CandidateHash,
  type CandidateReceipt,
  type CollatorId,
  candidateHash,
  type Hash,
  type HeadData,
  type ParaId,
  type PersistedValidationData,
  type PoV,
  type SessionIndex,
} from "@parahost/primitives";
import { backingCores, groupOf } from "../backing-groups/backing-cores.ts";
import { ImplicitView, openLeafView } from "../implicit-view.ts";
import type { NetworkEvent } from "../network-bridge/messages.ts";
import type { Context } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import type { ActivatedLeaf } from "../overseer/signal.ts";
import type { ParentHead } from "../prospective-parachains/messages.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { type Advertisement, FetchQueue } from "./fetch-queue.ts";
import { checkFetched } from "./fetched.ts";
import type { CollatorProtocolMessage } from "./messages.ts";

const TARGET = "parachain::collator-protocol";
/** A peer that does not say what it collates for is not kept. */
const DECLARE_WITHIN_MS = 1000;
/** A collator that advertised nothing for this long is not kept. */
const INACTIVE_MS = 24_000;
/** After this long without an answer the next advertised collation is fetched as well. */
const FETCH_PATIENCE_MS = 400;
/** Times that one advertised collation is asked for before it is given up. */
const FETCHES_MAX = 3;
/** Leaves that are gone: whoever advertises there is merely late. */
const PAST_MAX = 64;
/** Different collations that one peer may advertise at one relay parent. */
const ADVERTISEMENTS_PER_PEER_MAX = 3;
/** Collators that are not heard for the rest of a session. */
const BLOCKED_MAX = 1024;
/** Collators whose number of fetches is remembered. */
const SERVED_MAX = 4096;

export type ValidatorSideSends =
  | "runtime-api"
  | "chain-api"
  | "prospective-parachains"
  | "candidate-backing"
  | "network-bridge-tx";
export type ValidatorSideContext = Context<"collator-protocol", ValidatorSideSends>;

export interface ValidatorSideDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keystore: Keystore;
  readonly verifier: SignatureVerifier;
}

interface Collating {
  readonly collator: CollatorId;
  readonly paraId: ParaId;
  /** What it advertised at each active relay parent. */
  readonly advertised: Map<Hash, Set<CandidateHash>>;
  lastActive: number;
}

interface Peer {
  /** Absent until the peer has declared itself. */
  collating: Collating | undefined;
}

interface BlockedCollation {
  readonly advertised: Advertisement;
  readonly candidateReceipt: CandidateReceipt;
  readonly pov: PoV;
}

interface RelayParent {
  readonly hash: Hash;
  readonly session: SessionIndex;
  /** Paras that our group may back in the child block; none when we are no validator. */
  readonly paras: readonly ParaId[];
  /** Candidates that we may second here. */
  readonly secondedMax: number;
  readonly queue: FetchQueue;
  /** Fetches that have not ended. */
  fetching: number;
  /** How often each peer was asked for each collation; as bounded as advertisements are. */
  readonly asks: Map<string, number>;
  /** Collations that backing has or had. */
  readonly handedOver: Set<CandidateHash>;
  /** Collations handed to backing that it has not judged, by candidate. */
  readonly inBacking: Map<CandidateHash, Advertisement>;
  /** Fetched without the head that they build on, which is not known yet. */
  readonly blocked: Map<CandidateHash, BlockedCollation>;
  /** Candidates that backing seconded; when they are enough, nothing more is fetched here. */
  secondedCount: number;
}

interface State {
  readonly context: ValidatorSideContext;
  readonly deps: ValidatorSideDependencies;
  readonly peers: Map<PeerId, Peer>;
  readonly view: ImplicitView;
  readonly relayParents: Map<Hash, RelayParent>;
  readonly past: LruMap<Hash, true>;
  session: SessionIndex | undefined;
  readonly blocked: Set<CollatorId>;
  readonly served: Map<CollatorId, number>;
}

export async function runValidatorSide(
  context: ValidatorSideContext,
  deps: ValidatorSideDependencies,
): Promise<void> {
  const state: State = {
    context,
    deps,
    peers: new Map(),
    view: new ImplicitView(),
    relayParents: new Map(),
    past: new LruMap(PAST_MAX),
    session: undefined,
    blocked: new Set(),
    served: new Map(),
  };
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") {
      await handle(state, incoming.message);
      continue;
    }
    const { signal } = incoming;
    if (signal.type === "conclude") return;
    if (signal.type !== "activeLeaves") continue;
    // First the new leaf, so that what it has in common with the old one goes on.
    const isOpen = signal.activated !== undefined && (await openLeaf(state, signal.activated));
    for (const hash of state.view.deactivate(signal.deactivated)) {
      state.relayParents.delete(hash);
      state.past.set(hash, true);
      for (const { collating } of state.peers.values()) collating?.advertised.delete(hash);
    }
    if (isOpen) await partWithOthers(state);
  }
}

/** False for a leaf on which nothing is done. */
async function openLeaf(state: State, leaf: ActivatedLeaf): Promise<boolean> {
  const { context, deps, past, view } = state;
  // Nobody seconds on a leaf that was active before.
  const opened = leaf.status === "stale" ? undefined : await openLeafView(context, leaf);
  if (opened === undefined) {
    past.set(leaf.hash, true);
    return false;
  }
  for (const { hash } of view.activate(leaf.hash, opened)) {
    if (await openRelayParent(state, hash, opened.params.maxCandidateDepth + 1)) continue;
    deps.logger.log("debug", TARGET, "no runtime data, no collations here", { relayParent: hash });
    past.set(hash, true);
  }
  return state.relayParents.has(leaf.hash);
}

/** Learns which paras our group may back on the relay parent. False when the runtime does not say. */
async function openRelayParent(state: State, hash: Hash, secondedMax: number): Promise<boolean> {
  const { context, deps } = state;
  const session = await queryRuntime(context, hash, "sessionIndexForChild");
  const validators = await queryRuntime(context, hash, "validators");
  const groups = await queryRuntime(context, hash, "validatorGroups");
  const cores = await queryRuntime(context, hash, "availabilityCores");
  if (
    session === undefined ||
    validators === undefined ||
    groups === undefined ||
    cores === undefined
  )
    return false;
  if (session !== state.session) {
    state.session = session;
    state.blocked.clear();
    state.served.clear();
  }
  const local = validators.findIndex((key) => deps.keystore.has("para", key));
  const group = local < 0 ? undefined : groupOf(groups.groups, asValidatorIndex(local));
  const ours = backingCores(cores, groups).filter((core) => core.group === group);
  state.past.delete(hash);
  state.relayParents.set(hash, {
    hash,
    session,
    paras: group === undefined ? [] : ours.flatMap(({ paras }) => paras),
    secondedMax,
    queue: new FetchQueue(),
    fetching: 0,
    asks: new Map(),
    handedOver: new Set(),
    inBacking: new Map(),
    blocked: new Map(),
    secondedCount: 0,
  });
  return true;
}

/** Collators of paras that are ours nowhere, and those that are idle, are not kept. */
async function partWithOthers(state: State): Promise<void> {
  const paras = parasOfInterest(state);
  const idleSince = state.deps.clock.now() - INACTIVE_MS;
  const leaving = [...state.peers].flatMap(([peer, { collating }]) =>
    collating !== undefined && (!paras.has(collating.paraId) || collating.lastActive < idleSince)
      ? [peer]
      : [],
  );
  await disconnect(state, leaving);
}

function parasOfInterest({ relayParents }: State): ReadonlySet<ParaId> {
  return new Set([...relayParents.values()].flatMap(({ paras }) => paras));
}

async function handle(state: State, message: CollatorProtocolMessage): Promise<void> {
  switch (message.type) {
    case "networkEvent":
      await onNetworkEvent(state, message.event);
      break;
    case "seconded":
      await onSeconded(state, message);
      break;
    case "invalid":
      await onInvalid(state, message.relayParent, message.candidateReceipt);
      break;
    case "collationRequest":
      // Validators have no collations to give.
      message.reply.cancel();
      break;
    // Of the collator's side.
    case "collateOn":
    case "distributeCollation":
    case "connectToBackingGroups":
    case "disconnectFromBackingGroups":
      break;
  }
}

async function report(
  { context }: State,
  peer: PeerId,
  change: ReputationClass,
  reason: string,
): Promise<void> {
  await context.send("network-bridge-tx", { type: "reportPeer", peer, change, reason });
}

async function disconnect({ context }: State, peers: readonly PeerId[]): Promise<void> {
  if (peers.length > 0)
    await context.send("network-bridge-tx", {
      type: "disconnectPeers",
      peers,
      peerSet: "collation",
    });
}

// Peers

async function onNetworkEvent(state: State, event: NetworkEvent<WireMessage>): Promise<void> {
  const { deps, context } = state;
  switch (event.type) {
    case "peerConnected": {
      const peer: Peer = { collating: undefined };
      state.peers.set(event.peer, peer);
      context.spawn("await declaration", async (signal) => {
        if (!(await sleep(deps.clock, DECLARE_WITHIN_MS, signal))) return;
        if (state.peers.get(event.peer) === peer && peer.collating === undefined)
          await disconnect(state, [event.peer]);
      });
      break;
    }
    case "peerDisconnected":
      state.peers.delete(event.peer);
      for (const { queue } of state.relayParents.values()) queue.removePeer(event.peer);
      break;
    case "peerMessage":
      await onMessage(state, event.peer, event.message);
      break;
    case "peerViewChange":
    case "ourViewChange":
    case "newGossipTopology":
    case "updatedAuthorityIds":
      break;
  }
}

async function onMessage(state: State, peer: PeerId, message: WireMessage): Promise<void> {
  switch (message.type) {
    case "declare":
      await onDeclare(state, peer, message.value);
      break;
    case "advertiseCollation":
      await onAdvertise(state, peer, message.value);
      break;
    case "collationSeconded":
      await report(state, peer, "costMinor", "collators do not second");
      break;
  }
}

async function onDeclare(state: State, peer: PeerId, declared: Declare): Promise<void> {
  const known = state.peers.get(peer);
  if (known === undefined) return;
  const before = known.collating;
  if (before !== undefined) {
    const isSame = before.collator === declared.collatorId && before.paraId === declared.paraId;
    if (!isSame) await report(state, peer, "costMinor", "declared twice");
    return;
  }
  const isSigned = state.deps.verifier.verify({
    scheme: "sr25519",
    publicKey: declared.collatorId,
    message: declarePayload(peer),
    signature: declared.signature,
  });
  if (!isSigned) {
    await report(state, peer, "malicious", "bad signature on a declaration");
    return;
  }
  if (state.blocked.has(declared.collatorId)) {
    await disconnect(state, [peer]);
    return;
  }
  if (!parasOfInterest(state).has(declared.paraId)) {
    // It may merely be early, hence the least cost.
    await report(state, peer, "costMinor", "collates for a para that is not ours");
    await disconnect(state, [peer]);
    return;
  }
  known.collating = {
    collator: declared.collatorId,
    paraId: declared.paraId,
    advertised: new Map(),
    lastActive: state.deps.clock.now(),
  };
}

// Advertisements

async function onAdvertise(
  state: State,
  peer: PeerId,
  { relayParent: hash, candidateHash: candidate, parentHeadDataHash }: AdvertiseCollation,
): Promise<void> {
  const collating = state.peers.get(peer)?.collating;
  if (collating === undefined) {
    await report(state, peer, "costMinor", "advertises without a declaration");
    return;
  }
  const relayParent = state.relayParents.get(hash);
  if (relayParent === undefined) {
    if (!state.past.has(hash))
      await report(state, peer, "costMinor", "advertises on a relay parent out of view");
    return;
  }
  if (!relayParent.paras.includes(collating.paraId)) {
    await report(state, peer, "costMinor", "advertises for a para without a core here");
    return;
  }
  const advertised = collating.advertised.get(hash) ?? new Set();
  collating.lastActive = state.deps.clock.now();
  const isRepeat = advertised.has(candidate);
  if (isRepeat && !isWorthRetrying(relayParent, peer, candidate)) return;
  if (!isRepeat && advertised.size >= ADVERTISEMENTS_PER_PEER_MAX) {
    await report(state, peer, "costMinor", "advertises too much");
    return;
  }
  advertised.add(candidate);
  collating.advertised.set(hash, advertised);
  const advertisement: Advertisement = {
    peer,
    collator: collating.collator,
    paraId: collating.paraId,
    relayParent: hash,
    candidateHash: candidate,
    parentHeadDataHash,
  };
  state.context.spawn("consider an advertisement", async () => {
    const canSecond = await unlessCancelled(
      state.context.ask("candidate-backing", {
        type: "canSecond",
        paraId: collating.paraId,
        relayParent: hash,
        candidateHash: candidate,
        parentHeadDataHash,
      }),
    );
    if (canSecond !== true || state.relayParents.get(hash) !== relayParent) return;
    relayParent.queue.push(advertisement);
    if (relayParent.fetching === 0 && relayParent.inBacking.size === 0)
      fetchNext(state, relayParent);
  });
}

// Fetching

const askKey = (peer: PeerId, candidate: CandidateHash): string => `${peer} ${candidate}`;

/** Whether a collation that is advertised again was asked for in vain, and is not asked for now. */
function isWorthRetrying(
  { asks, fetching, handedOver, queue }: RelayParent,
  peer: PeerId,
  candidate: CandidateHash,
): boolean {
  const times = asks.get(askKey(peer, candidate)) ?? 0;
  const isIdle = fetching === 0 && queue.size === 0;
  return isIdle && times > 0 && times < 2 * FETCHES_MAX && !handedOver.has(candidate);
}

const isFull = ({ secondedCount, secondedMax }: RelayParent): boolean =>
  secondedCount >= secondedMax;

/** Begins the next fetch, if there is one and something may still be seconded here. */
function fetchNext(state: State, relayParent: RelayParent): void {
  const { asks, handedOver, queue } = relayParent;
  const { served } = state;
  if (isFull(relayParent) || state.relayParents.get(relayParent.hash) !== relayParent) return;
  const next = queue.shift(served);
  if (next === undefined) return;
  if (state.blocked.has(next.collator) || handedOver.has(next.candidateHash)) {
    fetchNext(state, relayParent);
    return;
  }
  if (served.size < SERVED_MAX || served.has(next.collator))
    served.set(next.collator, (served.get(next.collator) ?? 0) + 1);
  const key = askKey(next.peer, next.candidateHash);
  const times = (asks.get(key) ?? 0) + 1;
  asks.set(key, times);
  relayParent.fetching += 1;
  let outcome: FetchOutcome | undefined;
  state.context.spawn("fetch a collation", async () => {
    outcome = await fetch(state, relayParent, next);
    relayParent.fetching -= 1;
    if (outcome !== "handedOver") fetchNext(state, relayParent);
  });
  state.context.spawn("fetch patience", async (signal) => {
    if (!(await sleep(state.deps.clock, FETCH_PATIENCE_MS, signal))) return;
    const isUnanswered = outcome === undefined || outcome === "noAnswer";
    if (!isUnanswered) return;
    if (times < FETCHES_MAX && state.peers.has(next.peer)) queue.push(next);
    if (outcome === undefined || relayParent.fetching === 0) fetchNext(state, relayParent);
  });
}

/** What came of asking for a collation: backing has it, it was refused, or it may be asked for again. */
type FetchOutcome = "handedOver" | "refused" | "noAnswer";

async function fetch(
  state: State,
  relayParent: RelayParent,
  advertised: Advertisement,
): Promise<FetchOutcome> {
  const { context, deps } = state;
  const { peer } = advertised;
  const answer = await unlessCancelled(
    context.ask("network-bridge-tx", {
      type: "requestCollation",
      to: { type: "peer", peer },
      payload: {
        relayParent: advertised.relayParent,
        paraId: advertised.paraId,
        candidateHash: advertised.candidateHash,
      },
      ifDisconnected: "immediateError",
    }),
  );
  if (state.relayParents.get(relayParent.hash) !== relayParent) return "refused";
  if (answer === undefined) return "noAnswer";
  if (!answer.ok) {
    deps.logger.log("debug", TARGET, `collation not fetched: ${answer.error.code}`, { peer });
    if (answer.error.code === "timeout")
      await report(state, peer, "costMinor", "collation request timed out");
    return answer.error.code === "undecodable" ? "refused" : "noAnswer";
  }
  const { candidateReceipt, pov } = answer.value.response.value;
  const parentHeadData =
    answer.value.response.type === "collationWithParentHeadData"
      ? answer.value.response.value.parentHeadData
      : undefined;
  const validationData = await validationDataFor(state, advertised, parentHeadData);
  // An earlier request for it may have been answered meanwhile.
  if (relayParent.handedOver.has(advertised.candidateHash)) return "handedOver";
  if (validationData === undefined) {
    if (parentHeadData === undefined && relayParent.blocked.size < relayParent.secondedMax)
      relayParent.blocked.set(advertised.candidateHash, { advertised, candidateReceipt, pov });
    return "refused";
  }
  return take(
    state,
    relayParent,
    { advertised, candidateReceipt, pov },
    validationData,
    parentHeadData,
  );
}

/** Checks what was fetched, and gives it to backing. */
async function take(
  state: State,
  relayParent: RelayParent,
  { advertised, candidateReceipt, pov }: BlockedCollation,
  validationData: PersistedValidationData,
  parentHeadData: HeadData | undefined,
): Promise<"handedOver" | "refused"> {
  const { peer } = advertised;
  const checked = checkFetched(advertised, candidateReceipt, pov, parentHeadData, validationData);
  if (!checked.ok) {
    await report(state, peer, "malicious", `collation is not what was advertised`);
    block(state, advertised.collator);
    state.deps.logger.log("warn", TARGET, `collation refused: ${describe(checked.error)}`, {
      peer,
    });
    return "refused";
  }
  await hand(state, relayParent, advertised, candidateReceipt, pov, validationData);
  return "handedOver";
}

/** The data that a candidate on the advertised head is validated with. */
async function validationDataFor(
  { context }: State,
  { relayParent, paraId, parentHeadDataHash }: Advertisement,
  parentHeadData: HeadData | undefined,
): Promise<PersistedValidationData | undefined> {
  const parentHead: ParentHead =
    parentHeadData === undefined
      ? { type: "hash", value: parentHeadDataHash }
      : { type: "data", value: parentHeadData };
  return unlessCancelled(
    context.ask("prospective-parachains", {
      type: "getProspectiveValidationData",
      paraId,
      relayParent,
      parentHead,
    }),
  );
}

/** The head of a candidate is known now: collations that wait for it go on. */
async function unblock(state: State, paraId: ParaId, head: Hash): Promise<void> {
  for (const relayParent of state.relayParents.values())
    for (const [candidate, waiting] of relayParent.blocked) {
      const { advertised } = waiting;
      if (advertised.paraId !== paraId || advertised.parentHeadDataHash !== head) continue;
      relayParent.blocked.delete(candidate);
      if (relayParent.handedOver.has(candidate) || state.blocked.has(advertised.collator)) continue;
      const data = await validationDataFor(state, advertised, undefined);
      if (data !== undefined) await take(state, relayParent, waiting, data, undefined);
    }
}

async function hand(
  { context }: State,
  relayParent: RelayParent,
  advertised: Advertisement,
  candidateReceipt: CandidateReceipt,
  pov: PoV,
  persistedValidationData: PersistedValidationData,
): Promise<void> {
  relayParent.handedOver.add(advertised.candidateHash);
  relayParent.inBacking.set(advertised.candidateHash, advertised);
  await context.send("candidate-backing", {
    type: "second",
    relayParent: relayParent.hash,
    candidateReceipt,
    persistedValidationData,
    pov,
  });
}

// What became of it

async function onSeconded(
  state: State,
  { relayParent: hash, statement }: Extract<CollatorProtocolMessage, { readonly type: "seconded" }>,
): Promise<void> {
  const relayParent = state.relayParents.get(hash);
  if (relayParent === undefined || statement.payload.type !== "seconded") return;
  relayParent.secondedCount += 1;
  const { descriptor } = statement.payload.value;
  const candidate = candidateHash(statement.payload.value);
  const advertised = relayParent.inBacking.get(candidate);
  relayParent.inBacking.delete(candidate);
  if (advertised === undefined) return;
  const { peer } = advertised;
  await report(state, peer, "benefitMinor", "valid collation");
  await state.context.send("network-bridge-tx", {
    type: "sendCollationMessage",
    peers: [peer],
    message: {
      type: "collatorProtocol",
      value: { type: "collationSeconded", value: { relayParent: hash, statement } },
    },
  });
  await unblock(state, descriptor.paraId, descriptor.paraHead);
  fetchNext(state, relayParent);
}

async function onInvalid(state: State, hash: Hash, receipt: CandidateReceipt): Promise<void> {
  const relayParent = state.relayParents.get(hash);
  const candidate = candidateHash(receipt);
  const advertised = relayParent?.inBacking.get(candidate);
  if (relayParent === undefined || advertised === undefined) return;
  relayParent.inBacking.delete(candidate);
  block(state, advertised.collator);
  await report(state, advertised.peer, "malicious", "invalid collation");
  fetchNext(state, relayParent);
}

/** The collator is not heard for the rest of the session. */
function block(state: State, collator: CollatorId): void {
  if (state.blocked.size < BLOCKED_MAX) state.blocked.add(collator);
}

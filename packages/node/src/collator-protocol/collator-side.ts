/**
 * The collator's side: tells the validators of the backing group that there is a collation, hands it
 * over, and hears that it was seconded. Guide: Collation Distribution; node-side reference, 5.7.
 *
 * Bounds: candidate depth and one collations per relay parent under an active leaf; peers are those of the collation set; one upload per collation
 * is begun at a time, the next when `UPLOAD_PATIENCE_MS` have passed.
 */
import { type Clock, type Logger, sleep } from "@parahost/base";
import type { Keystore, SignatureVerifier } from "@parahost/crypto";
import type { PeerId, View, CollatorProtocolMessage as WireMessage } from "@parahost/network";
import { declarePayload, VIEW_HEADS_MAX } from "@parahost/network";
import {
  type AsyncBackingParams,
  type AuthorityDiscoveryId,
  type CandidateHash,
  type CandidateReceipt,
  type CollatorId,
  type CollatorSignature,
  candidateHash,
  groupForCore,
  type Hash,
  type ParaId,
  type PoV,
  type SigningContext,
  statementPayload,
  type ValidatorId,
} from "@parahost/primitives";
import type { CollationSecondedSignal } from "../collation-generation/messages.ts";
import { ImplicitView, openLeafView } from "../implicit-view.ts";
import type { IncomingCollationRequest, NetworkEvent } from "../network-bridge/messages.ts";
import type { Context } from "../overseer/context.ts";
import { type Reply, unlessCancelled } from "../overseer/reply.ts";
import type { ActivatedLeaf } from "../overseer/signal.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import type { CollatorProtocolMessage } from "./messages.ts";

const TARGET = "parachain::collator-protocol";
/** After this long the next validator is served even though the last upload may go on. */
const UPLOAD_PATIENCE_MS = 150;
/** Validators waiting for an upload of one collation. */
const WAITING_MAX = 16;
/**
 * A declaration, a view update, an advertisement may be lost: whoever of the group did not ask for the
 * collation is told again, so often, declaration and all, and even if it did not say that it knows the leaf.
 */
const ADVERTISE_TIMES = 3;
/** Requests of one peer for one collation: answers may be lost too. */
const REQUESTS_MAX = 6;

export type CollatorSideSends = "runtime-api" | "chain-api" | "network-bridge-tx";
export type CollatorSideContext = Context<"collator-protocol", CollatorSideSends>;

export interface CollatorSideDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keystore: Keystore;
  readonly verifier: SignatureVerifier;
  readonly localPeer: PeerId;
  readonly collatorKey: CollatorId;
  readonly slotMs: number;
}

interface Peer {
  readonly authorities: readonly AuthorityDiscoveryId[];
  readonly heads: ReadonlySet<Hash>;
}

interface OwnCollation {
  readonly hash: CandidateHash;
  readonly receipt: CandidateReceipt;
  readonly pov: PoV;
  readonly parentHeadData: Uint8Array;
  readonly parentHeadDataHash: Hash;
  onSeconded: Reply<CollationSecondedSignal> | undefined;
  /** The group that backs it. */
  readonly group: readonly AuthorityDiscoveryId[];
  /** The group's statement keys, in the same order, and what they sign in. */
  readonly signers: ReadonlyMap<number, ValidatorId>;
  readonly signingContext: SigningContext;
  readonly advertisedTo: Set<PeerId>;
  /** How often each peer asked for it. */
  readonly requestedBy: Map<PeerId, number>;
  readonly waiting: IncomingCollationRequest[];
  isUploading: boolean;
}

interface State {
  readonly context: CollatorSideContext;
  readonly deps: CollatorSideDependencies;
  paraId: ParaId | undefined;
  readonly view: ImplicitView;
  /** Of the last leaf. */
  params: AsyncBackingParams;
  readonly collations: Map<CandidateHash, OwnCollation>;
  readonly peers: Map<PeerId, Peer>;
}

export async function runCollatorSide(
  context: CollatorSideContext,
  deps: CollatorSideDependencies,
): Promise<void> {
  const state: State = {
    context,
    deps,
    paraId: undefined,
    view: new ImplicitView(),
    params: { maxCandidateDepth: 0, allowedAncestryLen: 0 },
    collations: new Map(),
    peers: new Map(),
  };
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") {
      await handle(state, incoming.message);
      continue;
    }
    const { signal } = incoming;
    if (signal.type === "conclude") {
      for (const collation of state.collations.values()) drop(collation);
      return;
    }
    if (signal.type !== "activeLeaves") continue;
    // First the new leaf, so that what it has in common with the old one goes on.
    if (signal.activated !== undefined) await openLeaf(state, signal.activated);
    const gone = new Set(state.view.deactivate(signal.deactivated));
    for (const [hash, collation] of state.collations) {
      if (!gone.has(relayParentOf(collation))) continue;
      logUnused(state, collation);
      drop(collation);
      state.collations.delete(hash);
    }
  }
}

async function openLeaf(state: State, leaf: ActivatedLeaf): Promise<void> {
  const opened = await openLeafView(state.context, leaf);
  if (opened === undefined) return;
  state.params = opened.params;
  state.view.activate(leaf.hash, opened);
}

const relayParentOf = ({ receipt }: OwnCollation): Hash => receipt.descriptor.relayParent;

/** Nobody will hear of this collation any more. */
function drop(collation: OwnCollation): void {
  collation.onSeconded?.cancel();
  for (const { reply } of collation.waiting.splice(0)) reply.cancel();
}

/** Three different things go wrong in three different places: say which. */
function logUnused({ deps }: State, { hash, advertisedTo, requestedBy, onSeconded }: OwnCollation) {
  const what =
    advertisedTo.size === 0
      ? "was never advertised"
      : requestedBy.size === 0
        ? "was advertised and never requested"
        : onSeconded !== undefined
          ? "was requested and never seconded"
          : undefined;
  if (what !== undefined)
    deps.logger.log("debug", TARGET, `collation ${what}`, { candidate: hash });
}

async function handle(state: State, message: CollatorProtocolMessage): Promise<void> {
  switch (message.type) {
    case "collateOn":
      state.paraId = message.paraId;
      for (const [peer, { authorities }] of state.peers)
        if (authorities.length > 0) await declare(state, peer);
      break;
    case "distributeCollation":
      await distribute(state, message);
      break;
    case "collationRequest":
      await onRequest(state, message);
      break;
    case "networkEvent":
      await onNetworkEvent(state, message.event);
      break;
    case "connectToBackingGroups":
      await connect(
        state,
        [...state.collations.values()].flatMap(({ group }) => group),
      );
      break;
    case "disconnectFromBackingGroups":
      await connect(state, []);
      break;
    // Of the validator's side.
    case "invalid":
    case "seconded":
      break;
  }
}

async function connect(state: State, authorities: readonly AuthorityDiscoveryId[]): Promise<void> {
  const unresolved = await unlessCancelled(
    state.context.ask("network-bridge-tx", {
      type: "connectToValidators",
      authorities: [...new Set(authorities)],
      peerSet: "collation",
    }),
  );
  if (unresolved !== undefined && unresolved > 0)
    state.deps.logger.log("warn", TARGET, `${unresolved} validators of the group have no address`);
}

// Distribution

async function distribute(
  state: State,
  message: Extract<CollatorProtocolMessage, { type: "distributeCollation" }>,
): Promise<void> {
  const { descriptor } = message.candidateReceipt;
  const { relayParent } = descriptor;
  const hash = candidateHash(message.candidateReceipt);
  const refuse = (why: string): void => {
    state.deps.logger.log("debug", TARGET, `not distributing: ${why}`, { candidate: hash });
    message.onSeconded?.cancel();
  };
  if (descriptor.paraId !== state.paraId) return refuse("another para");
  if (!state.view.has(relayParent)) return refuse("its relay parent is under no active leaf");
  const siblings = [...state.collations.values()].filter(
    (other) => relayParentOf(other) === relayParent,
  );
  if (siblings.some((other) => other.hash === hash)) return refuse("it is distributed already");
  if (siblings.length > state.params.maxCandidateDepth)
    return refuse("there are enough at its relay parent");
  const { context } = state;
  const groups = await queryRuntime(context, relayParent, "validatorGroups");
  const session = await queryRuntime(context, relayParent, "sessionIndexForChild");
  const info =
    session === undefined
      ? undefined
      : await queryRuntime(context, relayParent, "sessionInfo", session);
  if (groups === undefined || session === undefined || info === undefined)
    return refuse("no session information");
  const group = groupForCore(message.coreIndex, groups.groups.length, groups.rotation);
  const members = group === undefined ? [] : (groups.groups[group] ?? []);
  if (members.length === 0) return refuse("no group serves the core");
  const signers = new Map<number, ValidatorId>();
  for (const member of members) {
    const key = info.validators[member];
    if (key !== undefined) signers.set(member, key);
  }
  const collation: OwnCollation = {
    hash,
    receipt: message.candidateReceipt,
    pov: message.pov,
    parentHeadData: message.parentHeadData,
    parentHeadDataHash: message.parentHeadDataHash,
    onSeconded: message.onSeconded,
    group: members.flatMap((member) => info.discoveryKeys[member] ?? []),
    signers,
    signingContext: { sessionIndex: session, parentHash: relayParent },
    advertisedTo: new Set(),
    requestedBy: new Map(),
    waiting: [],
    isUploading: false,
  };
  // Connections to the groups of other leaves stay: groups rotate slowly and leaves overlap.
  const others = [...state.collations.values()].flatMap((other) => other.group);
  state.collations.set(hash, collation);
  await connect(state, [...collation.group, ...others]);
  for (const peer of state.peers.keys()) await advertise(state, peer, collation);
  const again = Math.floor(state.deps.slotMs / (2 * ADVERTISE_TIMES));
  context.spawn("advertise again", async (signal) => {
    // An older relay parent can still be built on: it is worth as many tries more.
    const times = ADVERTISE_TIMES * (1 + state.params.allowedAncestryLen);
    for (let time = 1; time < times; time++) {
      if (!(await sleep(state.deps.clock, again, signal))) return;
      if (state.collations.get(hash) !== collation) return;
      for (const peer of state.peers.keys()) await advertiseAgain(state, peer, collation);
    }
  });
}

const isOfGroup = ({ group }: OwnCollation, { authorities }: Peer): boolean =>
  authorities.some((authority) => group.includes(authority));

/** Tells a validator of the group that knows the relay parent, once. */
async function advertise(state: State, peer: PeerId, collation: OwnCollation): Promise<void> {
  const known = state.peers.get(peer);
  if (known === undefined || !isOfGroup(collation, known)) return;
  if (!state.view.isKnownTo(known.heads, relayParentOf(collation))) return;
  if (!collation.advertisedTo.has(peer)) await sendAdvertisement(state, peer, collation);
}

async function advertiseAgain(state: State, peer: PeerId, collation: OwnCollation): Promise<void> {
  const known = state.peers.get(peer);
  if (known === undefined || !isOfGroup(collation, known) || collation.requestedBy.has(peer))
    return;
  await declare(state, peer);
  await sendAdvertisement(state, peer, collation);
}

async function sendAdvertisement(
  state: State,
  peer: PeerId,
  { advertisedTo, hash, parentHeadDataHash, receipt }: OwnCollation,
): Promise<void> {
  advertisedTo.add(peer);
  const { relayParent } = receipt.descriptor;
  await sendTo(state, peer, {
    type: "advertiseCollation",
    value: { relayParent, candidateHash: hash, parentHeadDataHash },
  });
}

async function sendTo({ context }: State, peer: PeerId, message: WireMessage): Promise<void> {
  await context.send("network-bridge-tx", {
    type: "sendCollationMessage",
    peers: [peer],
    message: { type: "collatorProtocol", value: message },
  });
}

async function report(
  { context }: State,
  peer: PeerId,
  change: "costMinor" | "costMajor",
  reason: string,
): Promise<void> {
  await context.send("network-bridge-tx", { type: "reportPeer", peer, change, reason });
}

// Requests

async function onRequest(state: State, incoming: IncomingCollationRequest): Promise<void> {
  const { peer, payload, reply } = incoming;
  const collation = state.collations.get(payload.candidateHash);
  if (collation === undefined) {
    // It may have been advertised on a leaf that is gone by now.
    reply.cancel();
    return;
  }
  if (!collation.advertisedTo.has(peer)) {
    await report(state, peer, "costMinor", "collation was not advertised to the peer");
    reply.cancel();
    return;
  }
  const times = (collation.requestedBy.get(peer) ?? 0) + 1;
  collation.requestedBy.set(peer, times);
  if (times > REQUESTS_MAX) {
    await report(state, peer, "costMinor", "asks again and again");
    reply.cancel();
    return;
  }
  // It asks again because it waits long; one answer is enough.
  const isWaiting = collation.waiting.some((other) => other.peer === peer);
  if (isWaiting || collation.waiting.length >= WAITING_MAX) {
    reply.cancel();
    return;
  }
  collation.waiting.push(incoming);
  if (!collation.isUploading) {
    collation.isUploading = true;
    state.context.spawn("upload", (signal) => upload(state, collation, signal));
  }
}

/** Serves whoever waits, one after the other. */
async function upload(state: State, collation: OwnCollation, signal: AbortSignal): Promise<void> {
  for (;;) {
    const next = collation.waiting.shift();
    if (next === undefined) break;
    next.reply({
      type: "collationWithParentHeadData",
      value: {
        candidateReceipt: collation.receipt,
        pov: collation.pov,
        parentHeadData: collation.parentHeadData,
      },
    });
    if (!(await sleep(state.deps.clock, UPLOAD_PATIENCE_MS, signal))) break;
  }
  collation.isUploading = false;
}

// Peers

async function onNetworkEvent(state: State, event: NetworkEvent<WireMessage>): Promise<void> {
  switch (event.type) {
    case "peerConnected":
      state.peers.set(event.peer, { authorities: event.authorities, heads: new Set() });
      if (event.authorities.length > 0) await declare(state, event.peer);
      break;
    case "peerDisconnected":
      state.peers.delete(event.peer);
      for (const collation of state.collations.values()) collation.advertisedTo.delete(event.peer);
      break;
    case "updatedAuthorityIds": {
      const peer = state.peers.get(event.peer);
      if (peer === undefined) break;
      state.peers.set(event.peer, { ...peer, authorities: event.authorities });
      if (peer.authorities.length === 0 && event.authorities.length > 0)
        await declare(state, event.peer);
      await advertiseAll(state, event.peer);
      break;
    }
    case "peerViewChange": {
      const peer = state.peers.get(event.peer);
      if (peer === undefined) break;
      state.peers.set(event.peer, { ...peer, heads: headsOf(event.view) });
      await advertiseAll(state, event.peer);
      break;
    }
    case "peerMessage":
      await onMessage(state, event.peer, event.message);
      break;
    case "ourViewChange":
    case "newGossipTopology":
      break;
  }
}

const headsOf = (view: View): ReadonlySet<Hash> => new Set(view.heads.slice(0, VIEW_HEADS_MAX));

async function advertiseAll(state: State, peer: PeerId): Promise<void> {
  for (const collation of state.collations.values()) await advertise(state, peer, collation);
}

async function declare(state: State, peer: PeerId): Promise<void> {
  const { paraId, deps } = state;
  if (paraId === undefined) return;
  const signature = deps.keystore.sign("coll", deps.collatorKey, declarePayload(deps.localPeer));
  if (signature === undefined) {
    deps.logger.log("error", TARGET, "the collator key is not in the keystore");
    return;
  }
  await sendTo(state, peer, {
    type: "declare",
    value: {
      collatorId: deps.collatorKey,
      paraId,
      signature: signature as CollatorSignature,
    },
  });
}

async function onMessage(state: State, peer: PeerId, message: WireMessage): Promise<void> {
  if (message.type !== "collationSeconded") {
    await report(state, peer, "costMinor", "validators do not collate");
    return;
  }
  const { relayParent, statement } = message.value;
  // It may be late.
  if (!state.view.has(relayParent)) return;
  const { payload, validatorIndex, signature } = statement;
  const collation =
    payload.type === "seconded" ? state.collations.get(candidateHash(payload.value)) : undefined;
  const signer = collation?.signers.get(validatorIndex);
  if (collation === undefined || signer === undefined) {
    await report(state, peer, "costMinor", "seconded something that is not ours");
    return;
  }
  const isSigned = state.deps.verifier.verify({
    scheme: "sr25519",
    publicKey: signer,
    message: statementPayload(
      { type: "seconded", value: collation.hash },
      collation.signingContext,
    ),
    signature,
  });
  if (!isSigned) {
    await report(state, peer, "costMajor", "bad signature on a seconded statement");
    return;
  }
  collation.onSeconded?.({ relayParent, statement });
  collation.onSeconded = undefined;
}

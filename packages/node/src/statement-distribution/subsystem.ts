/**
 * Statement distribution: spreads statements inside our group (the cluster) and backed candidates
 * beyond it (the grid), so that the backing table of every validator, the next author's among them,
 * learns every candidate that can be backed. Guide: Statement Distribution; node-side reference, 5.11.
 *
 * A statement travels compact. Whoever hears of a candidate that it has not asks the sender for receipt,
 * validation data and statements, hence only candidates that we have are told of. The guide's state
 * machine per candidate shows in this: nothing about a candidate is taken before its seconding (A), then
 * everything (B), and nothing once the leaf is gone (C).
 *
 * Messages can be lost. What was not answered is sent again a few times per leaf, a peer that connects
 * or whose view grows is told everything that it lacks, and requests go on to the next who has the
 * candidate. All state hangs on a relay parent and goes with
 * the last leaf that lets it in.
 */
import { LruMap, sleep, unreachable } from "@parahost/base";
import type { PeerId, StatementDistributionMessage as WireMessage } from "@parahost/network";
import {
  type AsyncBackingParams,
  type CandidateHash,
  candidateHash,
  type Hash,
} from "@parahost/primitives";
import { ImplicitView, openLeafView } from "../implicit-view.ts";
import type { NetworkEvent } from "../network-bridge/messages.ts";
import type { ActivatedLeaf } from "../overseer/signal.ts";
import { confirm, onStatements } from "./importing.ts";
import type { StatementDistributionMessage } from "./messages.ts";
import { Peers, validatorsAt } from "./peers.ts";
import { onMessage } from "./receiving.ts";
import { openRelayParent, type RelayParent, takeTopology } from "./relay-parent.ts";
import { RequestManager } from "./request-manager.ts";
import { answer, findConfirmed, pump, retryMs } from "./requesting.ts";
import { spread, spreadAll } from "./spreading.ts";
import {
  type Dependencies,
  isLive,
  type State,
  type StatementDistributionContext,
  TARGET,
} from "./state.ts";

export type {
  Dependencies,
  StatementDistributionContext,
  StatementDistributionSends,
} from "./state.ts";

/** Looks per slot at what has to be sent again, and for how many slots at a leaf that allows no ancestry. */
const LOOKS_PER_SLOT = 16;
const LOOKS_SLOTS = 2;
/** Sessions whose grid is remembered. */
const TOPOLOGIES_MAX = 4;
const PAST_RELAY_PARENTS_MAX = 64;
const PAST_CANDIDATES_MAX = 1024;

export async function run(
  context: StatementDistributionContext,
  deps: Dependencies,
): Promise<void> {
  const state: State = {
    context,
    deps,
    peers: new Peers(),
    view: new ImplicitView(),
    relayParents: new Map(),
    requests: new RequestManager(retryMs(deps.slotMs)),
    topologies: new LruMap(TOPOLOGIES_MAX),
    past: new LruMap(PAST_RELAY_PARENTS_MAX),
    pastCandidates: new LruMap(PAST_CANDIDATES_MAX),
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
    if (signal.activated !== undefined) await openLeaf(state, signal.activated);
    for (const hash of state.view.deactivate(signal.deactivated)) close(state, hash);
  }
}

// Relay parents

async function openLeaf(state: State, leaf: ActivatedLeaf): Promise<void> {
  // Nobody signs on a leaf that was active before, so there is nothing to spread.
  const opened = leaf.status === "stale" ? undefined : await openLeafView(state.context, leaf);
  if (opened === undefined) {
    state.past.set(leaf.hash, true);
    return;
  }
  for (const { hash } of state.view.activate(leaf.hash, opened))
    await open(state, hash, opened.params);
}

async function open(state: State, hash: Hash, params: AsyncBackingParams): Promise<void> {
  const { clock, keystore, logger, slotMs } = state.deps;
  const now = clock.now();
  const relayParent = await openRelayParent(state.context, keystore, hash, now, params, (session) =>
    state.topologies.get(session),
  );
  if (relayParent === undefined) {
    logger.log("debug", TARGET, "no statements at this relay parent", { relayParent: hash });
    state.past.set(hash, true);
    return;
  }
  state.past.delete(hash);
  state.relayParents.set(hash, relayParent);
  const looks = LOOKS_PER_SLOT * (LOOKS_SLOTS + relayParent.ancestry);
  state.context.spawn("send again", async (signal) => {
    for (let look = 0; look < looks; look++) {
      if (!(await sleep(clock, slotMs / LOOKS_PER_SLOT, signal))) return;
      if (!isLive(state, relayParent)) return;
      await spreadAll(state, relayParent);
    }
  });
}

function close(state: State, hash: Hash): void {
  const relayParent = state.relayParents.get(hash);
  if (relayParent === undefined) return;
  for (const candidate of relayParent.candidates.confirmed())
    state.pastCandidates.set(candidate.hash, true);
  state.relayParents.delete(hash);
  state.past.set(hash, true);
  state.requests.removeRelayParent(hash);
  state.peers.forgetRelayParent(hash);
}

// Messages

async function handle(state: State, message: StatementDistributionMessage): Promise<void> {
  switch (message.type) {
    case "share":
      await share(state, message);
      return;
    case "shareInvalid":
      await shareInvalid(state, message);
      return;
    case "backed":
      await onBacked(state, message.candidateHash);
      return;
    case "attestedCandidateRequest":
      await answer(state, message);
      return;
    case "networkEvent":
      await onNetworkEvent(state, message.event);
      return;
    default:
      unreachable(message);
  }
}

/** Takes our own statement and tells our group. */
async function share(
  state: State,
  message: Extract<StatementDistributionMessage, { readonly type: "share" }>,
): Promise<void> {
  const { payload, signature, validatorIndex } = message.statement;
  const relayParent = state.relayParents.get(message.relayParent);
  const group = relayParent?.localGroup;
  const hash = payload.type === "seconded" ? candidateHash(payload.value) : payload.value;
  const refuse = (why: string): void =>
    state.deps.logger.log("warn", TARGET, `own statement not shared: ${why}`, { candidate: hash });
  if (relayParent === undefined || group === undefined) return refuse("its leaf is gone");
  if (validatorIndex !== relayParent.local) return refuse("it is not by us");
  const { candidates, statements } = relayParent;
  const known = candidates.get(hash);
  if (payload.type === "valid" && known?.type !== "confirmed")
    return refuse("its candidate is not known");
  if (statements.judge(validatorIndex, { type: payload.type, value: hash }).type !== "new")
    return refuse("another statement stands against it");
  // Backing counts its own statements itself.
  const statement = { type: payload.type, value: hash };
  statements.insert({ statement, validatorIndex, signature }, true);
  if (known?.type === "confirmed") await onStatements(state, relayParent, known);
  else if (payload.type === "seconded")
    await confirm(
      state,
      relayParent,
      { group },
      hash,
      payload.value,
      payload.persistedValidationData,
    );
}

/** Says to our group that a candidate which it knows is invalid. */
async function shareInvalid(
  state: State,
  message: Extract<StatementDistributionMessage, { readonly type: "shareInvalid" }>,
): Promise<void> {
  const relayParent = state.relayParents.get(message.relayParent);
  const { candidateHash: value, validatorIndex, signature } = message.statement;
  const candidate = relayParent?.candidates.get(value);
  if (relayParent === undefined || candidate?.type !== "confirmed") return;
  relayParent.invalid.add({ statement: { type: "invalid", value }, validatorIndex, signature });
  await spread(state, relayParent, candidate);
}

/** Tells of the candidate beyond its group. */
async function onBacked(state: State, hash: CandidateHash): Promise<void> {
  const found = findConfirmed(state, hash);
  if (found === undefined) return;
  found.candidate.isBacked = true;
  await spread(state, found.relayParent, found.candidate);
}

// Peers

async function onNetworkEvent(state: State, event: NetworkEvent<WireMessage>): Promise<void> {
  const { peers, relayParents, topologies } = state;
  switch (event.type) {
    case "peerConnected":
      peers.connect(event.peer, event.authorities);
      for (const relayParent of relayParents.values())
        forEachTracker(state, relayParent, event.peer, "reset");
      return;
    case "peerDisconnected":
      for (const relayParent of relayParents.values()) {
        forEachTracker(state, relayParent, event.peer, "reset");
        relayParent.candidates.forgetPeer(event.peer);
        relayParent.answers.delete(event.peer);
      }
      peers.disconnect(event.peer);
      state.requests.removePeer(event.peer);
      pump(state);
      return;
    case "updatedAuthorityIds":
      peers.setAuthorities(event.peer, event.authorities);
      for (const relayParent of relayParents.values())
        await spreadAll(state, relayParent, event.peer);
      return;
    case "peerViewChange": {
      const known = knownTo(state, event.peer);
      peers.setView(event.peer, event.view.heads);
      for (const relayParent of knownTo(state, event.peer)) {
        if (known.includes(relayParent)) continue;
        // What was sent before went to somebody who could not take it.
        forEachTracker(state, relayParent, event.peer, "forgetSent");
        await spreadAll(state, relayParent, event.peer);
      }
      return;
    }
    case "newGossipTopology":
      topologies.set(event.topology.session, event.topology);
      for (const relayParent of relayParents.values()) {
        takeTopology(relayParent, event.topology);
        await spreadAll(state, relayParent);
      }
      return;
    case "peerMessage":
      await onMessage(state, event.peer, event.message);
      return;
    case "ourViewChange":
      return;
    default:
      unreachable(event);
  }
}

/** The relay parents that the peer's view lets in. */
function knownTo({ peers, relayParents, view }: State, peer: PeerId): readonly RelayParent[] {
  const heads = peers.headsOf(peer);
  return [...relayParents.values()].filter(({ hash }) => view.isKnownTo(heads, hash));
}

function forEachTracker(
  { peers }: State,
  { cluster, grid, validatorOf }: RelayParent,
  peer: PeerId,
  change: "reset" | "forgetSent",
): void {
  for (const validator of validatorsAt(peers, validatorOf, peer)) {
    cluster?.[change](validator);
    grid[change](validator);
  }
}

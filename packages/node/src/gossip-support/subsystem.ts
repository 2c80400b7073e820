/**
 * Once per session connects to the authorities of past, present and next session and lays out the
 * gossip grid; between sessions tries again while too many authorities could not be found.
 * Guide: Gossip Support.
 */
import type { Clock, Logger } from "@parahost/base";
import type { Keystore } from "@parahost/crypto";
import type { PeerId } from "@parahost/network";
import type {
  AuthorityDiscoveryId,
  Hash,
  SessionIndex,
  ValidatorIndex,
} from "@parahost/primitives";
import type { AuthorityDiscovery } from "../network-bridge/authority-discovery.ts";
import type { Context } from "../overseer/context.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { gossipTopology } from "./topology.ts";

/** Pause before another attempt after too many authorities were not found. */
export const RETRY_AFTER_MS = 5_000;
/** Addresses may have changed after this long. */
export const RESOLVE_AGAIN_AFTER_MS = 600_000;
const TARGET = "parachain::gossip-support";

export type GossipSupportSends = "network-bridge-rx" | "network-bridge-tx" | "runtime-api";
export type GossipSupportContext = Context<"gossip-support", GossipSupportSends>;

export interface GossipSupportDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keystore: Keystore;
  readonly discovery: AuthorityDiscovery;
}

interface State {
  /** The session whose grid was laid out. */
  session: SessionIndex | undefined;
  requestedAt: number | undefined;
  /** When an attempt found too few authorities. */
  failedAt: number | undefined;
  /** What was last told about who is where; as large as the set of authorities. */
  authoritiesOf: ReadonlyMap<PeerId, readonly AuthorityDiscoveryId[]>;
}

/** Keeps the validators connected until concluded. */
export async function run(
  context: GossipSupportContext,
  deps: GossipSupportDependencies,
): Promise<void> {
  const state: State = {
    session: undefined,
    requestedAt: undefined,
    failedAt: undefined,
    authoritiesOf: new Map(),
  };
  for await (const incoming of context.inbox) {
    // Connections are the bridge's business; its events change nothing here.
    if (incoming.from === "subsystem") continue;
    const { signal } = incoming;
    if (signal.type === "conclude") return;
    if (signal.type !== "activeLeaves" || signal.activated === undefined) continue;
    await onLeaf(context, deps, state, signal.activated.hash);
  }
}

async function onLeaf(
  context: GossipSupportContext,
  deps: GossipSupportDependencies,
  state: State,
  leaf: Hash,
): Promise<void> {
  const session = await queryRuntime(context, leaf, "sessionIndexForChild");
  if (session === undefined) return;
  const isNew = session !== state.session;
  if (!isNew && !isDue(state, deps.clock.now())) return;

  const authorities = await queryRuntime(context, leaf, "authorities");
  if (authorities === undefined) return;
  const own = new Set<string>(deps.keystore.publicKeys("audi"));
  const isAuthority = authorities.some((key) => own.has(key));
  if (!isAuthority) {
    if (isNew) await connect(context, []);
    state.session = session;
    return;
  }
  if (isNew && !(await layOutGrid(context, deps, leaf, session, own))) return;
  state.session = session;
  await connectTo(
    context,
    deps,
    state,
    authorities.filter((key) => !own.has(key)),
  );
}

function isDue({ requestedAt, failedAt }: State, now: number): boolean {
  return (
    (failedAt !== undefined && now - failedAt >= RETRY_AFTER_MS) ||
    (requestedAt !== undefined && now - requestedAt >= RESOLVE_AGAIN_AFTER_MS)
  );
}

/** False when the session's information is not to be had at this leaf. */
async function layOutGrid(
  context: GossipSupportContext,
  deps: GossipSupportDependencies,
  leaf: Hash,
  session: SessionIndex,
  own: ReadonlySet<string>,
): Promise<boolean> {
  const info = await queryRuntime(context, leaf, "sessionInfo", session);
  const epoch = await queryRuntime(context, leaf, "currentBabeEpoch");
  if (info === undefined || epoch === undefined) {
    deps.logger.log("debug", TARGET, "no session info, trying at the next leaf", { leaf, session });
    return false;
  }
  const local = info.discoveryKeys.findIndex((key) => own.has(key));
  const localIndex = local === -1 ? undefined : (local as ValidatorIndex);
  const topology = gossipTopology(session, info.discoveryKeys, localIndex, epoch.randomness);
  await context.send("network-bridge-rx", { type: "newGossipTopology", topology });
  return true;
}

async function connectTo(
  context: GossipSupportContext,
  deps: GossipSupportDependencies,
  state: State,
  authorities: readonly AuthorityDiscoveryId[],
): Promise<void> {
  const now = deps.clock.now();
  const authoritiesOf = new Map<PeerId, AuthorityDiscoveryId[]>();
  let failed = 0;
  for (const authority of authorities) {
    const peers = deps.discovery.peersOf(authority);
    if (peers.length === 0) failed += 1;
    for (const peer of peers) {
      const known = authoritiesOf.get(peer);
      if (known === undefined) authoritiesOf.set(peer, [authority]);
      else known.push(authority);
    }
  }
  state.requestedAt = now;
  state.failedAt = failed > 0 && 3 * failed >= authorities.length ? now : undefined;
  if (failed > 0)
    deps.logger.log("debug", TARGET, "authorities without address", {
      failed,
      of: authorities.length,
    });
  await connect(context, [...authoritiesOf.keys()]);
  for (const peer of new Set([...state.authoritiesOf.keys(), ...authoritiesOf.keys()])) {
    const before = state.authoritiesOf.get(peer) ?? [];
    const after = authoritiesOf.get(peer) ?? [];
    if (before.length === after.length && after.every((key) => before.includes(key))) continue;
    await context.send("network-bridge-rx", {
      type: "updatedAuthorityIds",
      peer,
      authorities: after,
    });
  }
  state.authoritiesOf = authoritiesOf;
}

function connect(context: GossipSupportContext, peers: readonly PeerId[]): Promise<void> {
  return context.send("network-bridge-tx", {
    type: "connectToResolvedValidators",
    peers,
    peerSet: "validation",
  });
}

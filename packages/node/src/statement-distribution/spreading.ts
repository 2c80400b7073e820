/**
 * What we tell others: statements to members of our group, manifests and acknowledgements of backed
 * candidates along the grid, late statements to whoever has the candidate. What is due to whom is for
 * the trackers to say; here it is put into messages for connected peers.
 */
import type { PeerId, StatementDistributionMessage as WireMessage } from "@parahost/network";
import type { ValidatorIndex } from "@parahost/primitives";
import type { ConfirmedCandidate } from "./candidates.ts";
import { disabledMask } from "./check-manifest.ts";
import type { Announcement } from "./grid-tracker.ts";
import type { GuideVote } from "./invalid-statements.ts";
import type { RelayParent } from "./relay-parent.ts";
import { isLive, type State, TARGET } from "./state.ts";
import { isEnoughToBack, without } from "./statement-filter.ts";

/** Share of a slot after which what was not answered is sent again. */
const REPEAT_AFTER_SLOT_SHARE = 1 / 8;
/** Share of a slot after which every peer must know a leaf, even if its view update was lost. */
const VIEW_OVERDUE_SLOT_SHARE = 1 / 4;

/** Everything that is due now, to everybody or to one peer. */
export async function spreadAll(
  state: State,
  relayParent: RelayParent,
  only?: PeerId,
): Promise<void> {
  for (const candidate of relayParent.candidates.confirmed()) {
    if (!isLive(state, relayParent)) return;
    await spread(state, relayParent, candidate, only);
  }
}

/** What is due now about one candidate. */
export async function spread(
  state: State,
  relayParent: RelayParent,
  candidate: ConfirmedCandidate,
  only?: PeerId,
): Promise<void> {
  if (candidate.group === relayParent.localGroup)
    await spreadInCluster(state, relayParent, candidate, only);
  if (candidate.isBacked) {
    await announce(state, relayParent, candidate, only);
    await passLateStatements(state, relayParent, candidate, only);
  }
}

/** Connected peers of a validator that are held to know the relay parent. */
function reachable(
  { deps, peers, view }: State,
  relayParent: RelayParent,
  validator: ValidatorIndex,
  only: PeerId | undefined,
): readonly PeerId[] {
  const authority = relayParent.authorities[validator];
  if (authority === undefined) return [];
  const isOverdue =
    deps.clock.now() - relayParent.openedAt >= deps.slotMs * VIEW_OVERDUE_SLOT_SHARE;
  return peers
    .of(authority)
    .filter((peer) => only === undefined || peer === only)
    .filter(
      (peer) =>
        isOverdue ||
        peers.hasSpokenOf(peer, relayParent.hash) ||
        view.isKnownTo(peers.headsOf(peer), relayParent.hash),
    );
}

function send(state: State, peers: readonly PeerId[], message: WireMessage): Promise<void> {
  return state.context.send("network-bridge-tx", {
    type: "sendValidationMessage",
    peers,
    message: { type: "statementDistribution", value: message },
  });
}

function sendStatement(
  state: State,
  relayParent: RelayParent,
  peers: readonly PeerId[],
  { statement, validatorIndex, signature }: GuideVote,
): Promise<void> {
  return send(state, peers, {
    type: "statement",
    value: {
      relayParent: relayParent.hash,
      statement: { payload: statement, validatorIndex, signature },
    },
  });
}

/** Seconding statements come first, so that no vote arrives before what it is about. */
async function spreadInCluster(
  state: State,
  relayParent: RelayParent,
  candidate: ConfirmedCandidate,
  only: PeerId | undefined,
): Promise<void> {
  const { cluster } = relayParent;
  if (cluster === undefined) return;
  const { clock, slotMs } = state.deps;
  const { invalid, statements } = relayParent;
  const votes: GuideVote[] = [...statements.of(candidate.hash), ...invalid.of(candidate.hash)];
  for (const vote of votes) {
    const now = clock.now();
    const to: PeerId[] = [];
    for (const member of cluster.members) {
      if (!cluster.isDue(member, vote, now, slotMs * REPEAT_AFTER_SLOT_SHARE)) continue;
      const peers = reachable(state, relayParent, member, only);
      if (peers.length === 0) continue;
      cluster.noteSent(member, vote, now);
      to.push(...peers);
    }
    if (to.length > 0) await sendStatement(state, relayParent, to, vote);
  }
}

async function announce(
  state: State,
  relayParent: RelayParent,
  candidate: ConfirmedCandidate,
  only: PeerId | undefined,
): Promise<void> {
  const { grid, hash: relayHash, statements } = relayParent;
  const { group, hash } = candidate;
  const core = relayParent.cores.get(group);
  if (core === undefined) return;
  const knowledge = statements.filter(hash, group, core.members.length);
  const usable = without(knowledge, disabledMask(core, relayParent.disabled));
  if (!isEnoughToBack(usable, relayParent.threshold(core.members.length))) {
    state.deps.logger.log("warn", TARGET, "backed without a quorum that we know", {
      candidate: hash,
    });
    return;
  }
  const { clock, slotMs } = state.deps;
  const now = clock.now();
  const to: Record<Announcement, PeerId[]> = { manifest: [], acknowledgement: [] };
  for (const target of grid.audience(hash, group)) {
    const due = grid.dueAnnouncement(target, hash, group, now, slotMs * REPEAT_AFTER_SLOT_SHARE);
    if (due === undefined) continue;
    const peers = reachable(state, relayParent, target, only);
    if (peers.length === 0) continue;
    grid.noteAnnounced(target, hash, now);
    to[due].push(...peers);
  }
  if (to.manifest.length > 0)
    await send(state, to.manifest, {
      type: "backedCandidateManifest",
      value: {
        relayParent: relayHash,
        candidateHash: hash,
        groupIndex: group,
        paraId: candidate.receipt.descriptor.paraId,
        parentHeadDataHash: candidate.parentHeadDataHash,
        statementKnowledge: knowledge,
      },
    });
  if (to.acknowledgement.length > 0)
    await send(state, to.acknowledgement, {
      type: "backedCandidateKnown",
      value: { candidateHash: hash, statementKnowledge: knowledge },
    });
}

async function passLateStatements(
  state: State,
  relayParent: RelayParent,
  { group, hash }: ConfirmedCandidate,
  only: PeerId | undefined,
): Promise<void> {
  const { grid, memberships, statements } = relayParent;
  for (const vote of statements.of(hash)) {
    const membership = memberships.get(vote.validatorIndex);
    if (membership === undefined) continue;
    const to: PeerId[] = [];
    for (const target of grid.audience(hash, group)) {
      if (!grid.lacks(target, vote, membership)) continue;
      const peers = reachable(state, relayParent, target, only);
      if (peers.length === 0) continue;
      grid.notePassed(target, vote);
      to.push(...peers);
    }
    if (to.length > 0) await sendStatement(state, relayParent, to, vote);
  }
}

/**
 * What peers tell us. Each message is first held against what its sender may say at all, which is cheap,
 * then its signature is checked, then it is taken in. A relay parent that we no longer work on, and a
 * repeat, cost nothing: messages are late and messages are repeated, since they can be lost.
 */

import { equalBytes, unreachable } from "@parahost/base";
import type {
  BackedCandidateAcknowledgement,
  BackedCandidateManifest,
  PeerId,
  ReputationClass,
  StatementDistributionMessage as WireMessage,
} from "@parahost/network";
import type {
  GroupIndex,
  Hash,
  SignedGuideCompactStatement,
  ValidatorIndex,
} from "@parahost/primitives";
import type { Claim } from "./candidates.ts";
import { checkManifest, type ManifestError } from "./check-manifest.ts";
import type { ClusterRefusal } from "./cluster-tracker.ts";
import type { GridRefusal, ReceivedManifest } from "./grid-tracker.ts";
import { importVote, onStatements, signatureItem } from "./importing.ts";
import type { GuideVote } from "./invalid-statements.ts";
import { validatorsAt } from "./peers.ts";
import type { RelayParent } from "./relay-parent.ts";
import { contradictions, findConfirmed, want } from "./requesting.ts";
import { spread } from "./spreading.ts";
import { report, type State } from "./state.ts";
import { isEnoughToBack, without } from "./statement-filter.ts";
import type { SignedVote } from "./statement-store.ts";

export async function onMessage(state: State, peer: PeerId, message: WireMessage): Promise<void> {
  if (!state.peers.has(peer)) return;
  switch (message.type) {
    case "statement":
      await onStatement(state, peer, message.value.relayParent, message.value.statement);
      return;
    case "backedCandidateManifest":
      await onManifest(state, peer, message.value);
      return;
    case "backedCandidateKnown":
      await onAcknowledgement(state, peer, message.value);
      return;
    default:
      unreachable(message);
  }
}

const COSTS: Readonly<
  Record<(ManifestError | GridRefusal | ClusterRefusal)["code"], ReputationClass | undefined>
> = {
  notAssigned: "costMajor",
  malformed: "costMajor",
  insufficient: "costMajor",
  conflicting: "costMajor",
  unexpected: "costMinor",
  notInGroup: "costMinor",
  excessiveSeconded: "costMinor",
  tooOften: "costMinorRepeated",
  noTopology: undefined,
};

async function refuse(
  state: State,
  peer: PeerId,
  { code }: ManifestError | GridRefusal | ClusterRefusal,
): Promise<void> {
  const cost = COSTS[code];
  if (cost !== undefined) await report(state, peer, cost, `refused: ${code}`);
}

/** The relay parent that a message is about, if we work on it. */
async function relayParentOf(
  state: State,
  peer: PeerId,
  hash: Hash,
): Promise<RelayParent | undefined> {
  const relayParent = state.relayParents.get(hash);
  if (relayParent !== undefined) state.peers.noteSpokeOf(peer, hash);
  else if (!state.past.has(hash)) await report(state, peer, "costMinor", "unknown relay parent");
  return relayParent;
}

// Statements

/** From whom a statement comes, as the trackers see it. */
interface Route {
  readonly sender: ValidatorIndex;
  readonly way: "cluster" | "grid";
}

async function onStatement(
  state: State,
  peer: PeerId,
  relayHash: Hash,
  { payload: statement, validatorIndex, signature }: SignedGuideCompactStatement,
): Promise<void> {
  const relayParent = await relayParentOf(state, peer, relayHash);
  if (relayParent === undefined) return;
  if (statement.type === "invalid")
    return onInvalid(state, peer, relayParent, { statement, validatorIndex, signature });
  const group = relayParent.memberships.get(validatorIndex)?.group;
  if (group === undefined) {
    const isThere = validatorIndex < relayParent.validators.length;
    return report(
      state,
      peer,
      isThere ? "costMinor" : "costMajor",
      isThere ? "statement of a validator without a group" : "statement of no validator",
    );
  }
  if (relayParent.disabled.has(validatorIndex))
    return report(state, peer, "costMinor", "statement of a disabled validator");
  const route = routeOf(state, relayParent, peer, group);
  if (route === undefined) return refuse(state, peer, { code: "unexpected" });
  const { sender, way } = route;
  const tracker = way === "cluster" ? relayParent.cluster : relayParent.grid;
  const received =
    way === "cluster"
      ? relayParent.cluster?.receive(sender, validatorIndex, statement)
      : relayParent.grid.receiveStatement(sender, validatorIndex, statement);
  if (received === undefined || tracker === undefined)
    return refuse(state, peer, { code: "unexpected" });
  const vote: SignedVote = { statement, validatorIndex, signature };
  if (!received.ok) {
    await refuse(state, peer, received.error);
    // What is one too many proves that its validator contradicts itself.
    if (received.error.code === "excessiveSeconded") await proveExcess(state, relayParent, vote);
    return;
  }
  if (received.value === "repeat" || relayParent.equivocators.has(validatorIndex)) return;
  const candidate = relayParent.candidates.get(statement.value);
  const isAbsurd =
    // Nobody has seconded it here, so nobody can have found it valid.
    (candidate === undefined && statement.type === "valid") ||
    (candidate?.type === "confirmed" && candidate.group !== group) ||
    !relayParent.cores.has(group);
  if (isAbsurd) return refuse(state, peer, { code: "unexpected" });
  if (!isSigned(state, relayParent, vote))
    return report(state, peer, "costMajor", "bad signature on a statement");
  tracker.noteReceived(sender, validatorIndex, statement);
  await take(state, relayParent, peer, group, vote);
}

/** Said in our group about a candidate that we know, after its seconding. */
async function onInvalid(
  state: State,
  peer: PeerId,
  relayParent: RelayParent,
  vote: GuideVote,
): Promise<void> {
  const { statement, validatorIndex } = vote;
  if (state.deps.invalidStatements !== true)
    return report(state, peer, "costMajor", "a kind of statement that is switched off");
  const { candidates, cluster, disabled, equivocators, localGroup } = relayParent;
  if (disabled.has(validatorIndex))
    return report(state, peer, "costMinor", "statement of a disabled validator");
  const candidate = candidates.get(statement.value);
  const route =
    localGroup === undefined ? undefined : routeOf(state, relayParent, peer, localGroup);
  if (
    cluster === undefined ||
    route?.way !== "cluster" ||
    candidate?.type !== "confirmed" ||
    candidate.group !== localGroup
  )
    return refuse(state, peer, { code: "unexpected" });
  const received = cluster.receive(route.sender, validatorIndex, statement);
  if (!received.ok) return refuse(state, peer, received.error);
  if (received.value === "repeat" || equivocators.has(validatorIndex)) return;
  const item = signatureItem(relayParent, vote);
  if (item === undefined || !state.deps.verifier.verify(item))
    return report(state, peer, "costMajor", "bad signature on a statement");
  cluster.noteReceived(route.sender, validatorIndex, statement);
  if (!relayParent.invalid.add(vote)) return;
  // Not awaited: candidate backing sends to us, too.
  void state.context.send("candidate-backing", {
    type: "invalidStatement",
    relayParent: relayParent.hash,
    statement: { candidateHash: statement.value, validatorIndex, signature: vote.signature },
  });
  await spread(state, relayParent, candidate);
}

function routeOf(
  { peers }: State,
  { cluster, localGroup, validatorOf }: RelayParent,
  peer: PeerId,
  group: GroupIndex,
): Route | undefined {
  const senders = validatorsAt(peers, validatorOf, peer);
  const member = senders.find((validator) => cluster?.includes(validator));
  if (member !== undefined && group === localGroup) return { sender: member, way: "cluster" };
  const [sender] = senders;
  return sender === undefined ? undefined : { sender, way: "grid" };
}

/** The signature we hold already was checked when it came. */
function isSigned({ deps }: State, relayParent: RelayParent, vote: SignedVote): boolean {
  const judgement = relayParent.statements.judge(vote.validatorIndex, vote.statement);
  if (judgement.type === "known" && equalBytes(judgement.earlier.signature, vote.signature))
    return true;
  const item = signatureItem(relayParent, vote);
  return item !== undefined && deps.verifier.verify(item);
}

async function proveExcess(state: State, relayParent: RelayParent, vote: SignedVote) {
  if (relayParent.equivocators.has(vote.validatorIndex)) return;
  if (isSigned(state, relayParent, vote)) importVote(state, relayParent, vote);
}

async function take(
  state: State,
  relayParent: RelayParent,
  peer: PeerId,
  group: GroupIndex,
  vote: SignedVote,
): Promise<void> {
  const hash = vote.statement.value;
  const isNew = importVote(state, relayParent, vote);
  if (relayParent.equivocators.has(vote.validatorIndex)) return;
  // What nobody has seen the candidate of may lead to nothing; whoever hands that over earns something.
  if (relayParent.candidates.get(hash)?.type === "confirmed")
    await report(state, peer, isNew ? "benefitMajorFirst" : "benefitMajor", "valid statement");
  const claim: Claim = { group };
  if (!relayParent.candidates.claim(hash, peer, claim))
    return report(state, peer, "costMajor", "claims about a candidate that are not true");
  const candidate = relayParent.candidates.get(hash);
  if (candidate?.type === "confirmed") {
    if (isNew) await onStatements(state, relayParent, candidate);
  } else want(state, relayParent, hash, peer);
}

// Manifests

async function onManifest(
  state: State,
  peer: PeerId,
  manifest: BackedCandidateManifest,
): Promise<void> {
  const relayParent = await relayParentOf(state, peer, manifest.relayParent);
  if (relayParent === undefined) return;
  const { candidateHash: hash, groupIndex: group, paraId, parentHeadDataHash } = manifest;
  const isTaken = await receiveManifest(state, relayParent, peer, paraId, {
    type: "manifest",
    candidateHash: hash,
    group,
    knowledge: manifest.statementKnowledge,
  });
  if (!isTaken) return;
  if (!relayParent.candidates.claim(hash, peer, { group, paraId, parentHeadDataHash }))
    return report(state, peer, "costMajor", "claims about a candidate that are not true");
  const candidate = relayParent.candidates.get(hash);
  if (candidate?.type === "confirmed") await spread(state, relayParent, candidate, peer);
  else if (isWorthAsking(relayParent, manifest)) want(state, relayParent, hash, peer);
}

async function onAcknowledgement(
  state: State,
  peer: PeerId,
  { candidateHash: hash, statementKnowledge }: BackedCandidateAcknowledgement,
): Promise<void> {
  const found = findConfirmed(state, hash);
  if (found === undefined) {
    if (!state.pastCandidates.has(hash)) await refuse(state, peer, { code: "unexpected" });
    return;
  }
  const { candidate, relayParent } = found;
  state.peers.noteSpokeOf(peer, relayParent.hash);
  const { paraId } = candidate.receipt.descriptor;
  const isTaken = await receiveManifest(state, relayParent, peer, paraId, {
    type: "acknowledgement",
    candidateHash: hash,
    group: candidate.group,
    knowledge: statementKnowledge,
  });
  if (isTaken) await spread(state, relayParent, candidate, peer);
}

async function receiveManifest(
  state: State,
  relayParent: RelayParent,
  peer: PeerId,
  paraId: BackedCandidateManifest["paraId"],
  manifest: ReceivedManifest,
): Promise<boolean> {
  const { cores, disabled, grid, threshold, validatorOf } = relayParent;
  const [sender] = validatorsAt(state.peers, validatorOf, peer);
  if (sender === undefined) {
    await refuse(state, peer, { code: "unexpected" });
    return false;
  }
  const core = cores.get(manifest.group);
  const checked = checkManifest(core, paraId, manifest.knowledge, disabled, threshold);
  const received = checked.ok ? grid.receive(sender, manifest) : checked;
  if (!received.ok) await refuse(state, peer, received.error);
  return received.ok;
}

/** Whether what is left of a quorum is one, when votes that contradict others are left out. */
function isWorthAsking(
  relayParent: RelayParent,
  { candidateHash, groupIndex, statementKnowledge }: BackedCandidateManifest,
): boolean {
  const core = relayParent.cores.get(groupIndex);
  if (core === undefined) return false;
  const usable = without(statementKnowledge, contradictions(relayParent, core, candidateHash));
  return isEnoughToBack(usable, relayParent.threshold(core.members.length));
}

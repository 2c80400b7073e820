/** What statement distribution knows of one relay parent. Dropped as a whole with its last leaf. */
import type { Keystore } from "@parahost/crypto";
import type { PeerId } from "@parahost/network";
import {
  type AsyncBackingParams,
  type AuthorityDiscoveryId,
  asGroupIndex,
  asValidatorIndex,
  backingThreshold,
  type CandidateHash,
  type GroupIndex,
  type Hash,
  type SessionIndex,
  type SigningContext,
  type ValidatorId,
  type ValidatorIndex,
} from "@parahost/primitives";
import { type BackingCore, backingCores } from "../backing-groups/backing-cores.ts";
import type { GossipTopology } from "../network-bridge/messages.ts";
import { queryRuntime, type RuntimeAsker } from "../runtime-api/query.ts";
import { Candidates } from "./candidates.ts";
import { ClusterTracker } from "./cluster-tracker.ts";
import { GridTracker } from "./grid-tracker.ts";
import { gridView } from "./grid-view.ts";
import { InvalidStatements } from "./invalid-statements.ts";
import { type Membership, StatementStore } from "./statement-store.ts";

export interface RelayParent {
  readonly hash: Hash;
  readonly session: SessionIndex;
  readonly openedAt: number;
  /** Blocks behind a leaf that this may be and still be worked on. */
  readonly ancestry: number;
  readonly signingContext: SigningContext;
  readonly validators: readonly ValidatorId[];
  /** Who runs each validator. */
  readonly authorities: readonly AuthorityDiscoveryId[];
  readonly validatorOf: ReadonlyMap<AuthorityDiscoveryId, ValidatorIndex>;
  readonly groups: readonly (readonly ValidatorIndex[])[];
  readonly memberships: ReadonlyMap<ValidatorIndex, Membership>;
  /** The core that each group serves, where a para can take it. */
  readonly cores: ReadonlyMap<GroupIndex, BackingCore>;
  readonly disabled: ReadonlySet<ValidatorIndex>;
  readonly local: ValidatorIndex;
  /** Our own group; absent when we are in none. */
  readonly localGroup: GroupIndex | undefined;
  /** Votes that back a candidate of a group of this size. */
  threshold(groupSize: number): number;
  readonly statements: StatementStore;
  readonly invalid: InvalidStatements;
  readonly candidates: Candidates;
  readonly cluster: ClusterTracker | undefined;
  readonly grid: GridTracker;
  /** Validators that contradicted themselves: reported once, and heard no more. */
  readonly equivocators: Set<ValidatorIndex>;
  /** How often each peer was given each candidate. */
  readonly answers: Map<PeerId, Map<CandidateHash, number>>;
}

/**
 * Asks the runtime about a new relay parent; `undefined` when an answer is missing or when we are no
 * validator there.
 */
export async function openRelayParent(
  context: RuntimeAsker,
  keystore: Keystore,
  hash: Hash,
  openedAt: number,
  params: AsyncBackingParams,
  topologyOf: (session: SessionIndex) => GossipTopology | undefined,
): Promise<RelayParent | undefined> {
  // Candidates that one validator may second here.
  const secondedMax = params.maxCandidateDepth + 1;
  const validators = await queryRuntime(context, hash, "validators");
  const position = validators?.findIndex((key) => keystore.has("para", key)) ?? -1;
  if (validators === undefined || position < 0) return undefined;
  const session = await queryRuntime(context, hash, "sessionIndexForChild");
  const assignment = await queryRuntime(context, hash, "validatorGroups");
  const coreStates = await queryRuntime(context, hash, "availabilityCores");
  const disabled = await queryRuntime(context, hash, "disabledValidators");
  if (
    session === undefined ||
    assignment === undefined ||
    coreStates === undefined ||
    disabled === undefined
  )
    return undefined;
  const info = await queryRuntime(context, hash, "sessionInfo", session);
  const minimumVotes = await queryRuntime(context, hash, "minimumBackingVotes", session);
  if (info === undefined || minimumVotes === undefined) return undefined;

  const { groups } = assignment;
  const local = asValidatorIndex(position);
  const authorities = info.discoveryKeys.slice(0, validators.length);
  const memberships = new Map<ValidatorIndex, Membership>();
  groups.forEach((members, group) => {
    members.forEach((member, place) => {
      memberships.set(member, { group: asGroupIndex(group), position: place });
    });
  });
  const localGroup = memberships.get(local)?.group;
  const cluster = localGroup === undefined ? undefined : groups[localGroup];
  return {
    hash,
    session,
    openedAt,
    ancestry: params.allowedAncestryLen,
    signingContext: { sessionIndex: session, parentHash: hash },
    validators,
    authorities,
    validatorOf: new Map(authorities.map((key, index) => [key, asValidatorIndex(index)])),
    groups,
    memberships,
    cores: new Map(backingCores(coreStates, assignment).map((core) => [core.group, core])),
    disabled: new Set(disabled),
    local,
    localGroup,
    threshold: (groupSize) => backingThreshold(groupSize, minimumVotes),
    statements: new StatementStore(memberships, secondedMax),
    invalid: new InvalidStatements(),
    candidates: new Candidates(),
    cluster: cluster === undefined ? undefined : new ClusterTracker(cluster, local, secondedMax),
    grid: new GridTracker(
      groups,
      secondedMax,
      gridView(groups, local, validators.length, topologyOf(session)),
    ),
    equivocators: new Set(),
    answers: new Map(),
  };
}

/** The grid becomes known after the leaf. */
export function takeTopology(relayParent: RelayParent, topology: GossipTopology): void {
  const { grid, groups, local, session, validators } = relayParent;
  if (topology.session === session && grid.view === undefined)
    grid.view = gridView(groups, local, validators.length, topology);
}

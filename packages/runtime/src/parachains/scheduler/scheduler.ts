/**
 * The scheduler: which para may use which availability core, and which validators serve it.
 *
 * Core i belongs to the i-th parachain; the cores behind them are shared by parathreads, which get them
 * by claims; what is left is idle, and there so that groups are small. A core is free or occupied by a candidate that is becoming available. Free cores are
 * scheduled at the beginning of every block, and again when cores become free in it; what was scheduled
 * and not used is forgotten at the end. A suspended para has none: its core stays free, its claim waits.
 *
 * Guide: runtime/scheduler.md. Reference: 4.4.
 */
import { assert } from "@parahost/base";
import {
  BlockNumber,
  CollatorId,
  CoreIndex,
  GroupIndex,
  type GroupRotationInfo,
  groupForCore,
  type HostConfiguration,
  ParaId,
  type ScheduledCore,
  ValidatorIndex,
} from "@parahost/primitives";
import { option, struct, u32, type ValueOf, variant, vec } from "@parahost/scale";
import { pallet, type State, storageValue } from "../../framework/index.ts";
import { blockNumber } from "../../pallets/system/block.ts";
import { configuration } from "../configuration/configuration.ts";
import { isLiveParathread, parachains } from "../paras/paras.ts";
import { CORES_MAX, sharedCores } from "../paras/planned-cores.ts";
import type { SessionChangeNotification } from "../session-change.ts";
import { isSuspended, suspendedIn } from "../suspension/storage.ts";
import {
  type CoreKind,
  timeOutAt as timeOutOf,
  availabilityTimeoutPredicate as timeoutPredicate,
} from "./availability-timeout.ts";
import { splitIntoGroups } from "./groups.ts";
import {
  EMPTY_PARATHREAD_QUEUE,
  enqueue,
  entriesForCore,
  type ParathreadClaim,
  ParathreadEntry,
  ParathreadQueue,
  peekForCore,
  rebalance,
  takeForCore,
  withoutHeld,
} from "./parathread-queue.ts";

// Types

const v = (name: string): readonly string[] => ["polkadot_runtime_parachains", "scheduler", name];

/** What an occupied core is occupied for. */
export const CoreOccupied = variant(
  { parathread: [0, ParathreadEntry], parachain: 1 },
  v("CoreOccupied"),
);
export type CoreOccupied = ValueOf<typeof CoreOccupied>;

const AssignmentKind = variant(
  {
    parachain: 0,
    /** The claim's collator and how often it has been tried. */
    parathread: [1, struct({ collator: option(CollatorId), retries: u32 })],
  },
  v("AssignmentKind"),
);

/** A free core and who may use it now. */
export const CoreAssignment = struct(
  { core: CoreIndex, paraId: ParaId, kind: AssignmentKind, groupIdx: GroupIndex },
  v("CoreAssignment"),
);
export type CoreAssignment = ValueOf<typeof CoreAssignment>;

/** Why a core became free. */
export type FreedReason = "concluded" | "timedOut";

/** Cores that became free, each once. */
export type FreedCores = ReadonlyMap<CoreIndex, FreedReason>;

// Storage

export const storage = {
  validatorGroups: storageValue(
    "ParaScheduler.ValidatorGroups",
    "The session's groups of validators, one per core; none without validators.",
    vec(vec(ValidatorIndex)),
    [],
  ),
  parathreadQueue: storageValue(
    "ParaScheduler.ParathreadQueue",
    "Claims of parathreads that wait for a core.",
    ParathreadQueue,
    EMPTY_PARATHREAD_QUEUE,
  ),
  availabilityCores: storageValue(
    "ParaScheduler.AvailabilityCores",
    "What occupies each core.",
    vec(option(CoreOccupied)),
    [],
  ),
  parathreadClaimIndex: storageValue(
    "ParaScheduler.ParathreadClaimIndex",
    "Paras with a claim in the queue, on a scheduled or on an occupied core, ascending.",
    vec(ParaId),
    [],
  ),
  sessionStartBlock: storageValue(
    "ParaScheduler.SessionStartBlock",
    "Number of the first block of the session.",
    BlockNumber,
    0,
  ),
  scheduled: storageValue(
    "ParaScheduler.Scheduled",
    "Which para may use which core in this block, ascending by core; empty between blocks.",
    vec(CoreAssignment),
    [],
  ),
};

// Questions

/** Number of cores: bits of an availability bitfield. */
export const coreCount = (state: State): number => storage.availabilityCores.get(state).length;

export const availabilityCores = (state: State): readonly (CoreOccupied | undefined)[] =>
  storage.availabilityCores.get(state);

/** Free cores that may be used in this block, ascending. */
export const scheduled = (state: State): readonly CoreAssignment[] => storage.scheduled.get(state);

export const validatorGroups = (state: State): readonly (readonly ValidatorIndex[])[] =>
  storage.validatorGroups.get(state);

export const groupValidators = (
  state: State,
  group: GroupIndex,
): readonly ValidatorIndex[] | undefined => storage.validatorGroups.get(state)[group];

/** Rotation of groups as of block `now`. */
export const groupRotationInfo = (state: State, now: BlockNumber): GroupRotationInfo => ({
  sessionStartBlock: storage.sessionStartBlock.get(state),
  groupRotationFrequency: configuration(state).schedulerParams.groupRotationFrequency,
  now,
});

/**
 * The group that serves a core at block `at`; `undefined` when there is no such core, no group, or
 * the block does not belong to this session.
 */
export function groupAssignedToCore(
  state: State,
  core: CoreIndex,
  at: BlockNumber,
): GroupIndex | undefined {
  if (at < storage.sessionStartBlock.get(state)) return undefined;
  return groupForCore(
    core,
    storage.validatorGroups.get(state).length,
    groupRotationInfo(state, at),
  );
}

/** The para whose candidate occupies a core. */
export function corePara(state: State, core: CoreIndex): ParaId | undefined {
  const occupied = storage.availabilityCores.get(state)[core];
  if (occupied === undefined) return undefined;
  return occupied.type === "parathread" ? occupied.value.claim.paraId : parachains(state)[core];
}

/** What a core is for, while it is occupied. */
export const occupiedKind = (state: State, core: CoreIndex): CoreKind | undefined =>
  storage.availabilityCores.get(state)[core]?.type;

/** Position of a core behind those of parachains; `undefined` for these. */
function coreOffset(state: State, core: CoreIndex): number | undefined {
  const offset = core - parachains(state).length;
  return offset < 0 ? undefined : offset;
}

const parachainCore = (state: State, para: ParaId | undefined): ScheduledCore | undefined =>
  para === undefined || isSuspended(state, para)
    ? undefined
    : { paraId: para, collator: undefined };

/** Who gets an occupied core if its candidate becomes available. */
export function nextUpOnAvailable(state: State, core: CoreIndex): ScheduledCore | undefined {
  const offset = coreOffset(state, core);
  if (offset === undefined) return parachainCore(state, parachains(state)[core]);
  const queue = withoutHeld(storage.parathreadQueue.get(state), suspendedIn(state));
  return peekForCore(queue, offset)?.claim;
}

/** Who gets an occupied core if its candidate times out: the same claim, unless another waits. */
export function nextUpOnTimeOut(state: State, core: CoreIndex): ScheduledCore | undefined {
  const next = nextUpOnAvailable(state, core);
  if (next !== undefined) return next;
  const occupied = storage.availabilityCores.get(state)[core];
  if (occupied?.type !== "parathread") return undefined;
  const { claim } = occupied.value;
  return isSuspended(state, claim.paraId) ? undefined : claim;
}

/**
 * Who may use each core in this block, if it is or becomes free, and in the blocks after it: at most
 * `lookahead` entries per core. A view of what the scheduler would do, not a state of its own.
 */
export function claimQueue(state: State): Map<CoreIndex, ParaId[]> {
  const { lookahead } = configuration(state).schedulerParams;
  const own = parachains(state);
  const isHeld = suspendedIn(state);
  const queue = withoutHeld(storage.parathreadQueue.get(state), isHeld);
  const byCore = new Map(scheduled(state).map((assignment) => [assignment.core, assignment]));
  const view = new Map<CoreIndex, ParaId[]>();
  for (let index = 0; index < coreCount(state); index++) {
    const core = index as CoreIndex;
    const para = own[index];
    const upcoming =
      para === undefined
        ? entriesForCore(queue, index - own.length).map(({ claim }) => claim.paraId)
        : Array.from({ length: isHeld(para) ? 0 : lookahead }, () => para);
    const now = para === undefined ? byCore.get(core)?.paraId : undefined;
    view.set(core, (now === undefined ? upcoming : [now, ...upcoming]).slice(0, lookahead));
  }
  return view;
}

// Claims

/** Cores that claims are dealt out over. */
const parathreadCores = (state: State): number =>
  sharedCores(configuration(state).parathreadCores, parachains(state).length);

/** Whether the para is one that claims may be made for. */
export const mayClaim = (state: State, para: ParaId): boolean =>
  isLiveParathread(state, para) && !isSuspended(state, para);

/** True for paras with a claim in the queue, on a scheduled or on an occupied core. */
export const hasClaim = (state: State, para: ParaId): boolean =>
  storage.parathreadClaimIndex.get(state).includes(para);

/** Number of claims that wait, and how many may: the lookahead for each parathread core. */
export function claimQueueUse(state: State): {
  readonly size: number;
  readonly capacity: number;
} {
  const capacity = configuration(state).schedulerParams.lookahead * parathreadCores(state);
  return {
    size: capacity === 0 ? 0 : storage.parathreadQueue.get(state).queue.length,
    capacity,
  };
}

/** Puts a claim into the queue; refused (false) as the guide says. */
export function addParathreadClaim(state: State, claim: ParathreadClaim): boolean {
  const { size, capacity } = claimQueueUse(state);
  if (size >= capacity || !mayClaim(state, claim.paraId) || hasClaim(state, claim.paraId))
    return false;
  const queue = storage.parathreadQueue.get(state);
  const index = storage.parathreadClaimIndex.get(state);
  storage.parathreadClaimIndex.set(
    state,
    [...index, claim.paraId].sort((a, b) => a - b),
  );
  storage.parathreadQueue.set(state, enqueue(queue, { claim, retries: 0 }, parathreadCores(state)));
  return true;
}

function removeFromClaimIndex(state: State, paras: readonly ParaId[]): void {
  if (paras.length === 0) return;
  storage.parathreadClaimIndex.update(state, (index) =>
    index.filter((para) => !paras.includes(para)),
  );
}

function requeue(state: State, entry: ParathreadEntry): void {
  const cores = parathreadCores(state);
  storage.parathreadQueue.update(state, (queue) => enqueue(queue, entry, cores));
}

// Scheduling

/**
 * Frees cores and schedules every free core that is not scheduled yet. A claim whose candidate was
 * included is done; one whose candidate did not become available goes back to the queue, since that
 * was the validators' fault.
 */
export function schedule(state: State, freed: FreedCores): void {
  freeCores(state, freed);
  const groups = storage.validatorGroups.get(state);
  if (groups.length === 0) return;
  const cores = storage.availabilityCores.get(state);
  const rotation = groupRotationInfo(state, blockNumber(state));
  const before = scheduled(state);
  const taken = new Set(before.map(({ core }) => core));
  const own = parachains(state);
  const isHeld = suspendedIn(state);
  let queue = storage.parathreadQueue.get(state);
  const added: CoreAssignment[] = [];
  for (const [index, occupied] of cores.entries()) {
    const core = index as CoreIndex;
    if (occupied !== undefined || taken.has(core)) continue;
    const groupIdx = groupForCore(core, groups.length, rotation);
    assert(groupIdx !== undefined, `core ${core} has no group among ${groups.length}`);
    const para = own[index];
    if (para !== undefined) {
      if (isHeld(para)) continue;
      added.push({ core, paraId: para, kind: { type: "parachain" }, groupIdx });
      continue;
    }
    const { entry, rest } = takeForCore(queue, index - own.length, isHeld);
    if (entry === undefined) continue;
    queue = rest;
    const { claim, retries } = entry;
    added.push({
      core,
      paraId: claim.paraId,
      kind: { type: "parathread", value: { collator: claim.collator, retries } },
      groupIdx,
    });
  }
  if (added.length === 0) return;
  if (queue !== storage.parathreadQueue.get(state)) storage.parathreadQueue.set(state, queue);
  storage.scheduled.set(
    state,
    [...before, ...added].sort((a, b) => a.core - b.core),
  );
}

function freeCores(state: State, freed: FreedCores): void {
  if (freed.size === 0) return;
  const cores = [...storage.availabilityCores.get(state)];
  const concluded: ParaId[] = [];
  const returned: ParathreadEntry[] = [];
  for (const [core, reason] of [...freed].sort(([a], [b]) => a - b)) {
    const occupied = cores[core];
    cores[core] = undefined;
    if (occupied?.type !== "parathread") continue;
    if (reason === "concluded") concluded.push(occupied.value.claim.paraId);
    else returned.push(occupied.value);
  }
  storage.availabilityCores.set(state, cores);
  removeFromClaimIndex(state, concluded);
  for (const entry of returned) requeue(state, entry);
}

/** Notes that candidates were backed for these scheduled cores, ascending. */
export function occupied(state: State, nowOccupied: readonly CoreIndex[]): void {
  if (nowOccupied.length === 0) return;
  const assignments = new Map(scheduled(state).map((assignment) => [assignment.core, assignment]));
  const cores = [...storage.availabilityCores.get(state)];
  let previous = -1;
  for (const core of nowOccupied) {
    assert(core > previous, `cores are not ascending: ${core} after ${previous}`);
    previous = core;
    const assignment = assignments.get(core);
    assert(assignment !== undefined, `core ${core} was not scheduled`);
    cores[core] = toOccupied(assignment);
    assignments.delete(core);
  }
  storage.availabilityCores.set(state, cores);
  storage.scheduled.set(state, [...assignments.values()]);
}

const toOccupied = ({ kind, paraId }: CoreAssignment): CoreOccupied =>
  kind.type === "parachain"
    ? { type: "parachain" }
    : { type: "parathread", value: toEntry(paraId, kind.value) };

const toEntry = (
  paraId: ParaId,
  { collator, retries }: { readonly collator: CollatorId | undefined; readonly retries: number },
): ParathreadEntry => ({ claim: { paraId, collator }, retries });

// Timeouts

const periods = ({ schedulerParams, threadAvailabilityPeriod }: HostConfiguration) => ({
  parachain: schedulerParams.parasAvailabilityPeriod,
  parathread: threadAvailabilityPeriod,
});

/**
 * Tells which cores time out in this block, given since when they are occupied; `undefined` when none
 * can.
 */
export function availabilityTimeoutPredicate(
  state: State,
): ((core: CoreIndex, since: BlockNumber) => boolean) | undefined {
  const rotation = groupRotationInfo(state, blockNumber(state));
  const predicate = timeoutPredicate(rotation, periods(configuration(state)));
  if (predicate === undefined) return undefined;
  return (core, since) => predicate(occupiedKind(state, core), since);
}

/** The first block at which an occupied core can time out, asked at block `now`. */
export function timeOutAt(
  state: State,
  core: CoreIndex,
  since: BlockNumber,
  now: BlockNumber,
): BlockNumber {
  const kind = occupiedKind(state, core);
  assert(kind !== undefined, `core ${core} is not occupied`);
  return timeOutOf(groupRotationInfo(state, now), periods(configuration(state))[kind], since);
}

// Initialization, finalization, session change

export function initialize(state: State): void {
  schedule(state, new Map());
}

/** Claims that produced no candidate in this block get another try, or are dropped. */
export function finalize(state: State): void {
  const unused = storage.scheduled.take(state);
  const { parathreadRetries } = configuration(state);
  const dropped: ParaId[] = [];
  for (const { paraId, kind } of unused) {
    if (kind.type !== "parathread") continue;
    const retries = kind.value.retries + 1;
    if (retries <= parathreadRetries) requeue(state, toEntry(paraId, { ...kind.value, retries }));
    else dropped.push(paraId);
  }
  removeFromClaimIndex(state, dropped);
}

/**
 * Frees all cores, fits their number to the paras of the new session, makes new groups and deals out
 * the claims that are still good. Returns those that were lost though their tries were not used up: their
 * paras no longer live on claims, are suspended, or there are no cores for them.
 */
export function onNewSession(
  state: State,
  { configuration: current, validators, startBlock }: SessionChangeNotification,
): readonly ParathreadClaim[] {
  storage.sessionStartBlock.set(state, startBlock);
  const queue = storage.parathreadQueue.get(state);
  const onCores = storage.availabilityCores
    .get(state)
    .flatMap((core) => (core?.type === "parathread" ? [core.value] : []));
  const all = {
    ...queue,
    queue: [...queue.queue, ...onCores.map((entry) => ({ entry, coreOffset: 0 }))],
  };
  const { parathreadRetries } = current;
  const own = parachains(state).length;
  const shared = sharedCores(current.parathreadCores, own);
  const { queue: rebalanced, dropped } = rebalance(
    all,
    shared,
    ({ claim, retries }) => retries <= parathreadRetries && mayClaim(state, claim.paraId),
  );
  if (all.queue.length > 0 || queue.nextCoreOffset !== 0) {
    storage.parathreadQueue.set(state, rebalanced);
    removeFromClaimIndex(
      state,
      dropped.map(({ claim }) => claim.paraId),
    );
  }
  const cores = Math.max(own + shared, coresForGroups(current, validators.length));
  storage.availabilityCores.set(
    state,
    Array.from({ length: cores }, () => undefined),
  );
  storage.validatorGroups.set(state, splitIntoGroups(validators.length, cores));
  return dropped.flatMap(({ claim, retries }) => (retries <= parathreadRetries ? [claim] : []));
}

/**
 * Cores that make groups as small as they are to be. Polkadot rounds down, so that its groups may be larger than
 * the configuration says.
 */
function coresForGroups({ schedulerParams }: HostConfiguration, validatorCount: number): number {
  const { maxValidatorsPerCore } = schedulerParams;
  const wanted = maxValidatorsPerCore ? Math.ceil(validatorCount / maxValidatorsPerCore) : 0;
  return Math.min(wanted, CORES_MAX);
}

export const paraScheduler = pallet({ name: "ParaScheduler", index: 55, storage });

/**
 * GRANDPA on chain: the authority set and its changes. When a session brings other voters, its first block
 * announces them with delay 0: that block is the last one finalized by the old set. Once root has said that finality
 * stalls, the next session forces its voters upon the nodes instead, which do not wait for finality then.
 *
 * Reference: consensus-and-sync.md 4.6.
 */
import { ok } from "@parahost/base";
import {
  BlockNumber,
  GRANDPA_ENGINE_ID,
  GrandpaAuthorities,
  GrandpaConsensusLog,
  GrandpaEquivocationProof,
  type SessionIndex,
  type SetId,
} from "@parahost/primitives";
import { encode, struct } from "@parahost/scale";
import { asRoot, call, pallet, palletEvents, type State, weightOf } from "../framework/index.ts";
import { provenEquivocation } from "./grandpa/equivocation.ts";
import { errors, type StoredPendingChange, storage } from "./grandpa/storage.ts";
import { firstStoredSession } from "./historical.ts";
import { equivocationCalls } from "./offences/equivocations.ts";
import type { SessionValidator } from "./session/keys.ts";
import { BLOCK_NUMBER_MAX, blockNumber, depositLog } from "./system/block.ts";

export { storage };

const events = palletEvents("Grandpa", {
  newAuthorities: [0, struct({ authoritySet: GrandpaAuthorities })],
});

export const authorities = (state: State): GrandpaAuthorities => storage.authorities.get(state);

export const currentSetId = (state: State): SetId => storage.currentSetId.get(state);

/** Every voter weighs the same. */
const votersOf = (validators: readonly SessionValidator[]): GrandpaAuthorities =>
  validators.map(({ keys }) => ({ id: keys.grandpa, weight: 1 }));

const equalVoters = (a: GrandpaAuthorities, b: GrandpaAuthorities): boolean =>
  a.length === b.length && a.every(({ id }, i) => id === b[i]?.id);

export function onNewSession(
  state: State,
  session: SessionIndex,
  changed: boolean,
  current: readonly SessionValidator[],
): void {
  const nextAuthorities = votersOf(current);
  const stalled = storage.stalled.take(state);
  // Other session keys may change without the voters': then there is nothing to announce.
  const differ = changed && !equalVoters(nextAuthorities, authorities(state));
  const scheduled =
    stalled === undefined
      ? differ && scheduleChange(state, nextAuthorities, 0, undefined)
      : scheduleChange(state, nextAuthorities, stalled.furtherWait, stalled.bestFinalized);
  if (scheduled) {
    storage.currentSetId.update(state, (id) => id + 1);
    forgetSets(state);
  }
  storage.setIdSession.set(state, currentSetId(state), session);
}

/**
 * Schedules a change for after `delay` blocks; `forced` is the block at which finality stopped, if it did. False
 * while another change waits, and too soon after a forced one.
 */
function scheduleChange(
  state: State,
  nextAuthorities: GrandpaAuthorities,
  delay: number,
  forced: number | undefined,
): boolean {
  if (storage.pendingChange.has(state)) return false;
  const scheduledAt = blockNumber(state);
  if (forced !== undefined) {
    if ((storage.nextForced.get(state) ?? 0) > scheduledAt) return false;
    // Another one has to wait until nodes have long settled with this one.
    storage.nextForced.set(state, Math.min(scheduledAt + 2 * delay, BLOCK_NUMBER_MAX));
  }
  storage.pendingChange.set(state, { scheduledAt, delay, nextAuthorities, forced });
  return true;
}

/**
 * Forgets the sets of sessions whose keys cannot be proven any more, but for the last of them: it says when
 * the one after it began.
 */
function forgetSets(state: State): void {
  const first = firstStoredSession(state);
  const past = storage.setIdSession.entries(state).filter(([, session]) => session < first);
  const last = Math.max(...past.map(([setId]) => setId));
  for (const [setId] of past) if (setId < last) storage.setIdSession.remove(state, setId);
}

export function onGenesis(state: State, initial: readonly SessionValidator[]): void {
  storage.authorities.set(state, votersOf(initial));
  storage.setIdSession.set(state, 0, 0 as SessionIndex);
}

/** Announces a change in the block that scheduled it, and applies it once its delay is over. */
export function onFinalize(state: State): void {
  const change = storage.pendingChange.get(state);
  if (change === undefined) return;
  const { scheduledAt, delay, nextAuthorities } = change;
  const now = blockNumber(state);
  if (now === scheduledAt) depositGrandpaLog(state, announcementOf(change));
  if (now < scheduledAt + delay) return;
  storage.authorities.set(state, nextAuthorities);
  storage.pendingChange.remove(state);
  events.deposit(state, { type: "newAuthorities", value: { authoritySet: nextAuthorities } });
}

function announcementOf({
  nextAuthorities,
  delay,
  forced,
}: StoredPendingChange): GrandpaConsensusLog {
  const change = { nextAuthorities, delay };
  return forced === undefined
    ? { type: "scheduledChange", value: change }
    : { type: "forcedChange", value: { medianLastFinalized: forced, change } };
}

function depositGrandpaLog(state: State, log: GrandpaConsensusLog): void {
  const data = encode(GrandpaConsensusLog, log);
  depositLog(state, { type: "consensus", value: { engine: GRANDPA_ENGINE_ID, data } });
}

export const grandpa = pallet({
  name: "Grandpa",
  index: 11,
  storage,
  events,
  errors,
  calls: {
    ...equivocationCalls({
      what: "a voter who voted twice in a stage of a round",
      proof: GrandpaEquivocationProof,
      proven: provenEquivocation,
      duplicate: errors.duplicateOffenceReport,
    }),
    noteStalled: call({
      index: 2,
      docs: "Says that finality stopped at a block: the next session's voters begin after `delay` blocks, finality or not. Root only.",
      args: { delay: BlockNumber, bestFinalizedBlockNumber: BlockNumber },
      class: "operational",
      weight: weightOf({ writes: 1 }),
      dispatch: (state, origin, { delay, bestFinalizedBlockNumber: bestFinalized }) =>
        asRoot(origin, () => ok(storage.stalled.set(state, { furtherWait: delay, bestFinalized }))),
    }),
  },
});

/**
 * GRANDPA on chain: the authority set and its changes. When a session brings other voters, its first block
 * announces them with delay 0: that block is the last one finalized by the old set.
 *
 * Reference: consensus-and-sync.md 4.6.
 */
import {
  GRANDPA_ENGINE_ID,
  GrandpaAuthorities,
  GrandpaConsensusLog,
  GrandpaEquivocationProof,
  type SessionIndex,
  type SetId,
} from "@parahost/primitives";
import { encode, struct } from "@parahost/scale";
import { pallet, palletEvents, type State } from "../framework/index.ts";
import { provenEquivocation } from "./grandpa/equivocation.ts";
import { errors, storage } from "./grandpa/storage.ts";
import { firstStoredSession } from "./historical.ts";
import { equivocationCalls } from "./offences/equivocations.ts";
import type { SessionValidator } from "./session/keys.ts";
import { blockNumber, depositLog } from "./system/block.ts";

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
  // Other session keys may change without the voters': then there is nothing to announce.
  if (changed && !equalVoters(nextAuthorities, authorities(state))) {
    const scheduledAt = blockNumber(state);
    storage.pendingChange.set(state, { scheduledAt, delay: 0, nextAuthorities });
    storage.currentSetId.update(state, (id) => id + 1);
    forgetSets(state);
  }
  storage.setIdSession.set(state, currentSetId(state), session);
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
  if (now === scheduledAt)
    depositGrandpaLog(state, { type: "scheduledChange", value: { nextAuthorities, delay } });
  if (now < scheduledAt + delay) return;
  storage.authorities.set(state, nextAuthorities);
  storage.pendingChange.remove(state);
  events.deposit(state, { type: "newAuthorities", value: { authoritySet: nextAuthorities } });
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
  },
});

/**
 * The order of the parachain modules, known here and nowhere else: they initialize in it, finalize in
 * reverse, and learn of a session change in it.
 *
 * A session change that is announced during a block is kept and applied at the end of the block, after
 * the modules are finalized: what the block carries was made for the old session, and the next block is
 * the first to see the new one.
 *
 * Guide: runtime/initializer.md. Reference: 4.0, 4.1.
 */
import { assert } from "@parahost/base";
import { BlockNumber, parachainLogItem, SessionIndex, sessionSeed } from "@parahost/primitives";
import { struct, unit, type ValueOf, vec } from "@parahost/scale";
import {
  call,
  done,
  ensureRoot,
  pallet,
  type State,
  storageValue,
  weightOf,
} from "../framework/index.ts";
import { nextEpochRandomness } from "../pallets/babe/storage.ts";
import { SessionValidator } from "../pallets/session/keys.ts";
import { blockNumber, depositLog } from "../pallets/system/block.ts";
import { holdAuction, onNewSession as onAuctionSession } from "./claim-auction/claim-auction.ts";
import { onNewSession as onConfigurationSession } from "./configuration/configuration.ts";
import { onNewSession as onDisputesSession } from "./disputes/disputes.ts";
import { initialize as initializeFishermen } from "./fishermen/bonds.ts";
import { onNewSession as onInclusionSession } from "./inclusion/inclusion.ts";
import { initialize as initializeOnDemand } from "./on-demand/on-demand.ts";
import {
  finalize as finalizeParas,
  initialize as initializeParas,
  onNewSession as onParasSession,
} from "./paras/paras.ts";
import { finalize as finalizeInherent } from "./paras-inherent/paras-inherent.ts";
import {
  initialize as initializeRemoteDisputes,
  onNewSession as onRemoteDisputesSession,
} from "./remote-disputes/remote-disputes.ts";
import {
  finalize as finalizeScheduler,
  initialize as initializeScheduler,
  onNewSession as onSchedulerSession,
} from "./scheduler/scheduler.ts";
import type { SessionChangeNotification } from "./session-change.ts";
import { onNewSession as onSessionInfoSession } from "./session-info.ts";
import { onNewSession as onSharedSession } from "./shared/shared.ts";
import {
  initialize as initializeSlashing,
  onNewSession as onSlashingSession,
} from "./slashing/slashing.ts";
import { initialize as initializeSuspensions } from "./suspension/suspension.ts";

const BufferedSessionChange = struct(
  { validators: vec(SessionValidator), queued: vec(SessionValidator), sessionIndex: SessionIndex },
  ["polkadot_runtime_parachains", "initializer", "BufferedSessionChange"],
);
type BufferedSessionChange = ValueOf<typeof BufferedSessionChange>;

// Storage

export const storage = {
  hasInitialized: storageValue(
    "Initializer.HasInitialized",
    "Present between initialization and finalization of a block.",
    unit,
  ),
  bufferedSessionChanges: storageValue(
    "Initializer.BufferedSessionChanges",
    "Session changes until the block ends. Only the last is applied: the sessions before it were over before they began.",
    vec(BufferedSessionChange),
    [],
  ),
};

// The order

/** Once per block, after the session may have changed and before the inherent. */
export function onInitialize(state: State, now: BlockNumber): void {
  initializeParas(state, now);
  initializeOnDemand(state);
  initializeSuspensions(state);
  initializeScheduler(state);
  initializeSlashing(state, now);
  initializeRemoteDisputes(state, now);
  initializeFishermen(state, now);
  storage.hasInitialized.set(state, undefined);
}

/** Once per block, after the last extrinsic. */
export function onFinalize(state: State): void {
  finalizeInherent(state);
  finalizeScheduler(state);
  holdAuction(state);
  finalizeParas(state, blockNumber(state));
  storage.hasInitialized.remove(state);
  const change = storage.bufferedSessionChanges.take(state).at(-1);
  if (change !== undefined) applySessionChange(state, change, blockNumber(state) + 1);
}

/**
 * Announces a session with its authorities and those queued for the one after it. The first session
 * begins at once, every other one with the next block.
 */
export function onNewSession(
  state: State,
  _changed: boolean,
  sessionIndex: SessionIndex,
  validators: readonly SessionValidator[],
  queued: readonly SessionValidator[],
): void {
  const change = { validators, queued, sessionIndex };
  if (sessionIndex === 0) applySessionChange(state, change, blockNumber(state) + 1);
  else storage.bufferedSessionChanges.update(state, (buffered) => [...buffered, change]);
}

/**
 * Tells every module, in order, of the session whose first block is `startBlock`. Never while a block's
 * modules are at work: they lean on one configuration and one set of cores from beginning to end.
 */
export function applySessionChange(
  state: State,
  { validators: authorities, queued, sessionIndex: session }: BufferedSessionChange,
  startBlock: BlockNumber,
): void {
  assert(
    !storage.hasInitialized.has(state),
    "a session changes between blocks, not between initialization and finalization",
  );
  const randomSeed = sessionSeed(nextEpochRandomness(state));
  const { previous, current } = onConfigurationSession(state, session);
  const paraValidators = authorities.map(({ keys }) => keys.paraValidator);
  const change: SessionChangeNotification = {
    session,
    validators: onSharedSession(state, session, randomSeed, current, paraValidators),
    authorities,
    queued,
    previousConfiguration: previous,
    configuration: current,
    randomSeed,
    startBlock,
  };
  onParasSession(state, change);
  onAuctionSession(state, onSchedulerSession(state, change));
  onInclusionSession(state);
  onSessionInfoSession(state, change);
  onDisputesSession(state, change);
  onSlashingSession(state, change);
  onRemoteDisputesSession(state);
}

// Entry point

export const initializer = pallet({
  name: "Initializer",
  index: 57,
  storage,
  calls: {
    forceApprove: call({
      index: 0,
      docs: "Tells nodes to treat all blocks up to `up_to` as approved.",
      args: { upTo: BlockNumber },
      class: "operational",
      weight: weightOf({ writes: 1 }),
      dispatch: (state, origin, { upTo }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        depositLog(state, parachainLogItem({ type: "forceApprove", value: upTo }));
        return done;
      },
    }),
  },
});

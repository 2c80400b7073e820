/** Looking into a future of the state that does not come to be. */
import { storage as eventStorage } from "../framework/events.ts";
import type { State } from "../framework/index.ts";
import { blockNumber } from "../pallets/system/block.ts";
import { initialize as initializeScheduler } from "./scheduler/scheduler.ts";

/** Runs something whose effects on the state are dropped. */
export function discarding<T>(state: State, run: () => T): T {
  state.begin();
  try {
    return run();
  } finally {
    state.rollback();
  }
}

/**
 * Asks what will be when a child of the present block is begun: its free cores are scheduled, groups
 * and timeouts are those of its number.
 */
export const inChildBlock = <T>(state: State, ask: () => T): T =>
  discarding(state, () => {
    eventStorage.number.set(state, blockNumber(state) + 1);
    initializeScheduler(state);
    return ask();
  });

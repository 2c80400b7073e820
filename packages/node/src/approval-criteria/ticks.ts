/** Time as approval counts it, in ticks of 500 ms since the Unix epoch. Node-side reference, 1.2. */
import { type Slot, TICK_MS } from "@parahost/primitives";
import type { Tranche } from "./criteria.ts";

export type Tick = number;

/** An assignment must have been known this long before it can complete an approval. */
export const APPROVAL_DELAY_TICKS = 2;
/** Assignments of tranches further ahead are refused. */
export const FUTURE_TICKS_MAX = 20;
/** An approval waits no longer for others that one signature could cover with it. */
export const COALESCE_TICKS_MAX = 12;

export function tickAt(unixMs: number): Tick {
  return Math.floor(unixMs / TICK_MS);
}

export function tickMs(tick: Tick): number {
  return tick * TICK_MS;
}

/** The tick in which a slot of `slotMs` starts. */
export function slotTick(slot: Slot, slotMs: number): Tick {
  return Math.floor((slot * slotMs) / TICK_MS);
}

/** How long an assigned validator may take before it counts as absent. */
export function noShowTicks(noShowSlots: number, slotMs: number): Tick {
  return Math.ceil((noShowSlots * slotMs) / TICK_MS);
}

/** The tranche that has come by now. */
export function trancheAt(now: Tick, blockTick: Tick): Tranche {
  return Math.max(0, now - blockTick);
}

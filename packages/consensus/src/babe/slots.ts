/** Time in slots. Slots are absolute: Unix milliseconds divided by the slot's duration. Reference: consensus 3.1. */
import type { Slot } from "@parahost/primitives";

/** The slot that the instant `ms` lies in. */
export function slotAt(ms: number, slotDurationMs: number): Slot {
  return Math.floor(ms / slotDurationMs) as Slot;
}

/** When the slot begins, Unix milliseconds. */
export function slotStartMs(slot: Slot, slotDurationMs: number): number {
  return slot * slotDurationMs;
}

/** Milliseconds from `ms` until the next slot begins: 1 … slotDurationMs. */
export function msToNextSlot(ms: number, slotDurationMs: number): number {
  return slotStartMs((slotAt(ms, slotDurationMs) + 1) as Slot, slotDurationMs) - ms;
}

/** Slots past the first empty one double the time to propose in, up to 128 fold. */
const BACKOFF_DOUBLINGS_MAX = 7;

/**
 * How long building a block may take, in milliseconds: `share` of the slot, more after empty slots so
 * that a block too slow for its slot still comes through.
 */
export function proposingBudgetMs(
  slotDurationMs: number,
  share: number,
  emptySlotsBefore: number,
): number {
  const doublings = Math.min(Math.floor(emptySlotsBefore / 2), BACKOFF_DOUBLINGS_MAX);
  return slotDurationMs * share * 2 ** doublings;
}

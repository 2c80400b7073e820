/**
 * The time of a block: set once by its author, later than the last by half a slot at least, and within
 * the slot that the author claimed.
 *
 * Polkadot's pallet panics where this one fails with an error; either way the block is invalid.
 *
 * Reference: consensus-and-sync.md 1.6, 3.1.
 */
import { err, ok, type Result } from "@parahost/base";
import { Moment } from "@parahost/primitives";
import { bool, compactU64Number, u64Number } from "@parahost/scale";
import {
  call,
  constant,
  type DispatchError,
  done,
  ensureNone,
  pallet,
  palletErrors,
  type State,
  storageValue,
  weightOf,
} from "../framework/index.ts";
import { currentSlot, slotDuration } from "./babe/storage.ts";

/** How far ahead of the importer's clock a block's time may lie. */
export const DRIFT_MAX_MS = 30_000;

export const storage = {
  now: storageValue(
    "Timestamp.Now",
    "Time of the block, in milliseconds since the Unix epoch.",
    Moment,
    0,
  ),
  didUpdate: storageValue(
    "Timestamp.DidUpdate",
    "Set while a block is executed, once it has its time.",
    bool,
    false,
  ),
};

const errors = palletErrors(3, ["alreadySet", "tooEarly", "wrongSlot"]);

/** Milliseconds since the Unix epoch, of the block being executed once set, else of the one before. */
export const now = (state: State): Moment => storage.now.get(state);

/** Two blocks are at least half a slot apart. */
export const minimumPeriod = (state: State): number => Math.floor(slotDuration(state) / 2);

function check(state: State, moment: Moment): Result<void, DispatchError> {
  if (storage.didUpdate.get(state)) return err(errors.alreadySet);
  const previous = now(state);
  if (previous > 0 && moment < previous + minimumPeriod(state)) return err(errors.tooEarly);
  if (Math.floor(moment / slotDuration(state)) !== currentSlot(state)) return err(errors.wrongSlot);
  return ok(undefined);
}

/**
 * The time nearest to `wanted` that this block may have. An author who is early or late for its slot, by
 * its own clock, can still build.
 */
export function inherentMoment(state: State, wanted: Moment): Moment {
  const previous = now(state);
  const slotStart = currentSlot(state) * slotDuration(state);
  const slotEnd = slotStart + slotDuration(state) - 1;
  const earliest = previous === 0 ? 0 : previous + minimumPeriod(state);
  return Math.min(Math.max(wanted, earliest, slotStart), slotEnd);
}

export function onFinalize(state: State): void {
  storage.didUpdate.remove(state);
}

export const timestamp = pallet({
  name: "Timestamp",
  index: 3,
  storage,
  errors,
  constants: {
    MinimumPeriod: constant(
      "Least number of milliseconds between two blocks.",
      u64Number,
      minimumPeriod,
    ),
  },
  calls: {
    set: call({
      index: 0,
      docs: "Sets the time of the block, in milliseconds since the Unix epoch.",
      args: { now: compactU64Number },
      class: "mandatory",
      inherent: true,
      weight: weightOf({ reads: 3, writes: 2 }),
      dispatch: (state, origin, args) => {
        const none = ensureNone(origin);
        if (!none.ok) return none;
        const checked = check(state, args.now);
        if (!checked.ok) return checked;
        storage.now.set(state, args.now);
        storage.didUpdate.set(state, true);
        return done;
      },
    }),
  },
});

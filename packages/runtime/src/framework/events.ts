/**
 * Events of the block being executed, kept in `System.Events` until the next block begins. This file
 * owns the items of System that every pallet's `deposit` touches; the System pallet lists them.
 */

import { BlockNumber, Hash } from "@parahost/primitives";
import { generic, struct, u32, type ValueOf, variant, vec } from "@parahost/scale";
import { type AnyRuntimeEvent, RuntimeEvent } from "./outer.ts";
import type { State } from "./state.ts";
import { storageValue } from "./storage.ts";

/** When in the block an event happened; `applyExtrinsic` carries the extrinsic's index. */
export const Phase = variant({ applyExtrinsic: [0, u32], finalization: 1, initialization: 2 }, [
  "frame_system",
  "Phase",
]);
export type Phase = ValueOf<typeof Phase>;

export const EventRecord = generic(
  { E: RuntimeEvent, T: Hash },
  struct({ phase: Phase, event: RuntimeEvent, topics: vec(Hash) }, ["frame_system", "EventRecord"]),
);
export type EventRecord = ValueOf<typeof EventRecord>;

export const storage = {
  number: storageValue(
    "System.Number",
    "Number of the block being executed; after it, of the last one.",
    BlockNumber,
    0,
  ),
  events: storageValue(
    "System.Events",
    "What happened in the block so far, in order; replaced by the next block.",
    vec(EventRecord),
    [],
  ),
  eventCount: storageValue(
    "System.EventCount",
    "How many events the block has deposited so far.",
    u32,
    0,
  ),
  executionPhase: storageValue(
    "System.ExecutionPhase",
    "Where in the block its execution stands; present only while a block is executed.",
    Phase,
  ),
};

const NO_TOPICS: readonly Hash[] = [];

/** Adds an event of the current phase. Genesis has no events, as no block could show them. */
export function depositEvent(state: State, event: AnyRuntimeEvent): void {
  if (storage.number.get(state) === 0) return;
  const phase = storage.executionPhase.get(state) ?? { type: "initialization" };
  storage.events.update(state, (events) => [...events, { phase, event, topics: NO_TOPICS }]);
  storage.eventCount.update(state, (count) => count + 1);
}

/** Events of this block so far, or of the last block. */
export const eventsOf = (state: State): readonly EventRecord[] => storage.events.get(state);

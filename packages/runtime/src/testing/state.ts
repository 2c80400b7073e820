/** States for tests of this room. */
import { EMPTY_ROOT, MemoryNodeStore, NodeCache, Overlay, TrieBackend } from "@parahost/trie";
import { storage as eventStorage } from "../framework/events.ts";
import type { EventRecord, State } from "../framework/index.ts";

/** A state without any entry: block 0 of a chain that has nothing yet. */
export const emptyState = (): State =>
  new Overlay(new TrieBackend(new NodeCache(new MemoryNodeStore()), EMPTY_ROOT));

/** An empty state in which block `number` is being executed, so that events are kept. */
export function stateAtBlock(number: number): State {
  const state = emptyState();
  eventStorage.number.set(state, number);
  return state;
}

/** Events of the block so far as `pallet.event`. */
export const eventNames = (state: State): string[] => eventStorage.events.get(state).map(nameOf);

const nameOf = ({ event }: EventRecord): string => `${event.type}.${event.value.type}`;

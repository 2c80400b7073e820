/** Queued changes of paras' lives, by the session at whose beginning they are applied. */
import type { ParaId, SessionIndex } from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { storage } from "./storage.ts";

/** Queues the para's change for the session, once. */
export function queueAction(state: State, session: SessionIndex, para: ParaId): void {
  storage.actionsQueue.update(state, session, (queue) => withSorted(queue, para));
}

/** The ascending list with `para` in it, once. */
export function withSorted(list: readonly ParaId[], para: ParaId): readonly ParaId[] {
  const position = list.findIndex((listed) => listed >= para);
  if (position === -1) return [...list, para];
  return list[position] === para ? list : list.toSpliced(position, 0, para);
}

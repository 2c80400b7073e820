/**
 * The queue of claims on parathread cores.
 *
 * Every entry is assigned to one of the multiplexing cores when it enters, so that collators know long
 * before which validators they will work with. Functions over plain data; the scheduler stores the
 * result.
 *
 * Guide: runtime/scheduler.md, `ParathreadQueue`. Reference: 4.4 steps 2, 4, 5.
 */
import { CollatorId, ParaId } from "@parahost/primitives";
import { option, struct, u32, type ValueOf, vec } from "@parahost/scale";

/** The right to author a parathread's next block. */
export const ParathreadClaim = struct({
  paraId: ParaId,
  /** Who may author it; anybody when absent (an on-demand order). */
  collator: option(CollatorId),
});
export type ParathreadClaim = ValueOf<typeof ParathreadClaim>;

export const ParathreadEntry = struct({
  claim: ParathreadClaim,
  /** Times that it was scheduled without a candidate being backed. */
  retries: u32,
});
export type ParathreadEntry = ValueOf<typeof ParathreadEntry>;

export const QueuedParathread = struct({
  entry: ParathreadEntry,
  /** Position among the parathread cores, not among all cores. */
  coreOffset: u32,
});
export type QueuedParathread = ValueOf<typeof QueuedParathread>;

export const ParathreadQueue = struct({
  /** Oldest first. */
  queue: vec(QueuedParathread),
  /** Offset of the core that the next entry will go to; less than the number of parathread cores. */
  nextCoreOffset: u32,
});
export type ParathreadQueue = ValueOf<typeof ParathreadQueue>;

export const EMPTY_PARATHREAD_QUEUE: ParathreadQueue = { queue: [], nextCoreOffset: 0 };

/** Appends an entry, for the next core in turn. `coreCount` is the number of parathread cores. */
export function enqueue(
  { queue, nextCoreOffset }: ParathreadQueue,
  entry: ParathreadEntry,
  coreCount: number,
): ParathreadQueue {
  return {
    queue: [...queue, { entry, coreOffset: nextCoreOffset }],
    nextCoreOffset: (nextCoreOffset + 1) % coreCount,
  };
}

/** The oldest entry for a core, if any. */
export function peekForCore(
  { queue }: ParathreadQueue,
  coreOffset: number,
): ParathreadEntry | undefined {
  return queue.find((queued) => queued.coreOffset === coreOffset)?.entry;
}

/** All entries for a core, oldest first. */
export function entriesForCore({ queue }: ParathreadQueue, coreOffset: number): ParathreadEntry[] {
  return queue.filter((queued) => queued.coreOffset === coreOffset).map(({ entry }) => entry);
}

/** The queue without the entries of paras that have to wait. */
export function withoutHeld(
  queue: ParathreadQueue,
  isHeld: (para: ParaId) => boolean,
): ParathreadQueue {
  return { ...queue, queue: queue.queue.filter(({ entry }) => !isHeld(entry.claim.paraId)) };
}

/** Takes the oldest entry for a core out of the queue; those of paras that `isHeld` stay. */
export function takeForCore(
  queue: ParathreadQueue,
  coreOffset: number,
  isHeld: (para: ParaId) => boolean = () => false,
): { readonly entry: ParathreadEntry | undefined; readonly rest: ParathreadQueue } {
  const position = queue.queue.findIndex(
    (queued) => queued.coreOffset === coreOffset && !isHeld(queued.entry.claim.paraId),
  );
  const taken = queue.queue[position];
  if (taken === undefined) return { entry: undefined, rest: queue };
  return { entry: taken.entry, rest: { ...queue, queue: queue.queue.toSpliced(position, 1) } };
}

/**
 * Keeps the entries that `isKept` accepts and deals them out again over `coreCount` cores. Without
 * cores nothing is kept. The dropped entries are returned, for the claim index.
 */
export function rebalance(
  { queue }: ParathreadQueue,
  coreCount: number,
  isKept: (entry: ParathreadEntry) => boolean,
): { readonly queue: ParathreadQueue; readonly dropped: ParathreadEntry[] } {
  const kept: ParathreadEntry[] = [];
  const dropped: ParathreadEntry[] = [];
  for (const { entry } of queue) (coreCount > 0 && isKept(entry) ? kept : dropped).push(entry);
  return {
    queue: {
      queue: kept.map((entry, i) => ({ entry, coreOffset: i % coreCount })),
      nextCoreOffset: coreCount === 0 ? 0 : kept.length % coreCount,
    },
    dropped,
  };
}

/**
 * Which core a candidate may ask for. A version 2 descriptor names a core and a session; the candidate's
 * signals say how that core was chosen from those the para had in the claim queue.
 *
 * Reference: 1.2 (versions), 1.5 (signals), 4.5 (core/session).
 */
import { err, ok, type Result } from "@parahost/base";
import {
  type CandidateCommitments,
  type CandidateDescriptor,
  type CoreIndex,
  type ParaId,
  type SessionIndex,
  splitUpwardMessages,
} from "@parahost/primitives";
import type { CoresByDepth } from "../shared/relay-parents.ts";

export type CoreSelectionError =
  | "unsupportedDescriptor"
  | "invalidUmpSignals"
  | "sessionIndexMismatch"
  | "coreIndexMismatch";

export interface CoreSelectionContext {
  /** Node feature 3. */
  readonly allowsVersion2: boolean;
  readonly session: SessionIndex;
  /** The core that the candidate is to occupy. */
  readonly core: CoreIndex;
  /** As at the candidate's relay parent. */
  readonly claimQueue: CoresByDepth;
}

/** Checks version, session, core and signals against each other. */
export function checkCoreSelection(
  descriptor: CandidateDescriptor,
  commitments: CandidateCommitments,
  { allowsVersion2, session, core, claimQueue }: CoreSelectionContext,
): Result<void, CoreSelectionError> {
  const upward = splitUpwardMessages(commitments.upwardMessages);
  if (!upward.ok) return err("invalidUmpSignals");
  const { signals } = upward.value;
  if (descriptor.version === 1)
    return signals.length > 0 ? err("invalidUmpSignals") : ok(undefined);
  if (!allowsVersion2) return err("unsupportedDescriptor");
  if (descriptor.sessionIndex !== session) return err("sessionIndexMismatch");
  if (descriptor.coreIndex !== core) return err("coreIndexMismatch");
  const selected = signals.find((signal) => signal.type === "selectCore");
  const offset = selected?.value.claimQueueOffset ?? 0;
  const cores = coresAt(claimQueue, descriptor.paraId, offset);
  // Without a signal the descriptor's word is enough, if the core was the para's at all.
  const isChosen =
    selected === undefined
      ? cores.includes(core)
      : cores.length > 0 && cores[selected.value.coreSelector % cores.length] === core;
  return isChosen ? ok(undefined) : err("coreIndexMismatch");
}

const coresAt = (claimQueue: CoresByDepth, para: ParaId, depth: number): readonly CoreIndex[] =>
  claimQueue.get(para)?.get(depth) ?? [];

/** Turns "which paras does a core serve, in order" into "which cores has a para, at which depth". */
export function coresByDepth(
  claimQueue: ReadonlyMap<CoreIndex, readonly ParaId[]>,
): Map<ParaId, Map<number, CoreIndex[]>> {
  const byPara = new Map<ParaId, Map<number, CoreIndex[]>>();
  for (const [core, paras] of [...claimQueue].sort(([a], [b]) => a - b))
    for (const [depth, para] of paras.entries()) {
      const depths = byPara.get(para) ?? new Map<number, CoreIndex[]>();
      depths.set(depth, [...(depths.get(depth) ?? []), core]);
      byPara.set(para, depths);
    }
  return byPara;
}

/** What a leaf says about the chains of candidates that its child may begin or continue. */
import type {
  BackingState,
  BlockNumber,
  CandidateHash,
  Constraints,
  CoreState,
  Hash,
  ParaId,
} from "@parahost/primitives";
import { constraintsAfter, type RelayParent } from "./constraints.ts";

/** A place in a chain: a candidate may come next here. */
export interface Position {
  /** Bounds on that candidate. */
  readonly constraints: Constraints;
  /** Candidates that may still follow one another from here. */
  readonly room: number;
}

export interface ParaScope {
  /** Behind the head that is included. */
  readonly base: Position;
  /** Behind each candidate that waits for availability, oldest first. */
  readonly pending: readonly (Position & { readonly candidateHash: CandidateHash })[];
  /** Where the child's chain may begin: behind all that waits, or where a timeout cuts it off. */
  readonly starts: readonly Position[];
}

export interface Scope {
  readonly leaf: Hash;
  readonly relayParents: ReadonlyMap<Hash, RelayParent>;
  readonly paras: ReadonlyMap<ParaId, ParaScope>;
}

/** Candidates on cores that are given up in the block of this number, unless they become available there. */
export function timingOut(
  cores: readonly CoreState[],
  blockNumber: BlockNumber,
): ReadonlySet<CandidateHash> {
  return new Set(
    cores.flatMap((core) =>
      core.type === "occupied" && core.value.timeOutAt <= blockNumber
        ? [core.value.candidateHash]
        : [],
    ),
  );
}

/**
 * The para's chain as far as the relay chain has it. A chain that is not included yet holds `depthMax` + 1
 * candidates, and always leaves room for the next one: with depth 0 that is the guide's rule.
 */
export function paraScope(
  { constraints, pendingAvailability }: BackingState,
  depthMax: number,
  isTimingOut: (candidate: CandidateHash) => boolean,
): ParaScope {
  const room = (waiting: number): number => Math.max(1, depthMax + 1 - waiting);
  const base: Position = { constraints, room: room(0) };
  const pending: ParaScope["pending"][number][] = [];
  let before = base;
  let cut: Position | undefined;
  for (const { candidateHash, commitments, relayParentNumber } of pendingAvailability) {
    if (isTimingOut(candidateHash)) cut ??= before;
    before = {
      constraints: constraintsAfter(before.constraints, relayParentNumber, commitments),
      room: room(pending.length + 1),
    };
    pending.push({ ...before, candidateHash });
  }
  return { base, pending, starts: cut === undefined ? [before] : [before, cut] };
}

/** The place behind those of the waiting candidates, from the oldest on, that are among `ancestors`. */
export function positionBehind(
  { base, pending }: ParaScope,
  ancestors: ReadonlySet<CandidateHash>,
): Position {
  let position = base;
  for (const waiting of pending) {
    if (!ancestors.has(waiting.candidateHash)) break;
    position = waiting;
  }
  return position;
}

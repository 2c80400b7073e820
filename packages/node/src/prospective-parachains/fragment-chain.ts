/**
 * Which candidates can follow one another. A chain begins behind what the relay chain has and grows by
 * candidates that each build on the head of the one before, at a relay parent that is not older.
 *
 * Nothing is kept between questions: a chain is found anew from what a leaf says and from the candidates
 * that are known, of which there are few. So forks, late statements and timeouts need no repair.
 */
import {
  type CandidateHash,
  type CommittedCandidateReceipt,
  type Constraints,
  type Hash,
  type HeadData,
  type PersistedValidationData,
  paraHeadHash,
} from "@parahost/primitives";
import { checkNext, constraintsAfter, validationDataOn } from "./constraints.ts";
import type { HypotheticalCandidate, ParentHead } from "./messages.ts";
import type { ParaScope, Position, Scope } from "./scope.ts";

/** A candidate that somebody seconded. */
export interface ProspectiveCandidate {
  readonly hash: CandidateHash;
  readonly receipt: CommittedCandidateReceipt;
  readonly persistedValidationData: PersistedValidationData;
  /** The head that it builds on, and the one that it makes. */
  readonly parentHeadHash: Hash;
  readonly headHash: Hash;
  isBacked: boolean;
}

const headOf = ({ requiredParent }: Constraints): Hash => paraHeadHash(requiredParent);

/** The place behind the candidate, if it can come next at `position`. */
function extend(
  { relayParents }: Scope,
  { constraints, room }: Position,
  receipt: CommittedCandidateReceipt,
): Position | undefined {
  const relayParent = relayParents.get(receipt.descriptor.relayParent);
  if (relayParent === undefined || room === 0) return undefined;
  if (!checkNext(constraints, relayParent, receipt).ok) return undefined;
  return {
    constraints: constraintsAfter(constraints, relayParent.number, receipt.commitments),
    room: room - 1,
  };
}

const byHash = (a: ProspectiveCandidate, b: ProspectiveCandidate): number =>
  a.hash < b.hash ? -1 : 1;

/**
 * Up to `count` backed candidates that follow one another from `start`. Of several that could come next it is
 * the one with the lowest hash: all nodes choose alike. A head never comes twice.
 */
export function backableChain(
  scope: Scope,
  start: Position,
  candidates: readonly ProspectiveCandidate[],
  count: number,
): readonly ProspectiveCandidate[] {
  const chain: ProspectiveCandidate[] = [];
  const heads = new Set([headOf(start.constraints)]);
  const backed = candidates.filter(({ isBacked }) => isBacked).sort(byHash);
  let position = start;
  while (chain.length < count) {
    const parent = headOf(position.constraints);
    const steps = backed.flatMap((candidate) => {
      if (candidate.parentHeadHash !== parent || heads.has(candidate.headHash)) return [];
      const next = extend(scope, position, candidate.receipt);
      return next === undefined ? [] : [{ candidate, next }];
    });
    const [step] = steps;
    if (step === undefined) return chain;
    chain.push(step.candidate);
    heads.add(step.candidate.headHash);
    position = step.next;
  }
  return chain;
}

/**
 * Every place that chains of candidates, backed or not, lead to, the nearest first. Each head is reached in
 * one way only, so there are no more places than candidates.
 */
export function reachable(
  scope: Scope,
  { starts }: ParaScope,
  candidates: readonly ProspectiveCandidate[],
): ReadonlyMap<Hash, Position> {
  const places = new Map(starts.map((start) => [headOf(start.constraints), start] as const));
  const sorted = [...candidates].sort(byHash);
  for (const [head, position] of places)
    for (const { parentHeadHash, headHash, receipt } of sorted) {
      if (parentHeadHash !== head || places.has(headHash)) continue;
      const next = extend(scope, position, receipt);
      // A map that grows while it is walked through is walked to its new end.
      if (next !== undefined) places.set(headHash, next);
    }
  return places;
}

/**
 * Whether the candidate is part of a chain under this leaf, or could become so when the head that it builds
 * on becomes known. `isPast` tells heads on which the relay chain has built already.
 */
export function isMember(
  scope: Scope,
  para: ParaScope,
  candidates: readonly ProspectiveCandidate[],
  candidate: HypotheticalCandidate,
  isPast: (head: Hash) => boolean,
): boolean {
  const { relayParentHash, parentHeadHash } = placeOf(candidate);
  const relayParent = scope.relayParents.get(relayParentHash);
  if (relayParent === undefined) return false;
  const isWaiting = para.pending.some(
    ({ candidateHash }) => candidateHash === candidate.candidateHash,
  );
  if (isWaiting) return false;
  const position = reachable(scope, para, candidates).get(parentHeadHash);
  if (position !== undefined)
    return candidate.type === "complete"
      ? extend(scope, position, candidate.receipt) !== undefined
      : position.room > 0 && relayParent.number >= position.constraints.minRelayParentNumber;
  // One more must have room before it.
  const [start] = para.starts;
  return (
    start !== undefined &&
    start.room > 1 &&
    relayParent.number >= start.constraints.minRelayParentNumber &&
    !isPast(parentHeadHash)
  );
}

function placeOf(candidate: HypotheticalCandidate): {
  readonly relayParentHash: Hash;
  readonly parentHeadHash: Hash;
} {
  if (candidate.type === "incomplete") {
    const { relayParent, parentHeadDataHash } = candidate;
    return { relayParentHash: relayParent, parentHeadHash: parentHeadDataHash };
  }
  const { receipt, persistedValidationData } = candidate;
  return {
    relayParentHash: receipt.descriptor.relayParent,
    parentHeadHash: paraHeadHash(persistedValidationData.parentHead),
  };
}

/** What a candidate on this head is validated with; `undefined` for an unknown relay parent or head. */
export function validationDataFor(
  { relayParents }: Scope,
  para: ParaScope,
  candidates: readonly ProspectiveCandidate[],
  relayParentHash: Hash,
  parentHead: ParentHead,
): PersistedValidationData | undefined {
  const relayParent = relayParents.get(relayParentHash);
  const head =
    parentHead.type === "data" ? parentHead.value : findHead(para, candidates, parentHead.value);
  if (relayParent === undefined || head === undefined) return undefined;
  return validationDataOn(para.base.constraints, head, relayParent);
}

function findHead(
  { base, pending }: ParaScope,
  candidates: readonly ProspectiveCandidate[],
  hash: Hash,
): HeadData | undefined {
  const onChain = [base, ...pending].find(({ constraints }) => headOf(constraints) === hash);
  return (
    onChain?.constraints.requiredParent ??
    candidates.find(({ headHash }) => headHash === hash)?.receipt.commitments.headData
  );
}

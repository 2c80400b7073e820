/**
 * A candidate builds on the included head of its para: it was validated with exactly the data that the
 * relay chain had for it at a relay parent of this fork.
 */
import {
  type HostConfiguration,
  paraHeadHash,
  persistedValidationDataHash,
} from "@parahost/primitives";
import type { Fork, NewlyBacked, RelayParent } from "../fork.ts";
import { type Problem, problem } from "../violation.ts";

/** The relay parent of a candidate that `child` is backed in; `undefined` when it may not be one. */
export function relayParentOf(
  { relayParents }: Pick<Fork, "relayParents">,
  { backed }: Pick<NewlyBacked, "backed">,
  { asyncBackingParams }: Pick<HostConfiguration, "asyncBackingParams">,
): RelayParent | undefined {
  return relayParents
    .slice(0, 1 + asyncBackingParams.allowedAncestryLen)
    .find(({ hash }) => hash === backed.candidate.descriptor.relayParent);
}

/** `relayParent` as `relayParentOf` finds it on the parent's fork. */
export function checkHeadChain(
  { backed, hash, parentHead }: NewlyBacked,
  relayParent: RelayParent | undefined,
  { maxPovSize }: Pick<HostConfiguration, "maxPovSize">,
): Problem[] {
  const { descriptor, commitments } = backed.candidate;
  if (relayParent === undefined)
    return [problem("S8", `${hash} has a relay parent that is none on this fork`)];
  if (parentHead === undefined) return [];
  const problems: Problem[] = [];
  const expected = persistedValidationDataHash({
    parentHead,
    relayParentNumber: relayParent.number,
    relayParentStorageRoot: relayParent.stateRoot,
    maxPovSize,
  });
  if (descriptor.persistedValidationDataHash !== expected)
    problems.push(problem("S8", `${hash} does not build on the included head of its para`));
  if (descriptor.paraHead !== paraHeadHash(commitments.headData))
    problems.push(problem("S8", `${hash} names another head than it commits to`));
  return problems;
}

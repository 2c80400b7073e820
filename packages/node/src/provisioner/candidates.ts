/** How many candidates of which paras an author asks for: one per core that the block can fill. Guide: Provisioner. */
import {
  asCoreIndex,
  type BackedCandidate,
  type BlockNumber,
  type CandidateHash,
  type CoreState,
  type ParaId,
  type ScheduledCore,
  type UncheckedSignedAvailabilityBitfield,
} from "@parahost/primitives";
import { becomesAvailable } from "./bitfields.ts";

/** What the block makes of the cores, as far as bitfields and timeouts decide. */
export interface CoreUse {
  /** For each para how many cores it can fill; paras in the order of their first core. */
  readonly wanted: ReadonlyMap<ParaId, number>;
  /** For each para the candidates that are included in this very block or go on waiting. */
  readonly ancestors: ReadonlyMap<ParaId, ReadonlySet<CandidateHash>>;
}

/**
 * Cores that are free for a para, those whose occupant becomes available by the bitfields of this very
 * block, and those whose occupant times out in it can be filled.
 */
export function coreUse(
  cores: readonly CoreState[],
  bitfields: readonly UncheckedSignedAvailabilityBitfield[],
  blockNumber: BlockNumber,
): CoreUse {
  const wanted = new Map<ParaId, number>();
  const ancestors = new Map<ParaId, Set<CandidateHash>>();
  const want = (next: ScheduledCore | undefined): void => {
    if (next !== undefined) wanted.set(next.paraId, (wanted.get(next.paraId) ?? 0) + 1);
  };
  for (const [index, core] of cores.entries()) {
    if (core.type === "free") continue;
    if (core.type === "scheduled") {
      want(core.value);
      continue;
    }
    const { availability, candidateDescriptor, candidateHash } = core.value;
    const isAvailable = becomesAvailable(asCoreIndex(index), availability, bitfields);
    const isGivenUp = !isAvailable && core.value.timeOutAt <= blockNumber;
    if (isAvailable) want(core.value.nextUpOnAvailable);
    if (isGivenUp) want(core.value.nextUpOnTimeOut);
    if (isGivenUp) continue;
    const { paraId } = candidateDescriptor;
    ancestors.set(paraId, (ancestors.get(paraId) ?? new Set()).add(candidateHash));
  }
  return { wanted, ancestors };
}

/** At most one candidate with a code upgrade: large codes would crowd out everything else. */
export function withOneCodeUpgrade(backed: readonly BackedCandidate[]): BackedCandidate[] {
  let upgrades = 0;
  return backed.filter(({ candidate }) => {
    if (candidate.commitments.newValidationCode === undefined) return true;
    upgrades += 1;
    return upgrades === 1;
  });
}

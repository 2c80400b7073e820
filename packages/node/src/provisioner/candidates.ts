/** Which candidates an author asks for: one per core that the block can fill. Guide: Provisioner. */
import {
  asCoreIndex,
  type BackedCandidate,
  type BlockNumber,
  type CandidateReceipt,
  type CoreIndex,
  type CoreState,
  candidateHash,
  type Hash,
  type OccupiedCoreAssumption,
  type ParaId,
  type UncheckedSignedAvailabilityBitfield,
} from "@parahost/primitives";
import { becomesAvailable } from "./bitfields.ts";

/** A core that takes a candidate in this block, and what the candidate may build on. */
export interface FillableCore {
  readonly core: CoreIndex;
  readonly paraId: ParaId;
  readonly assumption: OccupiedCoreAssumption;
}

/**
 * Cores in index order: those that are free for a para, those whose occupant becomes available by the
 * bitfields of this very block, and those whose occupant times out in it.
 */
export function fillableCores(
  cores: readonly CoreState[],
  bitfields: readonly UncheckedSignedAvailabilityBitfield[],
  blockNumber: BlockNumber,
): FillableCore[] {
  const fillable: FillableCore[] = [];
  cores.forEach((state, index) => {
    const core = asCoreIndex(index);
    switch (state.type) {
      case "scheduled":
        fillable.push({ core, paraId: state.value.paraId, assumption: { type: "free" } });
        break;
      case "occupied": {
        const { availability, nextUpOnAvailable, nextUpOnTimeOut, timeOutAt } = state.value;
        if (becomesAvailable(core, availability, bitfields)) {
          if (nextUpOnAvailable !== undefined)
            fillable.push({
              core,
              paraId: nextUpOnAvailable.paraId,
              assumption: { type: "included" },
            });
        } else if (timeOutAt === blockNumber && nextUpOnTimeOut !== undefined)
          fillable.push({
            core,
            paraId: nextUpOnTimeOut.paraId,
            assumption: { type: "timedOut" },
          });
        break;
      }
      case "free":
        break;
    }
  });
  return fillable;
}

/** The candidate for a core: it builds on the expected data; of several the lowest hash. */
export function chooseCandidate(
  backable: readonly CandidateReceipt[],
  paraId: ParaId,
  validationDataHash: Hash,
): CandidateReceipt | undefined {
  return backable
    .filter(
      ({ descriptor }) =>
        descriptor.paraId === paraId &&
        descriptor.persistedValidationDataHash === validationDataHash,
    )
    .sort((a, b) => (candidateHash(a) < candidateHash(b) ? -1 : 1))[0];
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

/** Where a para can be collated on a leaf. Node-side reference, 5.6. */
import {
  asCoreIndex,
  type CoreIndex,
  type CoreState,
  type OccupiedCoreAssumption,
  type ParaId,
} from "@parahost/primitives";

export interface CollatableCore {
  readonly core: CoreIndex;
  /** What becomes of the candidate on the core now, if there is one. */
  readonly assumption: OccupiedCoreAssumption;
}

/**
 * The first core that takes a candidate of the para in the leaf's child: one that is scheduled for
 * it, or one that it gets when the candidate on it becomes available. A para with several cores
 * builds one block per leaf, since blocks of one leaf would all build on the same head.
 */
export function collatableCore(
  cores: readonly CoreState[],
  paraId: ParaId,
): CollatableCore | undefined {
  for (const [index, core] of cores.entries()) {
    if (core.type === "scheduled" && core.value.paraId === paraId)
      return { core: asCoreIndex(index), assumption: { type: "free" } };
    if (core.type === "occupied" && core.value.nextUpOnAvailable?.paraId === paraId)
      return { core: asCoreIndex(index), assumption: { type: "included" } };
  }
  return undefined;
}

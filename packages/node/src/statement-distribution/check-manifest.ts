/** Whether a manifest is well-formed and speaks of what can be. Node-side reference, 5.11. */
import { err, ok, type Result } from "@parahost/base";
import type { StatementFilter } from "@parahost/network";
import type { ParaId, ValidatorIndex } from "@parahost/primitives";
import type { BackingCore } from "../backing-groups/backing-cores.ts";
import { filterOf, fitsGroup, isEnoughToBack, without } from "./statement-filter.ts";

/** Each is the sender's fault. */
export type ManifestError =
  /** No group of this index backs a candidate of this para here. */
  | { readonly code: "notAssigned" }
  /** The filter is not for a group of this size. */
  | { readonly code: "malformed" }
  /** Too few statements to back the candidate, disabled validators left out. */
  | { readonly code: "insufficient" };

/** Checks the form of a manifest; the para of an acknowledgement is known already. */
export function checkManifest(
  core: BackingCore | undefined,
  paraId: ParaId,
  knowledge: StatementFilter,
  disabled: ReadonlySet<ValidatorIndex>,
  threshold: (groupSize: number) => number,
): Result<StatementFilter, ManifestError> {
  if (core === undefined || !core.paras.includes(paraId)) return err({ code: "notAssigned" });
  const groupSize = core.members.length;
  if (!fitsGroup(knowledge, groupSize)) return err({ code: "malformed" });
  const usable = without(knowledge, disabledMask(core, disabled));
  if (!isEnoughToBack(usable, threshold(groupSize))) return err({ code: "insufficient" });
  return ok(usable);
}

/** All statements of the members that are disabled. */
export function disabledMask(
  { members }: BackingCore,
  disabled: ReadonlySet<ValidatorIndex>,
): StatementFilter {
  const positions = members.flatMap((member, position) => (disabled.has(member) ? [position] : []));
  return filterOf(members.length, positions, positions);
}

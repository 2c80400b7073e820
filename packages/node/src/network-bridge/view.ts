/** Views: the leaves a node works on, ours and those that peers tell. Node-side reference, 5.3. */
import { err, ok, type Result } from "@parahost/base";
import { VIEW_HEADS_MAX, type View } from "@parahost/network";
import type { BlockNumber, Hash } from "@parahost/primitives";

/** Our view: the highest leaves, in an order that depends on nothing but the leaves. */
export function viewOf(leaves: ReadonlyMap<Hash, BlockNumber>, finalizedNumber: BlockNumber): View {
  const heads = [...leaves]
    .sort(([a, numberOfA], [b, numberOfB]) => numberOfB - numberOfA || (a < b ? -1 : 1))
    .slice(0, VIEW_HEADS_MAX)
    .map(([hash]) => hash);
  return { heads, finalizedNumber };
}

/** True when both name the same heads; finality alone is no reason to tell anybody. */
export function sameHeads(a: View, b: View): boolean {
  return a.heads.length === b.heads.length && a.heads.every((head) => b.heads.includes(head));
}

export type ViewError =
  | { readonly code: "emptyView" }
  | { readonly code: "finalityReversed"; readonly from: BlockNumber; readonly to: BlockNumber };

/** The peer's new view, or `undefined` when it says nothing new. */
export function acceptView(before: View, after: View): Result<View | undefined, ViewError> {
  if (after.heads.length === 0) return err({ code: "emptyView" });
  if (after.finalizedNumber < before.finalizedNumber)
    return err({
      code: "finalityReversed",
      from: before.finalizedNumber,
      to: after.finalizedNumber,
    });
  const same = sameHeads(before, after) && before.finalizedNumber === after.finalizedNumber;
  return ok(same ? undefined : after);
}

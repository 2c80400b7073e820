/**
 * Validators that the session has disabled for an offence: their backing votes do not count until the
 * era ends.
 */
import { Perbill, type ValidatorIndex } from "@parahost/primitives";
import { tuple, u32, vec } from "@parahost/scale";
import { type State, storageValue } from "../../framework/index.ts";
import { activeValidatorIndices } from "./shared.ts";

export const disabledAuthorities = storageValue(
  "Session.DisabledValidators",
  "Positions in the authority list of those excluded for an offence, and how severe it was.",
  vec(tuple(u32, Perbill)),
  [],
);

/** The disabled ones among the active validators, ascending. */
export function disabledValidators(state: State): readonly ValidatorIndex[] {
  const disabled = new Set(disabledAuthorities.get(state).map(([authority]) => authority));
  if (disabled.size === 0) return [];
  return activeValidatorIndices(state).flatMap((authority, index) =>
    disabled.has(authority) ? [index as ValidatorIndex] : [],
  );
}

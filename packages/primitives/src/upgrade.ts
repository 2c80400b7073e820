/** Changing a para's validation code: signals to the para, and the vote that checks new code. */
import { asciiBytes, concatBytes } from "@parahost/base";
import { bool, encode, struct, type ValueOf, variant } from "@parahost/scale";
import { PAYLOAD_MAGIC } from "./constants.ts";
import { SessionIndex, ValidationCodeHash, ValidatorIndex } from "./ids.ts";

/** Why a para may not upgrade now. */
export const UpgradeRestriction = variant({ present: 0 }, [
  "polkadot_primitives",
  "v9",
  "UpgradeRestriction",
]);
export type UpgradeRestriction = ValueOf<typeof UpgradeRestriction>;

/** What a para is told about its announced upgrade: the code was refused, or apply it now. */
export const UpgradeGoAhead = variant({ abort: 0, goAhead: 1 }, [
  "polkadot_primitives",
  "v9",
  "UpgradeGoAhead",
]);
export type UpgradeGoAhead = ValueOf<typeof UpgradeGoAhead>;

/** A validator's vote on code that waits for its pre-check. */
export const PvfCheckStatement = struct(
  {
    accept: bool,
    subject: ValidationCodeHash,
    sessionIndex: SessionIndex,
    validatorIndex: ValidatorIndex,
  },
  ["polkadot_primitives", "v9", "PvfCheckStatement"],
);
export type PvfCheckStatement = ValueOf<typeof PvfCheckStatement>;

/** What the validator signs with its `para` key. */
export function pvfCheckPayload(statement: PvfCheckStatement): Uint8Array {
  return concatBytes(asciiBytes(PAYLOAD_MAGIC.pvfCheck), encode(PvfCheckStatement, statement));
}

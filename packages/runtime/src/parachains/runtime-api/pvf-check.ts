/** Runtime API: a validator's vote on code that is new to the chain. Reference: 1.9, 4.3. */
import type { OpaqueExtrinsic, PvfCheckStatement, ValidatorSignature } from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { encodeBare } from "../../transaction/extrinsic.ts";
import { checkStatement } from "../paras/pvf-votes.ts";

/** The transaction that casts the vote; it needs no signature. `undefined` if it would be refused. */
export const submitPvfCheckStatement = (
  state: State,
  stmt: PvfCheckStatement,
  signature: ValidatorSignature,
): OpaqueExtrinsic | undefined =>
  checkStatement(state, stmt, signature).ok
    ? encodeBare({
        type: "paras",
        value: { type: "includePvfCheckStatement", value: { stmt, signature } },
      })
    : undefined;

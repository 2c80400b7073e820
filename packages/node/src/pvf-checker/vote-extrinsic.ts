/** A pre-check vote on its way to the chain: an unsigned transaction that its signature proves. */
import type { PvfCheckStatement } from "@parahost/primitives";
import { encodeBare } from "@parahost/runtime";

export const voteExtrinsic = (stmt: PvfCheckStatement, signature: Uint8Array): Uint8Array =>
  encodeBare({
    type: "paras",
    value: { type: "includePvfCheckStatement", value: { stmt, signature } },
  });

/** What an extrinsic would do in the next block. */
import type { Hash, OpaqueExtrinsic } from "@parahost/primitives";
import type { ResultValue } from "@parahost/scale";
import { applyExtrinsic } from "../executive.ts";
import {
  type DispatchError,
  invalid,
  type State,
  type TransactionValidityError,
} from "../framework/index.ts";
import { beginBlock, blockNumber, setPhase } from "../pallets/system/block.ts";

/** Included or not, and if it is, how its call ends: Polkadot's `ApplyExtrinsicResult`. */
export type Applied = ResultValue<ResultValue<undefined, DispatchError>, TransactionValidityError>;

/** Applies an extrinsic in a block upon `parentHash`, whose state this is, and leaves the state as it was. */
export function applyInNextBlock(
  state: State,
  parentHash: Hash,
  extrinsic: OpaqueExtrinsic,
): Applied {
  state.begin();
  beginBlock(state, blockNumber(state) + 1, parentHash, []);
  setPhase(state, { type: "applyExtrinsic", value: 0 });
  const applied = applyExtrinsic(state, extrinsic);
  state.rollback();
  if (!applied.ok) return { type: "err", value: reasonOf(applied.error) };
  const outcome = applied.value;
  return {
    type: "ok",
    value: outcome.ok ? { type: "ok", value: undefined } : { type: "err", value: outcome.error },
  };
}

function reasonOf(
  error: Extract<ReturnType<typeof applyExtrinsic>, { ok: false }>["error"],
): TransactionValidityError {
  switch (error.code) {
    case "invalid":
      return error.reason;
    case "mandatoryFailed":
      return invalid("badMandatory");
    default:
      return invalid("call");
  }
}

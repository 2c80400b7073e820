/** What an extrinsic would do in the next block, and whether a block could be the next. */
import { err, ok, type Result } from "@parahost/base";
import type { Block, Hash, Header, OpaqueExtrinsic } from "@parahost/primitives";
import { type ResultValue, type ValueOf, variant } from "@parahost/scale";
import { applyExtrinsic, executeBlock, initializeBlock } from "../executive.ts";
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

/** Whether a block may have transactions beside its inherents; ours always may. */
export const ExtrinsicInclusionMode = variant({ allExtrinsics: 0, onlyInherents: 1 }, [
  "sp_runtime",
  "ExtrinsicInclusionMode",
]);

/** Why a block cannot be the next. */
type Refusal = { readonly code: string };

/** Executes a block, seal taken off, and leaves the state as it was. */
export function executed(state: State, block: Block): Result<undefined, Refusal> {
  state.begin();
  const result = executeBlock(state, block);
  state.rollback();
  return result.ok ? ok(undefined) : result;
}

/** Opens a block and leaves the state as it was. */
export function opened(
  state: State,
  header: Header,
): Result<ValueOf<typeof ExtrinsicInclusionMode>, Refusal> {
  if (header.number !== blockNumber(state) + 1) return err({ code: "wrongNumber" });
  state.begin();
  const result = initializeBlock(state, header);
  state.rollback();
  return result.ok ? ok({ type: "allExtrinsics" }) : result;
}

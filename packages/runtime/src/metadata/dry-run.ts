/** What the steps of building a block would do, and whether a block could be the next. */
import { err, ok, type Result } from "@parahost/base";
import {
  type Block,
  type Hash,
  type Header,
  headerHash,
  INHERENT_IDS,
  Moment,
  type OpaqueExtrinsic,
  ParachainsInherentData,
} from "@parahost/primitives";
import { type ResultValue, type ValueOf, variant } from "@parahost/scale";
import { applyExtrinsic, executeBlock, finalizeBlock, initializeBlock } from "../executive.ts";
import {
  type DispatchError,
  invalid,
  type State,
  type TransactionValidityError,
} from "../framework/index.ts";
import { inherentExtrinsics } from "../inherents.ts";
import {
  beginBlock,
  blockNumber,
  isBlockOpen,
  parentHash,
  setPhase,
} from "../pallets/system/block.ts";
import { discarding } from "../parachains/discarding.ts";
import { onInitialize } from "../parachains/initializer.ts";
import { dataOf, type InherentData } from "./inherents.ts";

/** Included or not, and if it is, how its call ends: Polkadot's `ApplyExtrinsicResult`. */
export type Applied = ResultValue<ResultValue<undefined, DispatchError>, TransactionValidityError>;

/**
 * Does something in the block that is being built upon the state or, if none is, in one upon `parentHash`, whose state
 * it is, as far as one can be opened that nobody has claimed. Leaves the state as it was.
 */
function inBlock<T>(state: State, parentHash: Hash, act: () => T): T {
  return discarding(state, () => {
    if (!isBlockOpen(state)) {
      beginBlock(state, blockNumber(state) + 1, parentHash, []);
      onInitialize(state, blockNumber(state));
      setPhase(state, { type: "applyExtrinsic", value: 0 });
    }
    return act();
  });
}

/** Applies an extrinsic in a block. */
export function applyInBlock(state: State, parentHash: Hash, extrinsic: OpaqueExtrinsic): Applied {
  const applied = inBlock(state, parentHash, () => applyExtrinsic(state, extrinsic));
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

/** The inherents that an author would put into a block, from what it is given by their ids. */
export function inherentsOfBlock(
  state: State,
  blockHash: Hash,
  { data }: ValueOf<typeof InherentData>,
): Result<readonly OpaqueExtrinsic[], Refusal> {
  const timestamp = dataOf(data, INHERENT_IDS.timestamp, Moment);
  if (!timestamp.ok) return timestamp;
  const parachains = dataOf(data, INHERENT_IDS.parachains, ParachainsInherentData);
  if (!parachains.ok) return parachains;
  return inBlock(state, blockHash, () => {
    const expected = parentHash(state);
    if (headerHash(parachains.value.parentHeader) !== expected)
      return err({ code: "parentHeaderOfAnotherBlock", expected });
    return ok(
      inherentExtrinsics(state, { timestamp: timestamp.value, parachains: parachains.value }),
    );
  });
}

/** Closes the block that is being built: its header without a seal. The block stays open. */
export const finalized = (state: State): Result<Header, Refusal> =>
  isBlockOpen(state)
    ? ok(discarding(state, () => finalizeBlock(state)))
    : err({ code: "noBlockIsBeingBuilt" });

/** Executes a block, seal taken off, and leaves the state as it was. */
export function executed(state: State, block: Block): Result<undefined, Refusal> {
  const result = discarding(state, () => executeBlock(state, block));
  return result.ok ? ok(undefined) : result;
}

/** Opens a block and leaves the state as it was. */
export function opened(
  state: State,
  header: Header,
): Result<ValueOf<typeof ExtrinsicInclusionMode>, Refusal> {
  if (header.number !== blockNumber(state) + 1) return err({ code: "wrongNumber" });
  const result = discarding(state, () => initializeBlock(state, header));
  return result.ok ? ok({ type: "allExtrinsics" }) : result;
}

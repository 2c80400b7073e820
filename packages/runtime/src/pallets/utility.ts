/**
 * Utility: several calls in one transaction, and calls as accounts that belong to the sender.
 *
 * `batch` stops at the first call that fails and keeps what came before it, `batch_all` keeps all or nothing,
 * `force_batch` goes on. An account has 65,536 accounts of its own, one for each index, whose only key is
 * its signature.
 */
import { asciiBytes, bytesToHex, concatBytes, err, ok } from "@parahost/base";
import { blake2b256 } from "@parahost/crypto";
import { AccountId, asAccountId } from "@parahost/primitives";
import { encode, struct, u16, u32, vec } from "@parahost/scale";
import {
  type AnyRuntimeCall,
  addWeight,
  call,
  constant,
  type DispatchClassName,
  DispatchError,
  type DispatchResult,
  dispatchCall,
  dispatchInfo,
  ensureRoot,
  ensureSigned,
  type Origin,
  pallet,
  palletErrors,
  palletEvents,
  RuntimeCall,
  type State,
  signedBy,
  Weight,
  weightOf,
} from "../framework/index.ts";

/** Calls of one batch. Their weight is bounded by the block's anyway. */
export const BATCHED_CALLS_MAX = 10_922;

export const events = palletEvents("Utility", {
  /** The call at `index` failed; those before it stay, those after it were not made. */
  batchInterrupted: [0, struct({ index: u32, error: DispatchError })],
  batchCompleted: 1,
  batchCompletedWithErrors: 2,
  itemCompleted: 3,
  itemFailed: [4, struct({ error: DispatchError })],
});

export const errors = palletErrors(26, ["tooManyCalls", "invalidDerivedAccount"]);

/** The account of `who` with this index. */
export function derivativeAccount(who: AccountId, index: number): AccountId {
  const entropy = concatBytes(
    asciiBytes("modlpy/utilisuba"),
    encode(AccountId, who),
    encode(u16, index),
  );
  return asAccountId(bytesToHex(blake2b256(entropy)));
}

// Cost

/** Reading and writing the events of each item. */
const ITEM_WEIGHT = weightOf({ reads: 1, writes: 1 });

const sumOf = (weights: readonly Weight[]): Weight =>
  weights.reduce(addWeight, { refTime: 0, proofSize: 0 });

const declared = (inner: AnyRuntimeCall): Weight =>
  addWeight(dispatchInfo(inner).weight, ITEM_WEIGHT);

const batchWeight = ({ calls }: { readonly calls: readonly AnyRuntimeCall[] }): Weight =>
  sumOf([ITEM_WEIGHT, ...calls.map(declared)]);

/** A batch is urgent only if all of it is. */
const batchClass = ({ calls }: { readonly calls: readonly AnyRuntimeCall[] }): DispatchClassName =>
  calls.length > 0 && calls.every((inner) => dispatchInfo(inner).class === "operational")
    ? "operational"
    : "normal";

const batchPays = ({ calls }: { readonly calls: readonly AnyRuntimeCall[] }): boolean =>
  calls.length === 0 || calls.some((inner) => dispatchInfo(inner).paysFee);

// Dispatch

/** Who may batch: everybody with an account, and root. */
function ensureActor(origin: Origin): Origin | undefined {
  return origin.type === "none" ? undefined : origin;
}

type Rule = "untilFailure" | "allOrNothing" | "all";

function runBatch(
  state: State,
  origin: Origin,
  calls: readonly AnyRuntimeCall[],
  rule: Rule,
): DispatchResult {
  const actor = ensureActor(origin);
  if (actor === undefined) return err({ type: "badOrigin" });
  if (calls.length > BATCHED_CALLS_MAX) return err(errors.tooManyCalls);
  let weight = ITEM_WEIGHT;
  let failures = 0;
  for (const [index, inner] of calls.entries()) {
    const outcome = dispatchCall(state, actor, inner);
    const actual =
      (outcome.ok ? outcome.value.actualWeight : undefined) ?? dispatchInfo(inner).weight;
    weight = addWeight(weight, addWeight(actual, ITEM_WEIGHT));
    if (outcome.ok) {
      events.deposit(state, { type: "itemCompleted" });
      continue;
    }
    if (rule === "allOrNothing") return outcome;
    failures += 1;
    if (rule === "untilFailure") {
      events.deposit(state, { type: "batchInterrupted", value: { index, error: outcome.error } });
      return ok({ actualWeight: weight });
    }
    events.deposit(state, { type: "itemFailed", value: { error: outcome.error } });
  }
  events.deposit(state, { type: failures > 0 ? "batchCompletedWithErrors" : "batchCompleted" });
  return ok({ actualWeight: weight });
}

const around = (inner: AnyRuntimeCall): Weight =>
  addWeight(dispatchInfo(inner).weight, ITEM_WEIGHT);

export const utility = pallet({
  name: "Utility",
  index: 26,
  events,
  errors,
  constants: {
    batched_calls_limit: constant("Calls of one batch.", u32, () => BATCHED_CALLS_MAX),
  },
  calls: {
    batch: call({
      index: 0,
      docs: "Makes calls until one fails; those before it stay.",
      args: { calls: vec(RuntimeCall) },
      class: batchClass,
      weight: batchWeight,
      paysFee: batchPays,
      dispatch: (state, origin, { calls }) => runBatch(state, origin, calls, "untilFailure"),
    }),
    asDerivative: call({
      index: 1,
      docs: "Makes a call as the sender's account with this index.",
      args: { index: u16, call: RuntimeCall },
      class: (args) => batchClass({ calls: [args.call] }),
      weight: (args) => around(args.call),
      paysFee: (args) => dispatchInfo(args.call).paysFee,
      dispatch: (state, origin, { index, call: inner }) => {
        const who = ensureSigned(origin);
        if (!who.ok) return who;
        const account = derivativeAccount(who.value, index);
        const outcome = dispatchCall(state, signedBy(account), inner);
        if (!outcome.ok) return outcome;
        const { actualWeight, ...post } = outcome.value;
        return ok(
          actualWeight === undefined
            ? post
            : { ...post, actualWeight: addWeight(actualWeight, ITEM_WEIGHT) },
        );
      },
    }),
    batchAll: call({
      index: 2,
      docs: "Makes all calls, or none if one fails.",
      args: { calls: vec(RuntimeCall) },
      class: batchClass,
      weight: batchWeight,
      paysFee: batchPays,
      dispatch: (state, origin, { calls }) => runBatch(state, origin, calls, "allOrNothing"),
    }),
    forceBatch: call({
      index: 4,
      docs: "Makes all calls, whatever becomes of each.",
      args: { calls: vec(RuntimeCall) },
      class: batchClass,
      weight: batchWeight,
      paysFee: batchPays,
      dispatch: (state, origin, { calls }) => runBatch(state, origin, calls, "all"),
    }),
    withWeight: call({
      index: 5,
      docs: "Makes a call as root that counts as `weight`, whatever it declares. Root only.",
      args: { call: RuntimeCall, weight: Weight },
      weight: (args) => args.weight,
      dispatch: (state, origin, { call: inner }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        const outcome = dispatchCall(state, origin, inner);
        return outcome.ok ? ok({}) : outcome;
      },
    }),
  },
});

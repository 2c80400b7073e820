/**
 * Utility: several calls in one transaction, and calls as accounts that belong to the sender.
 *
 * `batch` stops at the first call that fails and keeps what came before it, `batch_all` keeps all or nothing,
 * `force_batch` goes on, `if_else` makes the second call if the first fails. An account has 65,536 accounts of
 * its own, one for each index, whose only key is its signature.
 */
import { asciiBytes, bytesToHex, concatBytes, err, ok } from "@parahost/base";
import { blake2b256 } from "@parahost/crypto";
import { AccountId, asAccountId } from "@parahost/primitives";
import {
  encode,
  generic,
  result,
  struct,
  u16,
  u32,
  unit,
  type ValueOf,
  variant,
  vec,
} from "@parahost/scale";
import {
  type AnyRuntimeCall,
  addWeight,
  badOrigin,
  call,
  constant,
  type DispatchClassName,
  DispatchError,
  type DispatchResult,
  dispatchCall,
  dispatchInfo,
  done,
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
  dispatchedAs: [5, struct({ result: result(unit, DispatchError) })],
  ifElseMainSuccess: 6,
  ifElseFallbackCalled: [7, struct({ mainError: DispatchError })],
});

export const errors = palletErrors(26, ["tooManyCalls", "invalidDerivedAccount"]);

/** Who a call is to come from, as clients name it. */
const RawOrigin = generic(
  { AccountId },
  variant({ root: 0, signed: [1, AccountId], none: 2 }, ["frame_support", "dispatch", "RawOrigin"]),
);
const OriginCaller = variant({ system: [0, RawOrigin] }, ["parahost_runtime", "OriginCaller"]);

function asOrigin({ value: raw }: ValueOf<typeof OriginCaller>): Origin {
  return raw.type === "signed" ? signedBy(raw.value) : { type: raw.type };
}

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
  if (actor === undefined) return err(badOrigin);
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

/** The same outcome, its weight with that of what is around the call. */
function endOf(outcome: DispatchResult): DispatchResult {
  if (!outcome.ok || outcome.value.actualWeight === undefined) return outcome;
  return ok({
    ...outcome.value,
    actualWeight: addWeight(outcome.value.actualWeight, ITEM_WEIGHT),
  });
}

/** Makes `main`, or `fallback` if that fails. */
function ifElse(
  state: State,
  origin: Origin,
  main: AnyRuntimeCall,
  fallback: AnyRuntimeCall,
): DispatchResult {
  const actor = ensureActor(origin);
  if (actor === undefined) return err(badOrigin);
  const first = dispatchCall(state, actor, main);
  if (first.ok) {
    events.deposit(state, { type: "ifElseMainSuccess" });
    const weight = first.value.actualWeight ?? dispatchInfo(main).weight;
    return ok({ actualWeight: addWeight(weight, ITEM_WEIGHT) });
  }
  const second = dispatchCall(state, actor, fallback);
  if (!second.ok) return second;
  events.deposit(state, { type: "ifElseFallbackCalled", value: { mainError: first.error } });
  return ok({});
}

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
      weight: (args) => declared(args.call),
      paysFee: (args) => dispatchInfo(args.call).paysFee,
      dispatch: (state, origin, { index, call: inner }) => {
        const who = ensureSigned(origin);
        if (!who.ok) return who;
        const account = derivativeAccount(who.value, index);
        return endOf(dispatchCall(state, signedBy(account), inner));
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
    dispatchAs: call({
      index: 3,
      docs: "Makes a call as somebody else, whatever becomes of it. Root only.",
      args: { asOrigin: OriginCaller, call: RuntimeCall },
      class: (args) => batchClass({ calls: [args.call] }),
      weight: (args) => declared(args.call),
      dispatch: (state, origin, args) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        const outcome = dispatchCall(state, asOrigin(args.asOrigin), args.call);
        events.deposit(state, {
          type: "dispatchedAs",
          value: {
            result: outcome.ok
              ? { type: "ok", value: undefined }
              : { type: "err", value: outcome.error },
          },
        });
        return done;
      },
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
    ifElse: call({
      index: 6,
      docs: "Makes a call, and another one if it fails.",
      args: { main: RuntimeCall, fallback: RuntimeCall },
      class: (args) => batchClass({ calls: [args.main, args.fallback] }),
      weight: (args) => sumOf([declared(args.main), declared(args.fallback)]),
      paysFee: (args) => batchPays({ calls: [args.main, args.fallback] }),
      dispatch: (state, origin, { main, fallback }) => ifElse(state, origin, main, fallback),
    }),
    dispatchAsFallible: call({
      index: 7,
      docs: "Makes a call as somebody else, and fails if it does. Root only.",
      args: { asOrigin: OriginCaller, call: RuntimeCall },
      class: (args) => batchClass({ calls: [args.call] }),
      weight: (args) => declared(args.call),
      dispatch: (state, origin, args) => {
        const root = ensureRoot(origin);
        return root.ok ? endOf(dispatchCall(state, asOrigin(args.asOrigin), args.call)) : root;
      },
    }),
  },
});

/** Sudo: one account that may do what only root may. For networks without governance. */
import { err, ok, type Result } from "@parahost/base";
import { AccountId, MultiAddress } from "@parahost/primitives";
import { option, result, struct, unit } from "@parahost/scale";
import {
  call,
  type DispatchError,
  DispatchError as DispatchErrorCodec,
  type DispatchResult,
  dispatchCall,
  dispatchInfo,
  ensureSigned,
  lookup,
  type Origin,
  pallet,
  palletErrors,
  palletEvents,
  ROOT,
  RuntimeCall,
  type State,
  signedBy,
  storageValue,
  Weight,
  weightOf,
} from "../framework/index.ts";

export const storage = {
  key: storageValue("Sudo.Key", "Who may call with root's rights; absent: nobody.", AccountId),
};

const Outcome = result(unit, DispatchErrorCodec);

const events = palletEvents("Sudo", {
  sudid: [0, struct({ sudoResult: Outcome })],
  keyChanged: [1, struct({ old: option(AccountId), new: AccountId })],
  keyRemoved: 2,
  sudoAsDone: [3, struct({ sudoResult: Outcome })],
});

const errors = palletErrors(255, ["requireSudo"]);

/** Sudo never pays, if it is sudo. */
const FREE: DispatchResult = ok({ paysFee: false });

function ensureSudo(state: State, origin: Origin): Result<AccountId, DispatchError> {
  const who = ensureSigned(origin);
  if (!who.ok) return who;
  return who.value === storage.key.get(state) ? who : err(errors.requireSudo);
}

/** The inner call's failure does not fail the outer one: it is reported in the event. */
const outcomeOf = (dispatched: DispatchResult) =>
  dispatched.ok
    ? ({ type: "ok", value: undefined } as const)
    : ({ type: "err", value: dispatched.error } as const);

/** Key read, event written, beside the call's own weight. */
const OWN_WEIGHT = weightOf({ reads: 1, writes: 1 });

const around = (inner: Weight): Weight => ({
  refTime: inner.refTime + OWN_WEIGHT.refTime,
  proofSize: inner.proofSize,
});

export const sudo = pallet({
  name: "Sudo",
  index: 255,
  storage,
  events,
  errors,
  calls: {
    sudo: call({
      index: 0,
      docs: "Runs a call as root.",
      args: { call: RuntimeCall },
      weight: (args) => around(dispatchInfo(args.call).weight),
      dispatch: (state, origin, args) => {
        const who = ensureSudo(state, origin);
        if (!who.ok) return who;
        const sudoResult = outcomeOf(dispatchCall(state, ROOT, args.call));
        events.deposit(state, { type: "sudid", value: { sudoResult } });
        return FREE;
      },
    }),
    sudoUncheckedWeight: call({
      index: 1,
      docs: "Runs a call as root that counts as `weight`, whatever it declares.",
      args: { call: RuntimeCall, weight: Weight },
      weight: (args) => args.weight,
      dispatch: (state, origin, args) => {
        const who = ensureSudo(state, origin);
        if (!who.ok) return who;
        const sudoResult = outcomeOf(dispatchCall(state, ROOT, args.call));
        events.deposit(state, { type: "sudid", value: { sudoResult } });
        return FREE;
      },
    }),
    setKey: call({
      index: 2,
      docs: "Hands sudo to another account.",
      args: { new: MultiAddress },
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin, args) => {
        const who = ensureSudo(state, origin);
        if (!who.ok) return who;
        const successor = lookup(args.new);
        if (!successor.ok) return successor;
        storage.key.set(state, successor.value);
        const value = { old: who.value, new: successor.value };
        events.deposit(state, { type: "keyChanged", value });
        return FREE;
      },
    }),
    sudoAs: call({
      index: 3,
      docs: "Runs a call as the account `who`.",
      args: { who: MultiAddress, call: RuntimeCall },
      weight: (args) => around(dispatchInfo(args.call).weight),
      dispatch: (state, origin, args) => {
        const sudoer = ensureSudo(state, origin);
        if (!sudoer.ok) return sudoer;
        const account = lookup(args.who);
        if (!account.ok) return account;
        const sudoResult = outcomeOf(dispatchCall(state, signedBy(account.value), args.call));
        events.deposit(state, { type: "sudoAsDone", value: { sudoResult } });
        return FREE;
      },
    }),
    removeKey: call({
      index: 4,
      docs: "Gives sudo up for good.",
      args: {},
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin) => {
        const who = ensureSudo(state, origin);
        if (!who.ok) return who;
        storage.key.remove(state);
        events.deposit(state, { type: "keyRemoved" });
        return FREE;
      },
    }),
  },
});

/** Balances: calls of the chain's currency. The rules are in this folder, one file for each idea. */
import { err, ok } from "@parahost/base";
import { AccountId, Balance, MultiAddress } from "@parahost/primitives";
import { bool, compactU128, u32, u128, vec } from "@parahost/scale";
import {
  call,
  constant,
  type DispatchResult,
  done,
  ensureRoot,
  ensureSigned,
  lookup,
  pallet,
  type State,
  weightOf,
} from "../../framework/index.ts";
import { reducibleBalance } from "./account.ts";
import { AdjustmentDirection, adjustTotalIssuance, upgradeAccount } from "./repair.ts";
import { unreserve } from "./reserve.ts";
import { EXISTENTIAL_DEPOSIT, errors, events, LOCKS_MAX, storage } from "./storage.ts";
import { burn, setFreeBalance, transfer } from "./transfer.ts";

/** Both accounts, read and written. */
const TRANSFER_WEIGHT = weightOf({ reads: 2, writes: 2 });

function signedTransfer(
  state: State,
  from: AccountId,
  dest: MultiAddress,
  value: Balance,
  preservation: "expendable" | "preserve",
): DispatchResult {
  const to = lookup(dest);
  if (!to.ok) return to;
  const moved = transfer(state, from, to.value, value, preservation);
  return moved.ok ? done : moved;
}

export const balances = pallet({
  name: "Balances",
  index: 5,
  storage,
  events,
  errors,
  constants: {
    ExistentialDeposit: constant("Least balance of an account.", u128, () => EXISTENTIAL_DEPOSIT),
    MaxLocks: constant("Locks that one account can have.", u32, () => LOCKS_MAX),
    MaxFreezes: constant("Freezes that one account can have.", u32, () => LOCKS_MAX),
  },
  calls: {
    transferAllowDeath: call({
      index: 0,
      docs: "Transfers `value`; a sender left with less than the existential deposit is forgotten.",
      args: { dest: MultiAddress, value: compactU128 },
      weight: TRANSFER_WEIGHT,
      dispatch: (state, origin, { dest, value }) => {
        const from = ensureSigned(origin);
        return from.ok ? signedTransfer(state, from.value, dest, value, "expendable") : from;
      },
    }),
    forceTransfer: call({
      index: 2,
      docs: "Transfers between any two accounts. Root only.",
      args: { source: MultiAddress, dest: MultiAddress, value: compactU128 },
      weight: TRANSFER_WEIGHT,
      dispatch: (state, origin, { source, dest, value }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        const from = lookup(source);
        return from.ok ? signedTransfer(state, from.value, dest, value, "expendable") : from;
      },
    }),
    transferKeepAlive: call({
      index: 3,
      docs: "Transfers `value`, unless the sender would be left with less than the existential deposit.",
      args: { dest: MultiAddress, value: compactU128 },
      weight: TRANSFER_WEIGHT,
      dispatch: (state, origin, { dest, value }) => {
        const from = ensureSigned(origin);
        return from.ok ? signedTransfer(state, from.value, dest, value, "preserve") : from;
      },
    }),
    transferAll: call({
      index: 4,
      docs: "Transfers all that can be transferred, but for the existential deposit if `keepAlive`.",
      args: { dest: MultiAddress, keepAlive: bool },
      weight: TRANSFER_WEIGHT,
      dispatch: (state, origin, { dest, keepAlive }) => {
        const from = ensureSigned(origin);
        if (!from.ok) return from;
        const preservation = keepAlive ? "preserve" : "expendable";
        const value = reducibleBalance(state, from.value, preservation);
        return signedTransfer(state, from.value, dest, value, preservation);
      },
    }),
    forceUnreserve: call({
      index: 5,
      docs: "Frees up to `amount` of what an account has reserved. Root only.",
      args: { who: MultiAddress, amount: Balance },
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin, { who, amount }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        const account = lookup(who);
        if (!account.ok) return account;
        unreserve(state, account.value, amount);
        return done;
      },
    }),
    upgradeAccounts: call({
      index: 6,
      docs: "Counts the consumers of accounts whose state is older than the count. Free if nine in ten needed it.",
      args: { who: vec(AccountId) },
      weight: ({ who }) => weightOf({ reads: who.length, writes: who.length }),
      dispatch: (state, origin, { who }) => {
        const sender = ensureSigned(origin);
        if (!sender.ok) return sender;
        const upgraded = who.filter((account) => upgradeAccount(state, account)).length;
        return who.length > 0 && 10 * upgraded >= 9 * who.length ? ok({ paysFee: false }) : done;
      },
    }),
    forceSetBalance: call({
      index: 8,
      docs: "Sets an account's free balance; the total issuance follows. Root only.",
      args: { who: MultiAddress, newFree: compactU128 },
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin, { who, newFree }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        const account = lookup(who);
        if (!account.ok) return account;
        const set = setFreeBalance(state, account.value, newFree);
        return set.ok ? done : err(set.error);
      },
    }),
    forceAdjustTotalIssuance: call({
      index: 9,
      docs: "Corrects the total issuance without touching a balance. Root only.",
      args: { direction: AdjustmentDirection, delta: compactU128 },
      weight: weightOf({ reads: 2, writes: 1 }),
      dispatch: (state, origin, { direction, delta }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        const adjusted = adjustTotalIssuance(state, direction, delta);
        return adjusted.ok ? done : adjusted;
      },
    }),
    burn: call({
      index: 10,
      docs: "Destroys `value` of the sender's balance.",
      args: { value: compactU128, keepAlive: bool },
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin, { value, keepAlive }) => {
        const who = ensureSigned(origin);
        if (!who.ok) return who;
        const burned = burn(state, who.value, value, keepAlive ? "preserve" : "expendable");
        return burned.ok ? done : err(burned.error);
      },
    }),
  },
});

/**
 * Treasury: gets the larger part of fees, what slashes take, and the part of an era's reward that nobody
 * earns. Root approves spends; they are paid at the end of each spend period, in order, as far as the money
 * goes.
 *
 * Polkadot also burns a part of what is left over; here all of it stays.
 */
import { asciiBytes, err, ok, type Result } from "@parahost/base";
import { AccountId, type Balance, BlockNumber, MultiAddress } from "@parahost/primitives";
import {
  compactU32,
  compactU128,
  fixedBytes,
  newtype,
  option,
  struct,
  u32,
  u128,
  vec,
} from "@parahost/scale";
import {
  asRoot,
  call,
  constant,
  type DispatchError,
  type DispatchResult,
  done,
  ensureRoot,
  ensureSigned,
  lookup,
  type Origin,
  pallet,
  type State,
  storageMap,
  storageValue,
  weightOf,
} from "../../framework/index.ts";
import { reducibleBalance } from "../balances/account.ts";
import { transfer } from "../balances/transfer.ts";
import { blockNumber } from "../system/block.ts";
import { events, TREASURY_ACCOUNT, TREASURY_ID } from "./account.ts";
import { VersionedLocatableAsset, VersionedLocation } from "./asset.ts";
import { errors } from "./errors.ts";
import {
  approveSpend,
  checkSpend,
  PAYOUT_PERIOD,
  payOut,
  storage as spendStorage,
  voidSpend,
} from "./spends.ts";

/** Blocks between payments: an hour of six-second blocks. */
export const SPEND_PERIOD = 600;

/** Approved spends that wait for their payment. */
export const APPROVALS_MAX = 100;

const Permill = newtype(["sp_arithmetic", "per_things", "Permill"], u32);
const PalletId = newtype(["frame_support", "PalletId"], fixedBytes(8));

const Proposal = struct({ proposer: AccountId, value: u128, beneficiary: AccountId, bond: u128 }, [
  "pallet_treasury",
  "Proposal",
]);

export const storage = {
  proposalCount: storageValue(
    "Treasury.ProposalCount",
    "Spends that were ever approved: the index of the next one.",
    u32,
    0,
  ),
  proposals: storageMap(
    "Treasury.Proposals",
    "Spends that are approved and not paid.",
    "twox64Concat",
    u32,
    Proposal,
  ),
  approvals: storageValue(
    "Treasury.Approvals",
    "Indices of approved spends, in the order in which they are paid.",
    vec(u32),
    [],
  ),
};

/** Pays at the end of a spend period; a spend that cannot be paid waits for the next. */
export function onInitialize(state: State): void {
  const approvals = storage.approvals.get(state);
  if (approvals.length === 0 || blockNumber(state) % SPEND_PERIOD !== 0) return;
  const budget = () => reducibleBalance(state, TREASURY_ACCOUNT, "preserve");
  events.deposit(state, { type: "spending", value: { budgetRemaining: budget() } });
  const waiting = approvals.filter((proposalIndex) => !award(state, proposalIndex, budget()));
  storage.approvals.set(state, waiting);
  events.deposit(state, { type: "rollover", value: { rolloverBalance: budget() } });
}

function award(state: State, proposalIndex: number, budget: Balance): boolean {
  const proposal = storage.proposals.get(state, proposalIndex);
  if (proposal === undefined) return true;
  const { value, beneficiary } = proposal;
  if (value > budget) return false;
  if (!transfer(state, TREASURY_ACCOUNT, beneficiary, value, "preserve").ok) return false;
  storage.proposals.remove(state, proposalIndex);
  events.deposit(state, {
    type: "awarded",
    value: { proposalIndex, award: value, account: beneficiary },
  });
  return true;
}

/** Runs a routine for whoever signed. */
function bySomebody(origin: Origin, routine: () => Result<void, DispatchError>): DispatchResult {
  const who = ensureSigned(origin);
  if (!who.ok) return who;
  const outcome = routine();
  return outcome.ok ? done : outcome;
}

export const treasury = pallet({
  name: "Treasury",
  index: 19,
  storage: { ...storage, ...spendStorage },
  events,
  errors,
  constants: {
    PayoutPeriod: constant("Blocks for which a spend can be collected.", u32, () => PAYOUT_PERIOD),
    SpendPeriod: constant("Blocks between payments.", u32, () => SPEND_PERIOD),
    Burn: constant(
      "The share of what is left after a period that is burned: nothing.",
      Permill,
      () => 0,
    ),
    PalletId: constant("What the treasury's account is derived from.", PalletId, () =>
      asciiBytes(TREASURY_ID),
    ),
    pot_account: constant("The treasury's account.", AccountId, () => TREASURY_ACCOUNT),
    MaxApprovals: constant("Approved spends that can wait.", u32, () => APPROVALS_MAX),
  },
  calls: {
    spendLocal: call({
      index: 3,
      docs: "Approves a spend, paid at the end of the period. Root only.",
      args: { amount: compactU128, beneficiary: MultiAddress },
      weight: weightOf({ reads: 2, writes: 3 }),
      dispatch: (state, origin, { amount, beneficiary: address }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        const beneficiary = lookup(address);
        if (!beneficiary.ok) return beneficiary;
        const approvals = storage.approvals.get(state);
        if (approvals.length >= APPROVALS_MAX) return err(errors.tooManyApprovals);
        const proposalIndex = storage.proposalCount.get(state);
        storage.proposalCount.set(state, proposalIndex + 1);
        storage.proposals.set(state, proposalIndex, {
          proposer: beneficiary.value,
          value: amount,
          beneficiary: beneficiary.value,
          bond: 0n,
        });
        storage.approvals.set(state, [...approvals, proposalIndex]);
        events.deposit(state, {
          type: "spendApproved",
          value: { proposalIndex, amount, beneficiary: beneficiary.value },
        });
        return done;
      },
    }),
    removeApproval: call({
      index: 4,
      docs: "Takes an approved spend back before it is paid. Root only.",
      args: { proposalId: compactU32 },
      weight: weightOf({ reads: 1, writes: 2 }),
      dispatch: (state, origin, { proposalId }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        const approvals = storage.approvals.get(state);
        if (!approvals.includes(proposalId)) return err(errors.proposalNotApproved);
        storage.approvals.set(
          state,
          approvals.filter((index) => index !== proposalId),
        );
        storage.proposals.remove(state, proposalId);
        return done;
      },
    }),
    spend: call({
      index: 5,
      docs: "Approves a spend that anybody may have paid from a block on, for thirty days. Root only.",
      args: {
        assetKind: VersionedLocatableAsset,
        amount: compactU128,
        beneficiary: VersionedLocation,
        validFrom: option(BlockNumber),
      },
      weight: weightOf({ reads: 1, writes: 2 }),
      dispatch: (state, origin, { validFrom, ...order }) =>
        asRoot(origin, () => approveSpend(state, order, validFrom)),
    }),
    payout: call({
      index: 6,
      docs: "Has an approved spend paid. Anybody may.",
      args: { index: u32 },
      weight: weightOf({ reads: 3, writes: 3 }),
      dispatch: (state, origin, { index }) => bySomebody(origin, () => payOut(state, index)),
    }),
    checkStatus: call({
      index: 7,
      docs: "Forgets a spend that is paid or whose time is over. Anybody may, and pays nothing for it.",
      args: { index: u32 },
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin, { index }) => {
        const checked = bySomebody(origin, () => checkSpend(state, index));
        return checked.ok ? ok({ paysFee: false }) : checked;
      },
    }),
    voidSpend: call({
      index: 8,
      docs: "Takes an approved spend back that is not paid. Root only.",
      args: { index: u32 },
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin, { index }) => asRoot(origin, () => voidSpend(state, index)),
    }),
  },
});

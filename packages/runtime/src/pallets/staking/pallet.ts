/**
 * Staking: stake decides who validates. Its parts are in this folder: bonding, roles, eras with their
 * elections (`phragmen.ts`) and exposures, points and payouts, slashing. Validators and nominators are
 * stashes; there are no controllers.
 *
 * Reference: runtime-and-primitives.md 4.8.
 */
import { err, ok, type Result } from "@parahost/base";
import { AccountId, Balance, MultiAddress, Perbill } from "@parahost/primitives";
import { compactU32, compactU128, option, u32, vec } from "@parahost/scale";
import {
  asRoot,
  call,
  constant,
  type DispatchError,
  type DispatchResult,
  done,
  ensureSigned,
  lookup,
  type Origin,
  pallet,
  type Weight,
  weightOf,
} from "../../framework/index.ts";
import {
  bond,
  bondExtra,
  forceUnstake,
  reapStash,
  rebond,
  setPayee,
  unbond,
  updatePayee,
  withdrawUnbonded,
} from "./bonding.ts";
import {
  cancelSlashes,
  force,
  increaseValidatorCount,
  StakingConfigs,
  scaleValidatorCount,
  setMinCommission,
  setStakingConfigs,
  setValidatorCount,
} from "./parameters.ts";
import { payoutPage, payoutStakers } from "./payout.ts";
import { CONTROLLERS_MAX, migrateCurrency, restoreLedger, setController } from "./repair.ts";
import { chill, chillOther, forceApplyMinCommission, kick, nominate, validate } from "./roles.ts";
import { slashManually } from "./slashing.ts";
import {
  EraIndex,
  EXPOSURE_PAGE_SIZE,
  errors,
  events,
  HISTORY_DEPTH,
  NOMINATIONS_MAX,
  Percent,
  RewardDestination,
  storage,
  UNLOCKING_CHUNKS_MAX,
  UnlockChunk,
  VALIDATORS_MAX,
  ValidatorPrefs,
} from "./storage.ts";

/** Stash, ledger, hold and balance. */
const BOND_WEIGHT = weightOf({ reads: 5, writes: 5 });
const ROLE_WEIGHT = weightOf({ reads: 6, writes: 6 });
/** Account, ledger, hold and destination of everybody on a page. */
const PAYOUT_WEIGHT = weightOf({
  reads: 4 * EXPOSURE_PAGE_SIZE,
  writes: 3 * EXPOSURE_PAGE_SIZE,
});
const ROOT_WEIGHT = weightOf({ writes: 1 });

/** As a call's end, with nothing to correct. */
const end = (outcome: Result<void, DispatchError>): DispatchResult =>
  outcome.ok ? done : err(outcome.error);

/** Runs a routine for who signed. */
function asStash(
  origin: Origin,
  routine: (stash: AccountId) => Result<void, DispatchError>,
): DispatchResult {
  const who = ensureSigned(origin);
  return who.ok ? end(routine(who.value)) : who;
}

function accountsOf(addresses: readonly MultiAddress[]): Result<AccountId[], DispatchError> {
  const accounts: AccountId[] = [];
  for (const address of addresses) {
    const account = lookup(address);
    if (!account.ok) return account;
    accounts.push(account.value);
  }
  return ok(accounts);
}

const ofList = (list: readonly unknown[]): Weight =>
  weightOf({ reads: list.length + 5, writes: list.length + 5 });

export const staking = pallet({
  name: "Staking",
  index: 7,
  storage,
  events,
  errors,
  constants: {
    HistoryDepth: constant("Eras for which rewards can be claimed.", u32, () => HISTORY_DEPTH),
    SessionsPerEra: constant("Sessions of an era.", u32, (state) =>
      storage.sessionsPerEra.get(state),
    ),
    BondingDuration: constant("Eras until what was unbonded is free.", u32, (state) =>
      storage.bondingDuration.get(state),
    ),
    SlashDeferDuration: constant("Eras until a slash is applied.", u32, (state) =>
      storage.slashDeferDuration.get(state),
    ),
    MaxExposurePageSize: constant(
      "Nominators that one payout pays.",
      u32,
      () => EXPOSURE_PAGE_SIZE,
    ),
    MaxUnlockingChunks: constant(
      "Parts of a stake that can be on their way out.",
      u32,
      () => UNLOCKING_CHUNKS_MAX,
    ),
    MaxValidatorSet: constant(
      "Validators that an election can have, unless root allows less.",
      u32,
      () => VALIDATORS_MAX,
    ),
    MaxNominations: constant("Candidates that one nominator can name.", u32, () => NOMINATIONS_MAX),
  },
  calls: {
    bond: call({
      index: 0,
      docs: "Makes the sender a stash with up to `value` at stake.",
      args: { value: compactU128, payee: RewardDestination },
      weight: BOND_WEIGHT,
      dispatch: (state, origin, { value, payee }) =>
        asStash(origin, (stash) => bond(state, stash, value, payee)),
    }),
    bondExtra: call({
      index: 1,
      docs: "Adds up to `max_additional` to the sender's stake.",
      args: { maxAdditional: compactU128 },
      weight: BOND_WEIGHT,
      dispatch: (state, origin, { maxAdditional }) =>
        asStash(origin, (stash) => bondExtra(state, stash, maxAdditional)),
    }),
    unbond: call({
      index: 2,
      docs: "Begins to take `value` of the stake out: it is free after the bonding duration.",
      args: { value: compactU128 },
      weight: BOND_WEIGHT,
      dispatch: (state, origin, { value }) =>
        asStash(origin, (stash) => unbond(state, stash, value)),
    }),
    withdrawUnbonded: call({
      index: 3,
      docs: "Frees what has been unbonded for long enough.",
      args: { numSlashingSpans: u32 },
      weight: BOND_WEIGHT,
      dispatch: (state, origin) => asStash(origin, (stash) => withdrawUnbonded(state, stash)),
    }),
    validate: call({
      index: 4,
      docs: "Stands for validation from the next election on.",
      args: { prefs: ValidatorPrefs },
      weight: ROLE_WEIGHT,
      dispatch: (state, origin, { prefs }) =>
        asStash(origin, (stash) => validate(state, stash, prefs)),
    }),
    nominate: call({
      index: 5,
      docs: "Puts the sender's stake behind these candidates from the next election on.",
      args: { targets: vec(MultiAddress) },
      weight: ({ targets }) => ofList(targets),
      dispatch: (state, origin, { targets }) =>
        asStash(origin, (stash) => {
          const named = accountsOf(targets);
          return named.ok ? nominate(state, stash, named.value) : named;
        }),
    }),
    chill: call({
      index: 6,
      docs: "Neither stands nor nominates from the next election on.",
      args: {},
      weight: ROLE_WEIGHT,
      dispatch: (state, origin) => asStash(origin, (stash) => chill(state, stash)),
    }),
    setPayee: call({
      index: 7,
      docs: "Says where the sender's rewards go.",
      args: { payee: RewardDestination },
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin, { payee }) =>
        asStash(origin, (stash) => setPayee(state, stash, payee)),
    }),
    setController: call({
      index: 8,
      docs: "Makes the sender's stash its own controller, which every stash is from the beginning.",
      args: {},
      weight: weightOf({ reads: 1 }),
      dispatch: (state, origin) => asStash(origin, (stash) => setController(state, stash)),
    }),
    setValidatorCount: call({
      index: 9,
      docs: "Sets how many validators are elected. Root only.",
      args: { new: compactU32 },
      class: "operational",
      weight: ROOT_WEIGHT,
      dispatch: (state, origin, args) => asRoot(origin, () => setValidatorCount(state, args.new)),
    }),
    increaseValidatorCount: call({
      index: 10,
      docs: "Elects this many more validators. Root only.",
      args: { additional: compactU32 },
      class: "operational",
      weight: ROOT_WEIGHT,
      dispatch: (state, origin, { additional }) =>
        asRoot(origin, () => increaseValidatorCount(state, additional)),
    }),
    scaleValidatorCount: call({
      index: 11,
      docs: "Elects this part of the validators more. Root only.",
      args: { factor: Percent },
      class: "operational",
      weight: ROOT_WEIGHT,
      dispatch: (state, origin, { factor }) =>
        asRoot(origin, () => scaleValidatorCount(state, factor)),
    }),
    forceNoEras: call({
      index: 12,
      docs: "Lets the era go on until further notice. Root only.",
      args: {},
      class: "operational",
      weight: ROOT_WEIGHT,
      dispatch: (state, origin) => asRoot(origin, () => force(state, { type: "forceNone" })),
    }),
    forceNewEra: call({
      index: 13,
      docs: "Begins an era with the next session that is planned. Root only.",
      args: {},
      class: "operational",
      weight: ROOT_WEIGHT,
      dispatch: (state, origin) => asRoot(origin, () => force(state, { type: "forceNew" })),
    }),
    setInvulnerables: call({
      index: 14,
      docs: "Sets who is never slashed. Root only.",
      args: { invulnerables: vec(AccountId) },
      class: "operational",
      weight: ROOT_WEIGHT,
      dispatch: (state, origin, { invulnerables }) =>
        asRoot(origin, () => {
          storage.invulnerables.set(state, invulnerables);
          return ok(undefined);
        }),
    }),
    forceUnstake: call({
      index: 15,
      docs: "Frees all that a stash has bonded, at once. Root only.",
      args: { stash: AccountId, numSlashingSpans: u32 },
      class: "operational",
      weight: BOND_WEIGHT,
      dispatch: (state, origin, { stash }) => asRoot(origin, () => forceUnstake(state, stash)),
    }),
    forceNewEraAlways: call({
      index: 16,
      docs: "Begins an era with every session. Root only.",
      args: {},
      class: "operational",
      weight: ROOT_WEIGHT,
      dispatch: (state, origin) => asRoot(origin, () => force(state, { type: "forceAlways" })),
    }),
    cancelDeferredSlash: call({
      index: 17,
      docs: "Cancels slashes that wait for this era, by their ascending indices. Root only.",
      args: { era: EraIndex, slashIndices: vec(u32) },
      class: "operational",
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin, { era, slashIndices }) =>
        asRoot(origin, () => cancelSlashes(state, era, slashIndices)),
    }),
    payoutStakers: call({
      index: 18,
      docs: "Pays the next unpaid page of a validator's rewards of an era. Anybody may ask for it.",
      args: { validatorStash: AccountId, era: EraIndex },
      weight: PAYOUT_WEIGHT,
      dispatch: (state, origin, { validatorStash, era }) =>
        asStash(origin, () => payoutStakers(state, validatorStash, era)),
    }),
    rebond: call({
      index: 19,
      docs: "Puts up to `value` of what is on its way out back at stake.",
      args: { value: compactU128 },
      weight: BOND_WEIGHT,
      dispatch: (state, origin, { value }) =>
        asStash(origin, (stash) => rebond(state, stash, value)),
    }),
    reapStash: call({
      index: 20,
      docs: "Removes a stash whose stake has become too small to be one. Anybody may.",
      args: { stash: AccountId, numSlashingSpans: u32 },
      weight: BOND_WEIGHT,
      dispatch: (state, origin, { stash }) => asStash(origin, () => reapStash(state, stash)),
    }),
    kick: call({
      index: 21,
      docs: "Removes the sender from these nominators' candidates.",
      args: { who: vec(MultiAddress) },
      weight: ({ who }) => ofList(who),
      dispatch: (state, origin, { who }) =>
        asStash(origin, (stash) => {
          const nominators = accountsOf(who);
          return nominators.ok ? kick(state, stash, nominators.value) : nominators;
        }),
    }),
    setStakingConfigs: call({
      index: 22,
      docs: "Sets, keeps or removes each of the limits of staking. Root only.",
      args: StakingConfigs,
      class: "operational",
      weight: weightOf({ writes: 7 }),
      dispatch: (state, origin, configs) => asRoot(origin, () => setStakingConfigs(state, configs)),
    }),
    chillOther: call({
      index: 23,
      docs: "Takes its role from a stash that has too little stake for it by now. Anybody may, once there are enough others.",
      args: { stash: AccountId },
      weight: ROLE_WEIGHT,
      dispatch: (state, origin, { stash }) =>
        asStash(origin, (caller) => chillOther(state, caller, stash)),
    }),
    forceApplyMinCommission: call({
      index: 24,
      docs: "Raises a validator's commission to the least that may be asked by now. Anybody may.",
      args: { validatorStash: AccountId },
      weight: weightOf({ reads: 2, writes: 1 }),
      dispatch: (state, origin, { validatorStash }) =>
        asStash(origin, () => forceApplyMinCommission(state, validatorStash)),
    }),
    setMinCommission: call({
      index: 25,
      docs: "Sets the least commission that validators may ask from now on. Root only.",
      args: { new: Perbill },
      class: "operational",
      weight: ROOT_WEIGHT,
      dispatch: (state, origin, args) => asRoot(origin, () => setMinCommission(state, args.new)),
    }),
    payoutStakersByPage: call({
      index: 26,
      docs: "Pays one page of a validator's rewards of an era. Anybody may ask for it.",
      args: { validatorStash: AccountId, era: EraIndex, page: u32 },
      weight: PAYOUT_WEIGHT,
      dispatch: (state, origin, { validatorStash, era, page }) =>
        asStash(origin, () => payoutPage(state, validatorStash, era, page)),
    }),
    updatePayee: call({
      index: 27,
      docs: "Has a stash's rewards that were to go to its controller paid to the stash. Anybody may.",
      args: { controller: AccountId },
      weight: weightOf({ reads: 2, writes: 1 }),
      dispatch: (state, origin, { controller }) =>
        asStash(origin, () => updatePayee(state, controller)),
    }),
    deprecateControllerBatch: call({
      index: 28,
      docs: "Makes stashes their own controllers, which they are from the beginning: none fails. Root only.",
      args: { controllers: vec(AccountId, CONTROLLERS_MAX) },
      class: "operational",
      weight: ({ controllers }) => weightOf({ reads: controllers.length }),
      dispatch: (state, origin) =>
        asRoot(origin, () => {
          const failures = 0;
          return ok(
            events.deposit(state, { type: "controllerBatchDeprecated", value: { failures } }),
          );
        }),
    }),
    restoreLedger: call({
      index: 29,
      docs: "Repairs a stash whose ledger, or what is held for it, is lost or does not agree. Root only.",
      args: {
        stash: AccountId,
        maybeController: option(AccountId),
        maybeTotal: option(Balance),
        maybeUnlocking: option(vec(UnlockChunk, UNLOCKING_CHUNKS_MAX)),
      },
      class: "operational",
      weight: BOND_WEIGHT,
      dispatch: (state, origin, { stash, maybeController, maybeTotal, maybeUnlocking }) =>
        asRoot(origin, () =>
          restoreLedger(state, stash, {
            controller: maybeController,
            total: maybeTotal,
            unlocking: maybeUnlocking,
          }),
        ),
    }),
    migrateCurrency: call({
      index: 30,
      docs: "Holds a stake that is locked the older way; here stakes have never been.",
      args: { stash: AccountId },
      weight: weightOf({ reads: 1 }),
      dispatch: (state, origin, { stash }) => asStash(origin, () => migrateCurrency(state, stash)),
    }),
    manualSlash: call({
      index: 33,
      docs: "Slashes a validator of an era by a part of its stake, as for an offence. Root only.",
      args: { validatorStash: AccountId, era: EraIndex, slashFraction: Perbill },
      class: "operational",
      weight: ROLE_WEIGHT,
      dispatch: (state, origin, { validatorStash, era, slashFraction }) =>
        asRoot(origin, () => slashManually(state, validatorStash, era, slashFraction)),
    }),
  },
});

/** What root decides about staking: how many, with how much, and when eras end. */
import { err, ok, type Result } from "@parahost/base";
import { Balance, Perbill } from "@parahost/primitives";
import { type Codec, generic, u32, type ValueOf, variant } from "@parahost/scale";
import type { DispatchError, State, StorageValue } from "../../framework/index.ts";
import { percentOf, WHOLE } from "./parts.ts";
import {
  type EraIndex,
  errors,
  events,
  type Forcing,
  NOMINATORS_MAX,
  Percent,
  storage,
  VALIDATORS_MAX,
} from "./storage.ts";

type Outcome = Result<void, DispatchError>;

// Eras

export function force(state: State, mode: Forcing): Outcome {
  storage.forceEra.set(state, mode);
  events.deposit(state, { type: "forceEra", value: { mode } });
  return ok(undefined);
}

/** Takes slashes back that wait for this era. */
export function cancelSlashes(state: State, era: EraIndex, indices: readonly number[]): Outcome {
  if (indices.length === 0) return err(errors.emptyTargets);
  for (let i = 1; i < indices.length; i++)
    if ((indices[i] as number) <= (indices[i - 1] as number)) return err(errors.notSortedAndUnique);
  const slashes = storage.unappliedSlashes.get(state, era);
  if ((indices.at(-1) as number) >= slashes.length) return err(errors.invalidSlashIndex);
  const cancelled = new Set(indices);
  storage.unappliedSlashes.set(
    state,
    era,
    slashes.filter((_, index) => !cancelled.has(index)),
  );
  return ok(undefined);
}

// Validators

export function setValidatorCount(state: State, count: number): Outcome {
  if (count === 0 || count < storage.minimumValidatorCount.get(state))
    return err(errors.boundNotMet);
  if (count > (storage.maxValidatorsCount.get(state) ?? VALIDATORS_MAX))
    return err(errors.tooManyValidators);
  storage.validatorCount.set(state, count);
  return ok(undefined);
}

export const increaseValidatorCount = (state: State, additional: number): Outcome =>
  setValidatorCount(state, storage.validatorCount.get(state) + additional);

/** Elects this part of them more. */
export function scaleValidatorCount(state: State, factor: Percent): Outcome {
  const count = storage.validatorCount.get(state);
  return factor > 100
    ? err(errors.boundNotMet)
    : setValidatorCount(state, count + percentOf(factor, count));
}

export function setMinCommission(state: State, commission: Perbill): Outcome {
  if (commission > WHOLE) return err(errors.boundNotMet);
  storage.minCommission.set(state, commission);
  return ok(undefined);
}

// Everything at once

/** What becomes of a parameter. */
const configOp = <T>(codec: Codec<T>) =>
  generic(
    { T: codec },
    variant({ noop: 0, set: [1, codec], remove: 2 }, [
      "pallet_staking",
      "pallet",
      "pallet",
      "ConfigOp",
    ]),
  );

const OfBalance = configOp(Balance);
const OfCount = configOp(u32);
const OfPercent = configOp(Percent);
const OfPerbill = configOp(Perbill);

export const StakingConfigs = {
  minNominatorBond: OfBalance,
  minValidatorBond: OfBalance,
  maxNominatorCount: OfCount,
  maxValidatorCount: OfCount,
  chillThreshold: OfPercent,
  minCommission: OfPerbill,
  maxStakedRewards: OfPercent,
};
type StakingConfigs = {
  readonly [K in keyof typeof StakingConfigs]: ValueOf<(typeof StakingConfigs)[K]>;
};

type Op<T> =
  | { readonly type: "noop" }
  | { readonly type: "set"; readonly value: T }
  | { readonly type: "remove" };

const within = (op: Op<number>, most: number): boolean => op.type !== "set" || op.value <= most;

function apply<T>(state: State, item: StorageValue<T, T | undefined>, op: Op<T>): void {
  if (op.type === "set") item.set(state, op.value);
  else if (op.type === "remove") item.remove(state);
}

/** Sets, keeps or removes each parameter. Elections are made for no more than there may be by default. */
export function setStakingConfigs(state: State, configs: StakingConfigs): Outcome {
  const isWithin =
    within(configs.maxNominatorCount, NOMINATORS_MAX) &&
    within(configs.maxValidatorCount, VALIDATORS_MAX) &&
    within(configs.chillThreshold, 100) &&
    within(configs.minCommission, WHOLE) &&
    within(configs.maxStakedRewards, 100);
  if (!isWithin) return err(errors.boundNotMet);
  apply(state, storage.minNominatorBond, configs.minNominatorBond);
  apply(state, storage.minValidatorBond, configs.minValidatorBond);
  apply(state, storage.maxNominatorsCount, configs.maxNominatorCount);
  apply(state, storage.maxValidatorsCount, configs.maxValidatorCount);
  apply(state, storage.chillThreshold, configs.chillThreshold);
  apply(state, storage.minCommission, configs.minCommission);
  apply(state, storage.maxStakedRewards, configs.maxStakedRewards);
  return ok(undefined);
}

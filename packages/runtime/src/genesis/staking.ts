/** Staking at block 0: who has bonded what, and era 0 with the validators of genesis. */
import { err, ok, type Result } from "@parahost/base";
import type { AccountId, Balance } from "@parahost/primitives";
import type { DispatchError, State } from "../framework/index.ts";
import type { SessionValidator } from "../pallets/session/keys.ts";
import { bond } from "../pallets/staking/bonding.ts";
import { beginFirstEra } from "../pallets/staking/eras.ts";
import { WHOLE } from "../pallets/staking/parts.ts";
import { nominate, validate } from "../pallets/staking/roles.ts";
import { NO_PREFS, storage } from "../pallets/staking/storage.ts";
import { isWhole } from "./check.ts";

/** How stake decides who validates. */
export interface GenesisStaking {
  /**
   * What accounts bond from their balance. Who nominates nobody stands for validation: exactly the
   * validators of genesis.
   */
  readonly stakers: readonly GenesisStaker[];
  readonly minimumValidatorCount: number;
  readonly sessionsPerEra: number;
  /** Eras until what was unbonded is free, and for which offences are punished. */
  readonly bondingDuration: number;
  /** Eras until a slash is applied, less than the bonding duration; 0 = at once. */
  readonly slashDeferDuration: number;
  /** Parts of 1,000,000,000 that a year of rewards adds to the issuance. */
  readonly annualInflation: number;
  /** Parts of 1,000,000,000 of a slash that go to who reported the offence. */
  readonly slashRewardFraction: number;
  readonly minValidatorBond: Balance;
  readonly minNominatorBond: Balance;
}

export interface GenesisStaker {
  readonly stash: AccountId;
  readonly bond: Balance;
  readonly nominates?: readonly AccountId[];
}

/** Why staking cannot begin so. */
export type StakingGenesisError =
  /** The account cannot bond so much, or cannot do with it what is wanted. */
  | {
      readonly code: "cannotStake";
      readonly field: string;
      readonly account: AccountId;
      readonly reason: DispatchError;
    }
  /** A validator has nothing at stake, or somebody stands who is none. */
  | { readonly code: "validatorsDiffer"; readonly field: string; readonly account: AccountId }
  /** Numbers that leave no era, or that slash stake which is free. */
  | { readonly code: "badStakingParameter"; readonly field: string };

/** Sessions of an era, and eras of a bond: more is a slip. */
const ERA_PARAMETER_MAX = 10_000;

function checkParameters(
  staking: GenesisStaking,
  count: number,
): Result<void, StakingGenesisError> {
  const bad = (field: keyof GenesisStaking) =>
    err({ code: "badStakingParameter", field: `staking.${field}` } as const);
  if (!isWhole(staking.sessionsPerEra, 1, ERA_PARAMETER_MAX)) return bad("sessionsPerEra");
  if (!isWhole(staking.bondingDuration, 1, ERA_PARAMETER_MAX)) return bad("bondingDuration");
  if (!isWhole(staking.slashDeferDuration, 0, ERA_PARAMETER_MAX)) return bad("slashDeferDuration");
  if (staking.slashDeferDuration >= staking.bondingDuration) return bad("slashDeferDuration");
  if (!isWhole(staking.minimumValidatorCount, 0, count)) return bad("minimumValidatorCount");
  if (!isWhole(staking.annualInflation, 0, WHOLE)) return bad("annualInflation");
  if (!isWhole(staking.slashRewardFraction, 0, WHOLE)) return bad("slashRewardFraction");
  return ok(undefined);
}

/** To be called when balances are set. After a refusal the state is spoilt. */
export function initializeStaking(
  state: State,
  staking: GenesisStaking,
  validators: readonly SessionValidator[],
): Result<void, StakingGenesisError> {
  const checked = checkParameters(staking, validators.length);
  if (!checked.ok) return checked;
  const { stakers } = staking;
  const differs = (account: AccountId) =>
    err({ code: "validatorsDiffer", field: "staking.stakers", account } as const);
  const standing = new Set(stakers.flatMap(({ stash, nominates }) => (nominates ? [] : [stash])));
  for (const { account } of validators) if (!standing.delete(account)) return differs(account);
  for (const account of standing) return differs(account);

  storage.sessionsPerEra.set(state, staking.sessionsPerEra);
  storage.bondingDuration.set(state, staking.bondingDuration);
  storage.slashDeferDuration.set(state, staking.slashDeferDuration);
  storage.annualInflation.set(state, staking.annualInflation);
  storage.slashRewardFraction.set(state, staking.slashRewardFraction);
  storage.minValidatorBond.set(state, staking.minValidatorBond);
  storage.minNominatorBond.set(state, staking.minNominatorBond);
  storage.minimumValidatorCount.set(state, staking.minimumValidatorCount);
  storage.validatorCount.set(state, validators.length);
  for (const [index, { stash: account, bond: value, nominates }] of stakers.entries()) {
    const refused = (part: string, reason: DispatchError) =>
      err({
        code: "cannotStake",
        field: `staking.stakers[${index}].${part}`,
        account,
        reason,
      } as const);
    const bonded = bond(state, account, value, { type: "staked" });
    if (!bonded.ok) return refused("bond", bonded.error);
    const begun = nominates
      ? nominate(state, account, nominates)
      : validate(state, account, NO_PREFS);
    if (!begun.ok) return refused(nominates ? "nominates" : "bond", begun.error);
  }
  beginFirstEra(
    state,
    validators.map(({ account }) => account),
  );
  return ok(undefined);
}

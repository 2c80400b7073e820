/** What a stash does with its stake: it stands for validation, or it nominates others, or neither. */
import { err, ok, type Result } from "@parahost/base";
import type { AccountId, Balance } from "@parahost/primitives";
import type { DispatchError, State } from "../../framework/index.ts";
import { percentOf, WHOLE } from "./parts.ts";
import { ledgerOf, ownLedger } from "./stake.ts";
import {
  errors,
  events,
  NOMINATIONS_MAX,
  NOMINATORS_MAX,
  storage,
  VALIDATORS_MAX,
  type ValidatorPrefs,
} from "./storage.ts";

type Outcome = Result<void, DispatchError>;

/** Stands for validation with these preferences, or changes them. */
export function validate(state: State, stash: AccountId, prefs: ValidatorPrefs): Outcome {
  const ledger = ownLedger(state, stash);
  if (!ledger.ok) return ledger;
  if (ledger.value.active < storage.minValidatorBond.get(state))
    return err(errors.insufficientBond);
  if (prefs.commission > WHOLE) return err(errors.boundNotMet);
  if (prefs.commission < storage.minCommission.get(state)) return err(errors.commissionTooLow);
  if (!storage.validators.has(state, stash)) {
    const max = storage.maxValidatorsCount.get(state) ?? VALIDATORS_MAX;
    const count = storage.counterForValidators.get(state);
    if (count >= max) return err(errors.tooManyValidators);
    removeNominator(state, stash);
    storage.counterForValidators.set(state, count + 1);
  }
  storage.validators.set(state, stash, prefs);
  events.deposit(state, { type: "validatorPrefsSet", value: { stash, prefs } });
  return ok(undefined);
}

/** Backs these candidates from the next election on. Who blocks nominations keeps those it has. */
export function nominate(state: State, stash: AccountId, named: readonly AccountId[]): Outcome {
  const ledger = ownLedger(state, stash);
  if (!ledger.ok) return ledger;
  if (ledger.value.active < storage.minNominatorBond.get(state))
    return err(errors.insufficientBond);
  const targets = [...new Set(named)];
  if (targets.length === 0) return err(errors.emptyTargets);
  if (named.length > NOMINATIONS_MAX) return err(errors.tooManyTargets);
  const before = storage.nominators.get(state, stash);
  if (before === undefined) {
    const max = storage.maxNominatorsCount.get(state) ?? NOMINATORS_MAX;
    if (storage.counterForNominators.get(state) >= max) return err(errors.tooManyNominators);
  }
  for (const target of targets)
    if (!before?.targets.includes(target) && storage.validators.get(state, target).blocked)
      return err(errors.badTarget);
  removeValidator(state, stash);
  if (before === undefined) storage.counterForNominators.update(state, (count) => count + 1);
  const submittedIn = storage.currentEra.get(state) ?? 0;
  storage.nominators.set(state, stash, { targets, submittedIn, suppressed: false });
  return ok(undefined);
}

/** Neither stands nor nominates in the next election. */
export function chill(state: State, stash: AccountId): Outcome {
  const ledger = ownLedger(state, stash);
  if (!ledger.ok) return ledger;
  if (dropRoles(state, stash)) events.deposit(state, { type: "chilled", value: { stash } });
  return ok(undefined);
}

/**
 * Chills a stash whose stake is less than its role needs by now, once so many have that role that it matters:
 * the threshold of the most that may. Anybody may do that to anybody, once root has set all three numbers.
 */
export function chillOther(state: State, caller: AccountId, stash: AccountId): Outcome {
  if (caller === stash) return chill(state, stash);
  const ledger = ledgerOf(state, stash);
  if (ledger === undefined) return err(errors.notController);
  const role = roleOf(state, stash);
  const threshold = storage.chillThreshold.get(state);
  if (role === undefined || role.most === undefined || threshold === undefined)
    return err(errors.cannotChillOther);
  if (percentOf(threshold, role.most) >= role.count || ledger.active >= role.minimum)
    return err(errors.cannotChillOther);
  return chill(state, stash);
}

interface Role {
  /** The least stake for it. */
  readonly minimum: Balance;
  readonly count: number;
  /** As many as root allows, if it has said so. */
  readonly most: number | undefined;
}

function roleOf(state: State, stash: AccountId): Role | undefined {
  if (storage.nominators.has(state, stash))
    return {
      minimum: storage.minNominatorBond.get(state),
      count: storage.counterForNominators.get(state),
      most: storage.maxNominatorsCount.get(state),
    };
  if (storage.validators.has(state, stash))
    return {
      minimum: storage.minValidatorBond.get(state),
      count: storage.counterForValidators.get(state),
      most: storage.maxValidatorsCount.get(state),
    };
  return undefined;
}

/** Raises the commission of a validator that asks for less than is allowed by now; anybody may. */
export function forceApplyMinCommission(state: State, stash: AccountId): Outcome {
  if (!storage.validators.has(state, stash)) return err(errors.notStash);
  const minimum = storage.minCommission.get(state);
  const prefs = storage.validators.get(state, stash);
  if (prefs.commission < minimum)
    storage.validators.set(state, stash, { ...prefs, commission: minimum });
  return ok(undefined);
}

/** A validator sends nominators away that it does not want. */
export function kick(state: State, stash: AccountId, nominators: readonly AccountId[]): Outcome {
  const ledger = ownLedger(state, stash);
  if (!ledger.ok) return ledger;
  for (const nominator of nominators) {
    const nominations = storage.nominators.get(state, nominator);
    if (nominations === undefined || !nominations.targets.includes(stash)) continue;
    const targets = nominations.targets.filter((target) => target !== stash);
    storage.nominators.set(state, nominator, { ...nominations, targets });
    events.deposit(state, { type: "kicked", value: { nominator, stash } });
  }
  return ok(undefined);
}

/** Takes both roles from the stash; whether it had one. */
export function dropRoles(state: State, stash: AccountId): boolean {
  const validated = removeValidator(state, stash);
  const nominated = removeNominator(state, stash);
  return validated || nominated;
}

function removeValidator(state: State, stash: AccountId): boolean {
  if (!storage.validators.has(state, stash)) return false;
  storage.validators.remove(state, stash);
  storage.counterForValidators.update(state, (count) => count - 1);
  return true;
}

function removeNominator(state: State, stash: AccountId): boolean {
  if (!storage.nominators.has(state, stash)) return false;
  storage.nominators.remove(state, stash);
  storage.counterForNominators.update(state, (count) => count - 1);
  return true;
}

/**
 * Who validates, decided by root: the pallet of Polkadot's local test networks. Registered validators join
 * with the session after next, once they have session keys; deregistered ones leave with it.
 *
 * On a chain whose genesis lists its validators this is the only word. Where validators are elected by
 * stake it holds until the next election.
 */
import { AccountId } from "@parahost/primitives";
import { tuple, vec } from "@parahost/scale";
import {
  call,
  done,
  ensureRoot,
  pallet,
  palletEvents,
  type State,
  storageValue,
  weightOf,
} from "../framework/index.ts";

export const storage = {
  validatorsToAdd: storageValue(
    "ValidatorManager.ValidatorsToAdd",
    "Accounts that root has added and that wait for a session.",
    vec(AccountId),
    [],
  ),
  validatorsToRetire: storageValue(
    "ValidatorManager.ValidatorsToRetire",
    "Validators that root has taken out and that wait for a session.",
    vec(AccountId),
    [],
  ),
};

const events = palletEvents("ValidatorManager", {
  validatorsRegistered: [0, tuple(vec(AccountId))],
  validatorsDeregistered: [1, tuple(vec(AccountId))],
});

/**
 * The validators of the session that is about to be queued: those who would be without root's word, less
 * whom it deregistered, and whom it registered.
 */
export function withManagedValidators(
  state: State,
  validators: readonly AccountId[],
): readonly AccountId[] {
  const retiring = new Set(storage.validatorsToRetire.take(state));
  const joining = storage.validatorsToAdd.take(state);
  if (retiring.size === 0 && joining.length === 0) return validators;
  const staying = validators.filter((account) => !retiring.has(account));
  return [...new Set([...staying, ...joining])];
}

export const validatorManager = pallet({
  name: "ValidatorManager",
  index: 252,
  storage,
  events,
  calls: {
    registerValidators: call({
      index: 0,
      docs: "Adds validators, from the session after next. Root only.",
      args: { validators: vec(AccountId) },
      class: "operational",
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin, args) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        storage.validatorsToAdd.update(state, (known) => [...known, ...args.validators]);
        events.deposit(state, { type: "validatorsRegistered", value: [args.validators] });
        return done;
      },
    }),
    deregisterValidators: call({
      index: 1,
      docs: "Removes validators, from the session after next. Root only.",
      args: { validators: vec(AccountId) },
      class: "operational",
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin, args) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        storage.validatorsToRetire.update(state, (known) => [...known, ...args.validators]);
        events.deposit(state, { type: "validatorsDeregistered", value: [args.validators] });
        return done;
      },
    }),
  },
});

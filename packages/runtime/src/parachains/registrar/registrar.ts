/**
 * Registrar: how anybody gets a para of their own. Reserve an id, register a parathread under it with a
 * deposit, change its code and head until it has made its first block; then the para is locked, and only
 * governance can interfere.
 *
 * Reference: 5.3 (registration of paras). Names, indices and rules are Polkadot's.
 */
import { err, ok, type Result } from "@parahost/base";
import {
  AccountId,
  Balance,
  CODE_SIZE_MIN_BYTES,
  HeadData,
  ParaId,
  ValidationCode,
} from "@parahost/primitives";
import { u128 } from "@parahost/scale";
import {
  call,
  constant,
  type DispatchError,
  type DispatchResult,
  done,
  ensureRoot,
  ensureSigned,
  type Origin,
  pallet,
  type State,
  weightOf,
} from "../../framework/index.ts";
import { blockNumber } from "../../pallets/system/block.ts";
import { configuration } from "../configuration/configuration.ts";
import {
  canUpgradeValidationCode,
  isValidPara,
  scheduleCodeUpgrade,
  setCurrentHead,
} from "../paras/paras.ts";
import { errors as parasErrors } from "../paras/storage.ts";
import {
  DATA_DEPOSIT_PER_BYTE,
  deregister,
  PARA_DEPOSIT,
  register,
  reserveId,
} from "./registration.ts";
import { errors, events, storage } from "./storage.ts";
import { swap } from "./swap.ts";

// Who may

/** Root always; the manager while the para is not locked. */
function ensureRootOrManager(
  state: State,
  origin: Origin,
  id: ParaId,
): Result<void, DispatchError> {
  if (origin.type === "root") return ok(undefined);
  const who = ensureSigned(origin);
  if (!who.ok) return who;
  const info = storage.paras.get(state, id);
  if (info === undefined) return err(errors.notRegistered);
  if (info.locked === true) return err(errors.paraLocked);
  return info.manager === who.value ? ok(undefined) : err(errors.notOwner);
}

// Locks

function setLock(state: State, id: ParaId, locked: boolean): void {
  const info = storage.paras.get(state, id);
  if (info !== undefined) storage.paras.set(state, id, { ...info, locked });
}

/** A para's first block locks it, unless somebody has decided about its lock before. */
export function noteHead(state: State, id: ParaId): void {
  const info = storage.paras.get(state, id);
  if (info !== undefined && info.locked === undefined) setLock(state, id, true);
}

// Code

/** An upgrade that does not wait for the para, since it has not been told of it. */
function upgradeCode(state: State, id: ParaId, code: ValidationCode): DispatchResult {
  if (!isValidPara(state, id)) return err(errors.notRegistered);
  if (code.length < CODE_SIZE_MIN_BYTES) return err(errors.invalidCode);
  if (code.length > configuration(state).maxCodeSize) return err(errors.codeTooLarge);
  if (!canUpgradeValidationCode(state, id)) return err(parasErrors.cannotUpgradeCode);
  scheduleCodeUpgrade(state, id, code, blockNumber(state), { type: "applyAtExpectedBlock" });
  return done;
}

// Entry points

const result = (outcome: Result<unknown, DispatchError>): DispatchResult =>
  outcome.ok ? done : outcome;

function managed(
  state: State,
  origin: Origin,
  id: ParaId,
  run: () => Result<unknown, DispatchError>,
): DispatchResult {
  const allowed = ensureRootOrManager(state, origin, id);
  return allowed.ok ? result(run()) : allowed;
}

const registrationWork = (code: ValidationCode) => ({
  reads: 9,
  writes: 9,
  bytes: 2 * code.length,
});

export const registrar = pallet({
  name: "Registrar",
  index: 70,
  storage,
  events,
  errors,
  constants: {
    ParaDeposit: constant("Reserved with an id.", u128, () => PARA_DEPOSIT),
    DataDepositPerByte: constant(
      "Reserved for each byte that a para may make the chain store.",
      u128,
      () => DATA_DEPOSIT_PER_BYTE,
    ),
  },
  calls: {
    register: call({
      index: 0,
      docs: "Registers a parathread under an id that the sender has reserved.",
      args: { id: ParaId, genesisHead: HeadData, validationCode: ValidationCode },
      weight: ({ validationCode }) => weightOf(registrationWork(validationCode)),
      dispatch: (state, origin, { id, genesisHead, validationCode }) => {
        const who = ensureSigned(origin);
        if (!who.ok) return who;
        return result(register(state, who.value, id, genesisHead, validationCode));
      },
    }),
    forceRegister: call({
      index: 1,
      docs: "Registers a parathread under any free id, for the given deposit. Root only.",
      args: {
        who: AccountId,
        deposit: Balance,
        id: ParaId,
        genesisHead: HeadData,
        validationCode: ValidationCode,
      },
      weight: ({ validationCode }) => weightOf(registrationWork(validationCode)),
      dispatch: (state, origin, { who, deposit, id, genesisHead, validationCode }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        return result(register(state, who, id, genesisHead, validationCode, { deposit }));
      },
    }),
    deregister: call({
      index: 2,
      docs: "Ends a parathread or gives back its id; the deposit is returned.",
      args: { id: ParaId },
      weight: weightOf({ reads: 6, writes: 6 }),
      dispatch: (state, origin, { id }) => managed(state, origin, id, () => deregister(state, id)),
    }),
    swap: call({
      index: 3,
      docs: "A parachain and a parathread change places, once both have asked for it.",
      args: { id: ParaId, other: ParaId },
      weight: weightOf({ reads: 8, writes: 8 }),
      dispatch: (state, origin, { id, other }) =>
        managed(state, origin, id, () => swap(state, id, other)),
    }),
    removeLock: call({
      index: 4,
      docs: "Gives the manager of a para its say back. Root only.",
      args: { para: ParaId },
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin, { para }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        setLock(state, para, false);
        return done;
      },
    }),
    reserve: call({
      index: 5,
      docs: "Reserves the next free id for the sender.",
      args: {},
      weight: weightOf({ reads: 4, writes: 3 }),
      dispatch: (state, origin) => {
        const who = ensureSigned(origin);
        return who.ok ? result(reserveId(state, who.value)) : who;
      },
    }),
    addLock: call({
      index: 6,
      docs: "Takes the manager's say over a para away.",
      args: { para: ParaId },
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin, { para }) =>
        managed(state, origin, para, () => ok(setLock(state, para, true))),
    }),
    scheduleCodeUpgrade: call({
      index: 7,
      docs: "Checks new code and puts it into force without waiting for the para.",
      args: { para: ParaId, newCode: ValidationCode },
      weight: ({ newCode }) => weightOf(registrationWork(newCode)),
      dispatch: (state, origin, { para, newCode }) =>
        managed(state, origin, para, () => upgradeCode(state, para, newCode)),
    }),
    setCurrentHead: call({
      index: 8,
      docs: "Replaces the head of a para.",
      args: { para: ParaId, newHead: HeadData },
      weight: ({ newHead }) => weightOf({ reads: 3, writes: 1, bytes: newHead.length }),
      dispatch: (state, origin, { para, newHead }) =>
        managed(state, origin, para, () => {
          if (newHead.length > configuration(state).maxHeadDataSize)
            return err(errors.headDataTooLarge);
          return setCurrentHead(state, para, newHead);
        }),
    }),
  },
});

/**
 * Reserving an id, registering a para under it, and giving both back. What the chain stores for a para is
 * paid for by a deposit that its manager gets back when the para goes.
 *
 * Reference: 5.3 (registration of paras).
 */
import { assert, err, ok, type Result } from "@parahost/base";
import {
  type AccountId,
  type Balance,
  CODE_SIZE_MIN_BYTES,
  type HeadData,
  type ParaId,
  type ValidationCode,
} from "@parahost/primitives";
import type { DispatchError, State } from "../../framework/index.ts";
import { reserve, unreserve } from "../../pallets/balances/reserve.ts";
import { UNIT } from "../../pallets/balances/storage.ts";
import { configuration } from "../configuration/configuration.ts";
import { lifecycle, scheduleParaCleanup, scheduleParaInitialize } from "../paras/paras.ts";
import { errors, events, LOWEST_PUBLIC_ID, storage } from "./storage.ts";

/** Reserved with the id alone. */
export const PARA_DEPOSIT: Balance = 100n * UNIT;
/** For every byte that the para may make the chain store. */
export const DATA_DEPOSIT_PER_BYTE: Balance = UNIT / 1_000n;

/** The deposit for a para: its code may grow up to the configured size without paying again. */
export const registrationDeposit = (maxCodeSize: number, headSize: number): Balance =>
  PARA_DEPOSIT + DATA_DEPOSIT_PER_BYTE * BigInt(maxCodeSize + headSize);

/** Reserves the next free id for `who`; ids that governance gave away are passed over. */
export function reserveId(state: State, who: AccountId): Result<ParaId, DispatchError> {
  let id = Math.max(storage.nextFreeParaId.get(state), LOWEST_PUBLIC_ID) as ParaId;
  while (storage.paras.has(state, id) || lifecycle(state, id) !== undefined)
    id = (id + 1) as ParaId;
  const reserved = reserve(state, who, PARA_DEPOSIT);
  if (!reserved.ok) return reserved;
  storage.paras.set(state, id, { manager: who, deposit: PARA_DEPOSIT, locked: undefined });
  storage.nextFreeParaId.set(state, (id + 1) as ParaId);
  events.deposit(state, { type: "reserved", value: { paraId: id, who } });
  return ok(id);
}

/** What governance may do otherwise than a manager. */
export interface Forced {
  /** In place of the one that the rule asks for. */
  readonly deposit: Balance;
}

/**
 * Registers a parathread under an id that `who` has reserved. Forced, any free id will do. The reserved
 * amount is raised or lowered to the deposit.
 */
export function register(
  state: State,
  who: AccountId,
  id: ParaId,
  genesisHead: HeadData,
  validationCode: ValidationCode,
  forced?: Forced,
): Result<void, DispatchError> {
  const info = storage.paras.get(state, id);
  if (info === undefined && forced === undefined) return err(errors.notReserved);
  if (info !== undefined && info.manager !== who) return err(errors.notOwner);
  if (info?.locked === true) return err(errors.paraLocked);
  if (lifecycle(state, id) !== undefined) return err(errors.alreadyRegistered);
  const checked = checkOnboarding(state, genesisHead, validationCode);
  if (!checked.ok) return checked;
  const { maxCodeSize } = configuration(state);
  const deposit = forced?.deposit ?? registrationDeposit(maxCodeSize, genesisHead.length);
  const adjusted = adjustReserve(state, who, info?.deposit ?? 0n, deposit);
  if (!adjusted.ok) return adjusted;
  storage.paras.set(state, id, { manager: who, deposit, locked: undefined });
  const scheduled = scheduleParaInitialize(state, id, {
    genesisHead,
    validationCode,
    parachain: false,
  });
  assert(scheduled.ok, "a para that is unknown and within bounds can be onboarded");
  events.deposit(state, { type: "registered", value: { paraId: id, manager: who } });
  return ok(undefined);
}

function checkOnboarding(
  state: State,
  head: HeadData,
  code: ValidationCode,
): Result<void, DispatchError> {
  const { maxCodeSize, maxHeadDataSize } = configuration(state);
  if (code.length < CODE_SIZE_MIN_BYTES) return err(errors.invalidCode);
  if (code.length > maxCodeSize) return err(errors.codeTooLarge);
  return head.length > maxHeadDataSize ? err(errors.headDataTooLarge) : ok(undefined);
}

function adjustReserve(
  state: State,
  who: AccountId,
  reserved: Balance,
  wanted: Balance,
): Result<void, DispatchError> {
  if (wanted > reserved) return reserve(state, who, wanted - reserved);
  if (wanted < reserved) unreserve(state, who, reserved - wanted);
  return ok(undefined);
}

/**
 * Ends a parathread, or gives back an id under which nothing is registered. The deposit is free again at
 * once; the para leaves with a coming session.
 */
export function deregister(state: State, id: ParaId): Result<void, DispatchError> {
  const life = lifecycle(state, id);
  if (life !== undefined && life !== "parathread") return err(errors.notParathread);
  const ended = scheduleParaCleanup(state, id);
  if (!ended.ok) return err(errors.cannotDeregister);
  const info = storage.paras.take(state, id);
  if (info !== undefined) unreserve(state, info.manager, info.deposit);
  storage.pendingSwap.remove(state, id);
  events.deposit(state, { type: "deregistered", value: { paraId: id } });
  return ok(undefined);
}

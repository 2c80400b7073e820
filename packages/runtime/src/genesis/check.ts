/**
 * What must hold of a genesis before a state is made of it. Every refusal names the field, by its path in the
 * plain form of a chain specification.
 */
import { err, type Hex, hexToBytes, ok, type Result } from "@parahost/base";
import {
  ecdsaUncompress,
  isEd25519PublicKey,
  isSr25519PublicKey,
  type KeyTypeId,
} from "@parahost/crypto";
import type { AccountId } from "@parahost/primitives";
import { BALANCE_MAX, EXISTENTIAL_DEPOSIT } from "../pallets/balances/storage.ts";
import { typedKeys } from "../pallets/session/keys.ts";
import type { GenesisConfig } from "./genesis.ts";

export type GenesisFieldError =
  /** A number that no network can run with, or too many or too few of something. */
  | { readonly code: "outOfBounds"; readonly field: string; readonly wanted: string }
  /** Chunks of available data need two holders at least. */
  | { readonly code: "tooFewValidators"; readonly field: string; readonly count: number }
  | { readonly code: "validatorTwice"; readonly field: string; readonly account: AccountId }
  /** An account lives by its balance, and validates only while it lives. */
  | {
      readonly code: "validatorWithoutBalance";
      readonly field: string;
      readonly account: AccountId;
    }
  /** Nobody has its secret: nothing signed by it could be verified. */
  | { readonly code: "keyOffCurve"; readonly field: string; readonly key: Hex }
  /** Two validators with one key: neither could be held to what it signed. */
  | { readonly code: "keyTwice"; readonly field: string; readonly key: Hex }
  | { readonly code: "accountTwice"; readonly field: string; readonly account: AccountId }
  | {
      readonly code: "belowExistentialDeposit";
      readonly field: string;
      readonly account: AccountId;
    };

type Checked = Result<void, GenesisFieldError>;
const GOOD: Checked = ok(undefined);

const SLOT_STEP_MS = 500;
const SLOT_MAX_MS = 3_600_000;
const EPOCH_MAX_SLOTS = 1_000_000;
/** As many chunks as an erasure code has. */
const VALIDATORS_MAX = 65_536;

export const isWhole = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;

const outOfBounds = (field: string, wanted: string): Checked =>
  err({ code: "outOfBounds", field, wanted });

/** The first rule that the genesis breaks, of those that need no state. */
export function checkGenesis(config: GenesisConfig): Checked {
  for (const check of [checkTimes, checkBalances, checkValidators]) {
    const checked = check(config);
    if (!checked.ok) return checked;
  }
  return GOOD;
}

function checkTimes({ slotDurationMs, epochDuration, babe, sessionDelay }: GenesisConfig): Checked {
  const { numerator, denominator } = babe.c;
  if (!isWhole(slotDurationMs, SLOT_STEP_MS, SLOT_MAX_MS) || slotDurationMs % SLOT_STEP_MS !== 0)
    return outOfBounds(
      "slotDurationMs",
      `a multiple of ${SLOT_STEP_MS} from ${SLOT_STEP_MS} to ${SLOT_MAX_MS}`,
    );
  if (!isWhole(epochDuration, 1, EPOCH_MAX_SLOTS))
    return outOfBounds("epochDuration", `a whole number from 1 to ${EPOCH_MAX_SLOTS}`);
  if (numerator === 0 || numerator > denominator)
    return outOfBounds("babe.c", "a probability above 0, at most 1");
  return sessionDelay === undefined || isWhole(sessionDelay, 1, 2)
    ? GOOD
    : outOfBounds("sessionDelay", "1 or 2");
}

function checkBalances({ balances }: GenesisConfig): Checked {
  const seen = new Set<AccountId>();
  let issuance = EXISTENTIAL_DEPOSIT;
  for (const [index, [account, free]] of balances.entries()) {
    const field = `balances[${index}]`;
    if (seen.has(account)) return err({ code: "accountTwice", field, account });
    seen.add(account);
    if (free < EXISTENTIAL_DEPOSIT) return err({ code: "belowExistentialDeposit", field, account });
    issuance += free;
    if (issuance > BALANCE_MAX) return outOfBounds(field, "less than 2^128 in all");
  }
  return GOOD;
}

function checkValidators({ validators, balances }: GenesisConfig): Checked {
  const count = validators.length;
  if (count < 2) return err({ code: "tooFewValidators", field: "validators", count });
  if (count > VALIDATORS_MAX) return outOfBounds("validators", `at most ${VALIDATORS_MAX}`);
  const endowed = new Set(balances.map(([account]) => account));
  const seen = new Set<AccountId>();
  const owners = new Map<string, number>();
  const points = new Set<Hex>();
  for (const [index, { account, keys }] of validators.entries()) {
    const field = `validators[${index}]`;
    if (!endowed.has(account)) return err({ code: "validatorWithoutBalance", field, account });
    if (seen.has(account)) return err({ code: "validatorTwice", field, account });
    seen.add(account);
    for (const [type, key] of typedKeys(keys)) {
      if (!points.has(key) && !isPoint(type, key))
        return err({ code: "keyOffCurve", field: `${field}.keys.${type}`, key });
      points.add(key);
      const name = `${type} ${key}`;
      if (owners.has(name)) return err({ code: "keyTwice", field: `${field}.keys.${type}`, key });
      owners.set(name, index);
    }
  }
  return GOOD;
}

/** Whether the key is one of the curve that keys of this type are of. */
function isPoint(type: KeyTypeId, key: Hex): boolean {
  if (type === "gran") return isEd25519PublicKey(key);
  if (type === "beef") return ecdsaUncompress(hexToBytes(key)) !== undefined;
  return isSr25519PublicKey(key);
}

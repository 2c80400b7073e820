/** Whatever happens to balances, the total issuance is their sum, and every account's counts are right. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiBytes } from "@parahost/base";
import { type AccountId, asAccountId } from "@parahost/primitives";
import fc from "fast-check";
import type { State } from "../../framework/index.ts";
import { stateAtBlock } from "../../testing/state.ts";
import { storage as accountStorage } from "../system/accounts.ts";
import { setFreeze, setLock } from "./freeze.ts";
import { hold, release, slashHeld, totalOnHold } from "./hold.ts";
import { PREIMAGE_HOLD, STAKING_HOLD } from "./reasons.ts";
import { repatriateReserved, reserve, slashReserved, unreserve } from "./reserve.ts";
import { EXISTENTIAL_DEPOSIT as ED, totalIssuance } from "./storage.ts";
import { burn, deposit, setFreeBalance, transfer, withdraw } from "./transfer.ts";

const ACCOUNTS = Array.from({ length: 4 }, (_, i) =>
  asAccountId(`0x${(i + 1).toString(16).padStart(2, "0").repeat(32)}`),
);
const POOL = { type: "nominationPools", value: { type: "poolMinBalance" } } as const;

type Outcome = { readonly ok: boolean } | bigint;
type Operation = (state: State, a: AccountId, b: AccountId, amount: bigint) => Outcome;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  transfer: (state, a, b, amount) => transfer(state, a, b, amount, "expendable"),
  transferKeepAlive: (state, a, b, amount) => transfer(state, a, b, amount, "preserve"),
  burn: (state, a, _, amount) => burn(state, a, amount, "expendable"),
  withdraw: (state, a, _, amount) => withdraw(state, a, amount),
  deposit: (state, a, _, amount) => deposit(state, a, amount),
  setFree: (state, a, _, amount) => setFreeBalance(state, a, amount),
  reserve: (state, a, _, amount) => reserve(state, a, amount),
  unreserve: (state, a, _, amount) => unreserve(state, a, amount),
  slashReserved: (state, a, _, amount) => slashReserved(state, a, amount),
  repatriateFree: (state, a, b, amount) => repatriateReserved(state, a, b, amount, "free"),
  repatriateReserved: (state, a, b, amount) => repatriateReserved(state, a, b, amount, "reserved"),
  holdStake: (state, a, _, amount) => hold(state, STAKING_HOLD, a, amount),
  holdDeposit: (state, a, _, amount) => hold(state, PREIMAGE_HOLD, a, amount),
  release: (state, a, _, amount) => release(state, STAKING_HOLD, a, amount),
  slashHeld: (state, a, _, amount) => slashHeld(state, STAKING_HOLD, a, amount),
  freeze: (state, a, _, amount) => setFreeze(state, POOL, a, amount),
  lock: (state, a, _, amount) =>
    setLock(state, a, { id: asciiBytes("vesting "), amount, reasons: { type: "all" } }),
};

const step = fc.record({
  name: fc.constantFrom(...Object.keys(OPERATIONS)),
  from: fc.nat(ACCOUNTS.length - 1),
  to: fc.nat(ACCOUNTS.length - 1),
  // Around the existential deposit is where accounts come and go.
  amount: fc.oneof(fc.bigInt(0n, 3n * ED), fc.constantFrom(0n, 1n, ED - 1n, ED, ED + 1n)),
});

/** Runs it as the dispatcher would: what fails leaves no trace. */
function run(state: State, operation: Operation, a: AccountId, b: AccountId, amount: bigint): void {
  state.begin();
  const outcome = operation(state, a, b, amount);
  if (typeof outcome === "bigint" || outcome.ok) state.commit();
  else state.rollback();
}

function assertSound(state: State): void {
  let sum = 0n;
  for (const [who, { data, providers, consumers }] of accountStorage.account.entries(state)) {
    const { free, reserved, frozen } = data;
    sum += free + reserved;
    assert.ok(free >= 0n && reserved >= 0n);
    assert.ok(totalOnHold(state, who) <= reserved, "holds are within the reserve");
    assert.equal(providers, free >= ED ? 1 : 0, "one provider for a sufficient free balance");
    assert.equal(consumers, reserved > 0n || frozen > 0n ? 1 : 0, "one consumer for both");
  }
  assert.equal(totalIssuance(state), sum);
}

test("random operations conserve the total issuance", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const state = stateAtBlock(1);
      for (const who of ACCOUNTS.slice(0, 3)) assert.ok(setFreeBalance(state, who, 5n * ED).ok);
      for (const { name, from, to, amount } of steps) {
        const operation = OPERATIONS[name] as Operation;
        run(state, operation, ACCOUNTS[from] as AccountId, ACCOUNTS[to] as AccountId, amount);
        assertSound(state);
      }
    }),
    { numRuns: 150, seed: 6 },
  );
});

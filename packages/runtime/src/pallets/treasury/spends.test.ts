import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex } from "@parahost/base";
import { asHash } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { storage as eventStorage } from "../../framework/events.ts";
import { ROOT, type State, signedBy } from "../../framework/index.ts";
import { named } from "../../testing/staking.ts";
import { eventNames, stateAtBlock } from "../../testing/state.ts";
import { freeBalance } from "../balances/account.ts";
import { EXISTENTIAL_DEPOSIT as ED, totalIssuance, UNIT } from "../balances/storage.ts";
import { setFreeBalance } from "../balances/transfer.ts";
import { TREASURY_ACCOUNT } from "./account.ts";
import { VersionedLocatableAsset, VersionedLocation } from "./asset.ts";
import { errors } from "./errors.ts";
import { treasury } from "./pallet.ts";
import { PAYOUT_PERIOD, storage } from "./spends.ts";

const alice = named("Alice");
const bob = named("Bob");
const { calls } = treasury;
const refusal = (error: unknown) => ({ ok: false, error });
const at = (state: State, block: number): void => eventStorage.number.set(state, block);

const HERE = { parents: 0, interior: { type: "here" } } as const;
const NATIVE = { type: "v4", value: { location: HERE, assetId: HERE } } as const;
const account = (id = alice, network?: { type: "byGenesis"; value: ReturnType<typeof asHash> }) =>
  ({
    parents: 0,
    interior: { type: "x1", value: { type: "accountId32", value: { network, id } } },
  }) as const;
const ALICE: VersionedLocation = { type: "v4", value: account() };

function stateWithTreasury(): State {
  const state = stateAtBlock(10);
  assert.ok(setFreeBalance(state, TREASURY_ACCOUNT, 100n * UNIT).ok);
  return state;
}

interface Order {
  readonly amount?: bigint;
  readonly validFrom?: number;
  readonly assetKind?: VersionedLocatableAsset;
  readonly beneficiary?: VersionedLocation;
}

const spend = (state: State, order: Order = {}, origin = ROOT) =>
  calls.spend.dispatch(state, origin, {
    assetKind: NATIVE,
    amount: 5n * UNIT,
    beneficiary: ALICE,
    validFrom: undefined,
    ...order,
  });
const payout = (state: State, index = 0) => calls.payout.dispatch(state, signedBy(bob), { index });
const check = (state: State, index = 0) =>
  calls.checkStatus.dispatch(state, signedBy(bob), { index });
const revoke = (state: State, index = 0, origin = ROOT) =>
  calls.voidSpend.dispatch(state, origin, { index });

test("the chain's currency and an account are written as Polkadot writes them", () => {
  assert.equal(bytesToHex(encode(VersionedLocatableAsset, NATIVE)), "0x0400000000");
  assert.equal(bytesToHex(encode(VersionedLocation, ALICE)), `0x0400010100${alice.slice(2)}`);
});

test("an approved spend is paid when somebody asks, checked once, and gone", () => {
  const state = stateWithTreasury();
  const issuance = totalIssuance(state);
  assert.ok(spend(state).ok);
  assert.ok(payout(state).ok);
  assert.equal(freeBalance(state, alice), 5n * UNIT);
  assert.equal(freeBalance(state, TREASURY_ACCOUNT), 95n * UNIT);
  assert.equal(totalIssuance(state), issuance);
  assert.deepEqual(payout(state), refusal(errors.alreadyAttempted));
  assert.deepEqual(revoke(state), refusal(errors.alreadyAttempted));
  assert.deepEqual(check(state), { ok: true, value: { paysFee: false } });
  assert.deepEqual(check(state), refusal(errors.invalidIndex));
  assert.deepEqual(
    eventNames(state).filter((name) => name.startsWith("treasury")),
    ["treasury.assetSpendApproved", "treasury.paid", "treasury.spendProcessed"],
  );
});

test("a spend is paid in its time only, and forgotten after it", () => {
  const state = stateWithTreasury();
  assert.ok(spend(state, { validFrom: 20 }).ok);
  assert.deepEqual(payout(state), refusal(errors.earlyPayout));
  at(state, 20 + PAYOUT_PERIOD);
  assert.deepEqual(payout(state), refusal(errors.spendExpired));
  assert.deepEqual(check(state), refusal(errors.notAttempted));
  at(state, 21 + PAYOUT_PERIOD);
  assert.ok(check(state).ok);
  assert.equal(storage.spends.has(state, 0), false);
  assert.equal(freeBalance(state, alice), 0n);
});

test("what cannot be paid stays approved", () => {
  const state = stateWithTreasury();
  assert.ok(spend(state, { amount: 101n * UNIT }).ok);
  assert.ok(spend(state, { amount: ED - 1n }).ok);
  assert.deepEqual(payout(state, 0), refusal(errors.payoutError));
  assert.deepEqual(payout(state, 1), refusal(errors.payoutError));
  assert.deepEqual(check(state), refusal(errors.notAttempted));
  assert.ok(setFreeBalance(state, TREASURY_ACCOUNT, 200n * UNIT).ok);
  assert.ok(payout(state, 0).ok);
});

test("root takes a spend back before it is paid", () => {
  const state = stateWithTreasury();
  assert.ok(spend(state).ok);
  assert.deepEqual(revoke(state, 0, signedBy(alice)), refusal({ type: "badOrigin" }));
  assert.ok(revoke(state).ok);
  for (const outcome of [payout(state), check(state), revoke(state)])
    assert.deepEqual(outcome, refusal(errors.invalidIndex));
});

test("only root approves, of the chain's own currency, for its accounts, and for a time to come", () => {
  const state = stateWithTreasury();
  const refused = (order: Order) => spend(state, order);
  assert.deepEqual(spend(state, {}, signedBy(alice)), refusal({ type: "badOrigin" }));
  const elsewhere = { ...HERE, parents: 1 };
  for (const value of [
    { location: elsewhere, assetId: HERE },
    { location: HERE, assetId: elsewhere },
    { location: HERE, assetId: account() },
  ])
    assert.deepEqual(
      refused({ assetKind: { type: "v5", value } }),
      refusal(errors.failedToConvertBalance),
    );
  const network = { type: "byGenesis", value: asHash(`0x${"11".repeat(32)}`) } as const;
  for (const value of [HERE, { ...account(), parents: 1 }, account(alice, network)])
    assert.deepEqual(
      refused({ beneficiary: { type: "v5", value } }),
      refusal({ type: "cannotLookup" }),
    );
  at(state, PAYOUT_PERIOD + 5);
  assert.deepEqual(refused({ validFrom: 5 }), refusal(errors.spendExpired));
  assert.deepEqual(
    refused({ validFrom: 0xffff_ffff }),
    refusal({ type: "arithmetic", value: { type: "overflow" } }),
  );
  assert.equal(storage.spendCount.get(state), 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { MultiAddress } from "@parahost/primitives";
import { signedBy as bySigned, NONE } from "../../framework/index.ts";
import type { RuntimeCall } from "../../runtime.ts";
import { eventsOf } from "../../runtime-api.ts";
import { intoEra, named, stakingChain, stashOf } from "../../testing/staking.ts";
import { signedBy } from "../../testing/transactions.ts";
import { UNIT } from "../balances/storage.ts";
import { staking } from "./pallet.ts";
import { storage } from "./storage.ts";

type StakingCall = Extract<RuntimeCall, { readonly type: "staking" }>["value"];
const alice = named("Alice");
const id = (value: typeof alice): MultiAddress => ({ type: "id", value });

test("a nominator's life: bonds, nominates, adds, leaves, returns, withdraws", () => {
  const chain = stakingChain({ bondingDuration: 1 });
  const { state } = chain;
  const send = (value: StakingCall) => {
    chain.add({ extrinsics: [signedBy(chain, "//Alice", { type: "staking", value })] });
    const ended = eventsOf(state).findLast(({ event }) => event.type === "system");
    assert.equal(ended?.event.value.type, "extrinsicSuccess", value.type);
  };
  const ledger = () => storage.ledger.get(state, alice);
  send({ type: "bond", value: { value: 100n * UNIT, payee: { type: "staked" } } });
  send({ type: "nominate", value: { targets: [id(stashOf(0)), id(stashOf(1))] } });
  send({ type: "bondExtra", value: { maxAdditional: 20n * UNIT } });
  send({ type: "setPayee", value: { payee: { type: "stash" } } });
  assert.equal(ledger()?.active, 120n * UNIT);
  send({ type: "unbond", value: { value: 70n * UNIT } });
  send({ type: "rebond", value: { value: 30n * UNIT } });
  assert.equal(ledger()?.active, 80n * UNIT);
  send({ type: "chill" });
  send({ type: "unbond", value: { value: 80n * UNIT } });
  intoEra(chain, (storage.currentEra.get(state) ?? 0) + 1);
  send({ type: "withdrawUnbonded", value: { numSlashingSpans: 0 } });
  assert.equal(ledger(), undefined);
});

test("a validator changes its terms and sends a nominator away", () => {
  const chain = stakingChain();
  const { state } = chain;
  const origin = bySigned(stashOf(0));
  const prefs = { commission: 5_000_000, blocked: true };
  assert.ok(staking.calls.validate.dispatch(state, origin, { prefs }).ok);
  assert.deepEqual(storage.validators.get(state, stashOf(0)), prefs);
  assert.ok(staking.calls.kick.dispatch(state, origin, { who: [id(alice)] }).ok);
});

test("an address that means no account is refused in lists", () => {
  const { state } = stakingChain();
  const origin = bySigned(stashOf(0));
  const nowhere: MultiAddress = { type: "raw", value: new Uint8Array(3) };
  const refused = { ok: false, error: { type: "cannotLookup" } };
  const { nominate, kick } = staking.calls;
  assert.deepEqual(nominate.dispatch(state, origin, { targets: [nowhere] }), refused);
  assert.deepEqual(kick.dispatch(state, origin, { who: [id(alice), nowhere] }), refused);
});

test("nobody stakes without an account", () => {
  const { state } = stakingChain();
  const { calls } = staking;
  const refused = { ok: false, error: { type: "badOrigin" } };
  const payee = { type: "staked" } as const;
  const reward = { validatorStash: stashOf(0), era: 0 };
  const outcomes = [
    calls.bond.dispatch(state, NONE, { value: UNIT, payee }),
    calls.bondExtra.dispatch(state, NONE, { maxAdditional: UNIT }),
    calls.unbond.dispatch(state, NONE, { value: UNIT }),
    calls.withdrawUnbonded.dispatch(state, NONE, { numSlashingSpans: 0 }),
    calls.validate.dispatch(state, NONE, { prefs: { commission: 0, blocked: false } }),
    calls.nominate.dispatch(state, NONE, { targets: [] }),
    calls.setPayee.dispatch(state, NONE, { payee }),
    calls.payoutStakers.dispatch(state, NONE, reward),
    calls.payoutStakersByPage.dispatch(state, NONE, { ...reward, page: 0 }),
    calls.rebond.dispatch(state, NONE, { value: UNIT }),
    calls.reapStash.dispatch(state, NONE, { stash: stashOf(0), numSlashingSpans: 0 }),
    calls.kick.dispatch(state, NONE, { who: [] }),
  ];
  for (const outcome of outcomes) assert.deepEqual(outcome, refused);
});

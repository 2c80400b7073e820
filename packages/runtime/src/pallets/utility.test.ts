import assert from "node:assert/strict";
import { test } from "node:test";
import { asAccountId } from "@parahost/primitives";
import { signedBy as bySigned, type DispatchResult, NONE, ROOT } from "../framework/index.ts";
import { infoOf, type RuntimeCall } from "../runtime.ts";
import { eventsOf } from "../runtime-api.ts";
import { TestChain } from "../testing/chain.ts";
import { named } from "../testing/staking.ts";
import { eventNames } from "../testing/state.ts";
import { signedBy, sudo, transferTo } from "../testing/transactions.ts";
import { freeBalance } from "./balances/account.ts";
import { UNIT } from "./balances/storage.ts";
import { BATCHED_CALLS_MAX, derivativeAccount, errors, utility } from "./utility.ts";

const alice = named("Alice");
const bob = named("Bob");
const eve = named("Eve");
const START = 1_000_000n * UNIT;

function chain(): TestChain {
  const made = new TestChain();
  made.add();
  return made;
}

type Kind = "batch" | "batchAll" | "forceBatch";
const batched = (type: Kind, ...calls: readonly RuntimeCall[]): RuntimeCall => ({
  type: "utility",
  value: { type, value: { calls } },
});
const run = (made: TestChain, type: Kind, ...calls: readonly RuntimeCall[]): DispatchResult =>
  utility.calls[type].dispatch(made.state, bySigned(alice), { calls });

/** Fails: nobody has so much. */
const tooMuch = transferTo(eve, START * 2n);
const pay = (units: bigint) => transferTo(bob, units * UNIT);

test("a batch makes its calls in order", () => {
  const made = chain();
  assert.ok(run(made, "batch", pay(1n), transferTo(eve, 2n * UNIT)).ok);
  assert.equal(freeBalance(made.state, bob), START + UNIT);
  assert.equal(freeBalance(made.state, eve), START + 2n * UNIT);
  assert.deepEqual(
    eventNames(made.state).filter((name) => name.startsWith("utility")),
    ["utility.itemCompleted", "utility.itemCompleted", "utility.batchCompleted"],
  );
});

test("a batch stops at the call that fails, keeps what came before, and says which it was", () => {
  const made = chain();
  const outcome = run(made, "batch", pay(1n), tooMuch, pay(1n));
  assert.ok(outcome.ok);
  assert.equal(freeBalance(made.state, bob), START + UNIT);
  const { event } = eventsOf(made.state).at(-1) as { event: { value: { value?: object } } };
  assert.deepEqual(event.value.value, {
    index: 1,
    error: { type: "token", value: { type: "fundsUnavailable" } },
  });
});

test("a batch that stopped pays only for what it made", () => {
  const made = chain();
  const outcome = run(made, "batch", tooMuch, pay(1n), pay(1n), pay(1n));
  assert.ok(outcome.ok && outcome.value.actualWeight !== undefined);
  const whole = infoOf(batched("batch", tooMuch, pay(1n), pay(1n), pay(1n))).weight;
  assert.ok(outcome.value.actualWeight.refTime < whole.refTime / 2);
});

test("all or nothing is nothing when one fails", () => {
  const made = chain();
  const call = batched("batchAll", pay(1n), tooMuch);
  made.add({ extrinsics: [signedBy(made, "//Alice", call)] });
  assert.equal(freeBalance(made.state, bob), START);
  assert.ok(eventNames(made.state).includes("system.extrinsicFailed"));
  assert.ok(run(made, "batchAll", pay(1n), pay(2n)).ok);
  assert.equal(freeBalance(made.state, bob), START + 3n * UNIT);
});

test("a forced batch goes on after a failure", () => {
  const made = chain();
  assert.ok(run(made, "forceBatch", tooMuch, pay(1n)).ok);
  assert.equal(freeBalance(made.state, bob), START + UNIT);
  assert.deepEqual(eventNames(made.state).slice(-2), [
    "utility.itemCompleted",
    "utility.batchCompletedWithErrors",
  ]);
});

test("a batch within a transaction pays one fee, and costs at least what its calls do", () => {
  const made = chain();
  const info = infoOf(batched("batch", pay(1n), pay(1n)));
  assert.ok(info.weight.refTime > 2 * infoOf(pay(1n)).weight.refTime);
  made.add({ extrinsics: [signedBy(made, "//Alice", batched("batch", pay(1n), pay(1n)))] });
  const paid = eventNames(made.state).filter((n) => n === "transactionPayment.transactionFeePaid");
  assert.equal(paid.length, 1);
});

test("a batch is urgent only if all of it is", () => {
  const urgent: RuntimeCall = { type: "staking", value: { type: "forceNewEra" } };
  assert.equal(infoOf(batched("batch", urgent)).class, "operational");
  assert.equal(infoOf(batched("batch", urgent, pay(1n))).class, "normal");
  assert.equal(infoOf(batched("batch")).class, "normal");
});

test("root's batch makes root's calls", () => {
  const made = chain();
  const call: RuntimeCall = {
    type: "balances",
    value: {
      type: "forceTransfer",
      value: {
        source: { type: "id", value: eve },
        dest: { type: "id", value: bob },
        value: UNIT,
      },
    },
  };
  made.add({ extrinsics: [signedBy(made, "//Alice", sudo(batched("batchAll", call)))] });
  assert.equal(freeBalance(made.state, bob), START + UNIT);
});

test("nobody's batch is refused, and so is one that is too long", () => {
  const { state } = chain();
  const refused = { ok: false, error: { type: "badOrigin" } };
  assert.deepEqual(utility.calls.batch.dispatch(state, NONE, { calls: [] }), refused);
  const calls = Array<RuntimeCall>(BATCHED_CALLS_MAX + 1).fill(pay(0n));
  const long = utility.calls.batch.dispatch(state, bySigned(alice), { calls });
  assert.deepEqual(long, { ok: false, error: errors.tooManyCalls });
});

test("an author's calls are refused within a batch", () => {
  const made = chain();
  const call: RuntimeCall = { type: "timestamp", value: { type: "set", value: { now: 1 } } };
  const outcome = run(made, "batchAll", call);
  assert.deepEqual(outcome, { ok: false, error: { type: "badOrigin" } });
});

test("a derivative account is the sender's alone", () => {
  const made = chain();
  const { state } = made;
  const account = derivativeAccount(alice, 7);
  assert.notEqual(account, derivativeAccount(bob, 7));
  assert.ok(run(made, "batch", transferTo(account, 10n * UNIT)).ok);
  const asDerivative = (index: number, origin = bySigned(alice)) =>
    utility.calls.asDerivative.dispatch(state, origin, { index, call: pay(3n) });
  assert.ok(asDerivative(7).ok);
  assert.equal(freeBalance(state, account), 7n * UNIT);
  assert.equal(asDerivative(8).ok, false);
  assert.equal(asDerivative(7, bySigned(bob)).ok, false);
  assert.deepEqual(asDerivative(7, ROOT), { ok: false, error: { type: "badOrigin" } });
});

test("a derivative account is a hash of prefix, owner and index", () => {
  // BLAKE2b-256 of "modlpy/utilisuba", 32 bytes of 1, and 0x0100, by another implementation.
  const owner = asAccountId(`0x${"01".repeat(32)}`);
  assert.equal(
    derivativeAccount(owner, 1),
    "0x616a00de5e45f70e64fd2cc003bbf7bb683c73099c083b0f78cbea8bd7cc5af5",
  );
});

test("only root says what a call weighs", () => {
  const made = chain();
  const args = { call: pay(1n), weight: { refTime: 1, proofSize: 0 } };
  const { withWeight } = utility.calls;
  assert.deepEqual(withWeight.dispatch(made.state, bySigned(alice), args), {
    ok: false,
    error: { type: "badOrigin" },
  });
  const root = { ...args, call: { type: "staking", value: { type: "forceNewEra" } } as const };
  assert.ok(withWeight.dispatch(made.state, ROOT, root).ok);
});

// Alternatives

const asBob = { type: "system", value: { type: "signed", value: bob } } as const;
const asRoot = { type: "system", value: { type: "root" } } as const;
const ifElse = (made: TestChain, main: RuntimeCall, fallback: RuntimeCall) =>
  utility.calls.ifElse.dispatch(made.state, bySigned(alice), { main, fallback });
const utilityEvents = (made: TestChain) =>
  eventNames(made.state).filter((name) => name.startsWith("utility"));

test("the second call is made only if the first fails, and what that left is gone", () => {
  const made = chain();
  assert.ok(ifElse(made, pay(1n), pay(5n)).ok);
  assert.equal(freeBalance(made.state, bob), START + UNIT);
  assert.ok(ifElse(made, batched("batchAll", pay(7n), tooMuch), pay(5n)).ok);
  assert.equal(freeBalance(made.state, bob), START + 6n * UNIT);
  assert.deepEqual(
    utilityEvents(made).filter((name) => name.startsWith("utility.ifElse")),
    ["utility.ifElseMainSuccess", "utility.ifElseFallbackCalled"],
  );
});

test("it fails if both do", () => {
  const made = chain();
  assert.equal(ifElse(made, tooMuch, tooMuch).ok, false);
  assert.equal(freeBalance(made.state, alice), START);
  const main = pay(1n);
  const nobody = utility.calls.ifElse.dispatch(made.state, NONE, { main, fallback: main });
  assert.deepEqual(nobody, { ok: false, error: { type: "badOrigin" } });
});

// As somebody else

test("root makes calls as anybody, and an event says what became of them", () => {
  const made = chain();
  const { dispatch } = utility.calls.dispatchAs;
  const payEve = transferTo(eve, 3n * UNIT);
  assert.ok(dispatch(made.state, ROOT, { asOrigin: asBob, call: payEve }).ok);
  assert.equal(freeBalance(made.state, bob), START - 3n * UNIT);
  assert.ok(dispatch(made.state, ROOT, { asOrigin: asBob, call: tooMuch }).ok);
  const { event } = eventsOf(made.state).at(-1) as { event: { value: object } };
  assert.deepEqual(event.value, {
    type: "dispatchedAs",
    value: {
      result: {
        type: "err",
        value: { type: "token", value: { type: "fundsUnavailable" } },
      },
    },
  });
});

test("or fails with the call, if that is what it asks for", () => {
  const made = chain();
  const { dispatch } = utility.calls.dispatchAsFallible;
  assert.ok(dispatch(made.state, ROOT, { asOrigin: asBob, call: transferTo(eve, UNIT) }).ok);
  assert.equal(freeBalance(made.state, eve), START + UNIT);
  assert.deepEqual(dispatch(made.state, ROOT, { asOrigin: asBob, call: tooMuch }), {
    ok: false,
    error: { type: "token", value: { type: "fundsUnavailable" } },
  });
});

test("who is not root makes no call as somebody else, not even through a batch", () => {
  const made = chain();
  const args = { asOrigin: asRoot, call: pay(1n) };
  const refused = { ok: false, error: { type: "badOrigin" } };
  for (const origin of [bySigned(alice), NONE]) {
    assert.deepEqual(utility.calls.dispatchAs.dispatch(made.state, origin, args), refused);
    assert.deepEqual(utility.calls.dispatchAsFallible.dispatch(made.state, origin, args), refused);
  }
  const inner: RuntimeCall = { type: "utility", value: { type: "dispatchAs", value: args } };
  assert.deepEqual(run(made, "batchAll", inner), refused);
});

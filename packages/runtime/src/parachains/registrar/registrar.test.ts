import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccountId, asParaId, type ParaId } from "@parahost/primitives";
import {
  type AnyCall,
  type DispatchResult,
  NONE,
  type Origin,
  ROOT,
  signedBy,
} from "../../framework/index.ts";
import { balanceOf } from "../../pallets/balances/account.ts";
import { totalIssuance, UNIT } from "../../pallets/balances/storage.ts";
import {
  currentCode,
  lifecycle,
  paraHead,
  paras,
  scheduleParathreadUpgrade,
} from "../paras/paras.ts";
import { accountOf, codeOf, errorName, genesisHeadOf, Scenario } from "../testing/scenario.ts";
import { registrar } from "./registrar.ts";
import { DATA_DEPOSIT_PER_BYTE, PARA_DEPOSIT, registrationDeposit } from "./registration.ts";
import { storage } from "./storage.ts";

const { calls } = registrar;
const FIRST = asParaId(2000);
const RICH = 100_000n * UNIT;
const head = genesisHeadOf(2000);
const code = codeOf(2000);

/** Runs a call as the dispatcher does: what a refused call wrote is dropped. */
function run(chain: Scenario, declaration: AnyCall, origin: Origin, args: object): DispatchResult {
  chain.state.begin();
  const outcome = declaration.dispatch(chain.state, origin, args as never);
  if (outcome.ok) chain.state.commit();
  else chain.state.rollback();
  return outcome;
}

/** The name of the refusal; `undefined` for success. */
function refusal(chain: Scenario, declaration: AnyCall, origin: Origin, args: object) {
  const outcome = run(chain, declaration, origin, args);
  return outcome.ok ? undefined : errorName(outcome.error);
}

const alice = signedBy(accountOf("alice"));
const bob = signedBy(accountOf("bob"));

/** Block 1 has begun; alice and bob have means; 1000 is a parachain of genesis. */
function scenario(): Scenario {
  const chain = new Scenario({ validators: 3, paras: [1000] });
  for (const name of ["alice", "bob"]) chain.endow(name, RICH);
  return chain.beginBlock();
}

const trust = (chain: Scenario, validationCode: Uint8Array) =>
  assert.equal(
    refusal(chain, paras.calls.addTrustedValidationCode, ROOT, { validationCode }),
    undefined,
  );

const registration = (id: ParaId = FIRST) => ({
  id,
  genesisHead: genesisHeadOf(id),
  validationCode: codeOf(id),
});

function finishSession(chain: Scenario): void {
  chain.announceSession().mustEnter({});
  chain.endBlock();
}

/** Alice's parathread 2000, onboarded; a block has begun. */
function chainWithThread(): Scenario {
  const chain = scenario();
  trust(chain, code);
  run(chain, calls.reserve, alice, {});
  assert.equal(refusal(chain, calls.register, alice, registration()), undefined);
  finishSession(chain);
  assert.equal(lifecycle(chain.state, FIRST), "parathread");
  return chain.beginBlock();
}

const reservedOf = (chain: Scenario, who: AccountId): bigint =>
  balanceOf(chain.state, who).reserved;

test("ids are given out from 2000 upwards, each for a deposit", () => {
  const chain = scenario();
  assert.equal(refusal(chain, calls.reserve, alice, {}), undefined);
  assert.equal(refusal(chain, calls.reserve, bob, {}), undefined);
  assert.equal(storage.paras.get(chain.state, FIRST)?.manager, accountOf("alice"));
  assert.equal(storage.paras.get(chain.state, asParaId(2001))?.manager, accountOf("bob"));
  assert.equal(reservedOf(chain, accountOf("alice")), PARA_DEPOSIT);
  assert.deepEqual(
    chain.events.filter((name) => name.startsWith("registrar")),
    ["registrar.reserved", "registrar.reserved"],
  );
});

test("an id that is in use already is passed over", () => {
  const chain = new Scenario({ validators: 3, paras: [2000, 2001] });
  chain.endow("alice", RICH);
  run(chain.beginBlock(), calls.reserve, alice, {});
  assert.ok(storage.paras.has(chain.state, asParaId(2002)));
});

test("who cannot pay the deposit gets no id", () => {
  const chain = scenario();
  chain.endow("alice", 10n * UNIT);
  assert.equal(refusal(chain, calls.reserve, alice, {}), "insufficientBalance");
  assert.equal(storage.paras.has(chain.state, FIRST), false);
});

test("a reserved id is registered as a parathread, once its code is checked", () => {
  const chain = chainWithThread();
  assert.deepEqual(paraHead(chain.state, FIRST), head);
  assert.deepEqual(currentCode(chain.state, FIRST), code);
});

test("the deposit covers the head and the largest code that the para may ever have", () => {
  const chain = chainWithThread();
  const { maxCodeSize } = chain.configuration;
  const deposit = PARA_DEPOSIT + DATA_DEPOSIT_PER_BYTE * BigInt(maxCodeSize + head.length);
  assert.equal(registrationDeposit(maxCodeSize, head.length), deposit);
  assert.equal(reservedOf(chain, accountOf("alice")), deposit);
  assert.equal(storage.paras.get(chain.state, FIRST)?.deposit, deposit);
});

test("a registration that its manager cannot pay for leaves no trace", () => {
  const chain = scenario();
  chain.endow("alice", 200n * UNIT);
  run(chain, calls.reserve, alice, {});
  const before = chain.state.root(1);
  assert.equal(refusal(chain, calls.register, alice, registration()), "insufficientBalance");
  assert.equal(chain.state.root(1), before);
});

test("only what was reserved, by its manager, and once, can be registered", () => {
  const chain = scenario();
  assert.equal(refusal(chain, calls.register, alice, registration()), "notReserved");
  run(chain, calls.reserve, alice, {});
  assert.equal(refusal(chain, calls.register, bob, registration()), "notOwner");
  assert.equal(refusal(chain, calls.register, ROOT, registration()), "badOrigin");
  assert.equal(refusal(chain, calls.register, alice, registration()), undefined);
  assert.equal(refusal(chain, calls.register, alice, registration()), "alreadyRegistered");
});

test("code and head of a registration must be within bounds", () => {
  const chain = scenario();
  run(chain, calls.reserve, alice, {});
  const { maxCodeSize, maxHeadDataSize } = chain.configuration;
  const withCode = (size: number) => ({
    ...registration(),
    validationCode: new Uint8Array(size),
  });
  assert.equal(refusal(chain, calls.register, alice, withCode(8)), "invalidCode");
  assert.equal(refusal(chain, calls.register, alice, withCode(maxCodeSize + 1)), "codeTooLarge");
  const genesisHead = new Uint8Array(maxHeadDataSize + 1);
  assert.equal(
    refusal(chain, calls.register, alice, { ...registration(), genesisHead }),
    "headDataTooLarge",
  );
});

test("root registers any free id for a deposit of its choice", () => {
  const chain = scenario();
  const id = asParaId(100);
  const args = { ...registration(id), who: accountOf("bob"), deposit: 7n * UNIT };
  assert.equal(refusal(chain, calls.forceRegister, alice, args), "badOrigin");
  assert.equal(refusal(chain, calls.forceRegister, ROOT, args), undefined);
  assert.equal(lifecycle(chain.state, id), "onboarding");
  assert.equal(reservedOf(chain, accountOf("bob")), 7n * UNIT);
  assert.equal(refusal(chain, calls.forceRegister, ROOT, args), "alreadyRegistered");
});

test("a forced deposit below what was reserved gives the rest back", () => {
  const chain = scenario();
  run(chain, calls.reserve, alice, {});
  const args = { ...registration(), who: accountOf("alice"), deposit: UNIT };
  assert.equal(refusal(chain, calls.forceRegister, ROOT, args), undefined);
  assert.equal(reservedOf(chain, accountOf("alice")), UNIT);
});

test("a parathread that is deregistered leaves with its session, its deposit at once", () => {
  const chain = chainWithThread();
  const issuance = totalIssuance(chain.state);
  assert.equal(refusal(chain, calls.deregister, bob, { id: FIRST }), "notOwner");
  assert.equal(refusal(chain, calls.deregister, alice, { id: FIRST }), undefined);
  assert.equal(reservedOf(chain, accountOf("alice")), 0n);
  assert.equal(balanceOf(chain.state, accountOf("alice")).free, RICH);
  assert.equal(totalIssuance(chain.state), issuance);
  assert.equal(lifecycle(chain.state, FIRST), "offboardingParathread");
  finishSession(chain);
  assert.equal(lifecycle(chain.state, FIRST), undefined);
});

test("an id without a para is given back for its deposit", () => {
  const chain = scenario();
  run(chain, calls.reserve, alice, {});
  assert.equal(refusal(chain, calls.deregister, alice, { id: FIRST }), undefined);
  assert.equal(balanceOf(chain.state, accountOf("alice")).free, RICH);
  assert.equal(storage.paras.has(chain.state, FIRST), false);
});

test("an id that was given back is not given out again", () => {
  const chain = scenario();
  run(chain, calls.reserve, alice, {});
  run(chain, calls.deregister, alice, { id: FIRST });
  run(chain, calls.reserve, bob, {});
  assert.equal(storage.paras.has(chain.state, FIRST), false);
  assert.equal(storage.paras.get(chain.state, asParaId(2001))?.manager, accountOf("bob"));
});

test("only a parathread can be deregistered, not one that is coming, going or a parachain", () => {
  const chain = scenario();
  assert.equal(refusal(chain, calls.deregister, ROOT, { id: asParaId(1000) }), "notParathread");
  run(chain, calls.reserve, alice, {});
  run(chain, calls.register, alice, registration());
  assert.equal(refusal(chain, calls.deregister, alice, { id: FIRST }), "notParathread");
  assert.equal(refusal(chain, calls.deregister, bob, { id: asParaId(9) }), "notRegistered");
});

test("a parathread whose new code is being voted on cannot be deregistered", () => {
  const chain = chainWithThread();
  const newCode = codeOf(2000, 1);
  const upgrade = { para: FIRST, newCode };
  assert.equal(refusal(chain, calls.scheduleCodeUpgrade, alice, upgrade), undefined);
  assert.equal(refusal(chain, calls.deregister, alice, { id: FIRST }), "cannotDeregister");
});

test("a para whose code is refused can be deregistered for its whole deposit", () => {
  const chain = scenario();
  run(chain, calls.reserve, alice, {});
  run(chain, calls.register, alice, registration());
  finishSession(chain);
  chain.changeSession();
  assert.equal(lifecycle(chain.state, FIRST), undefined);
  chain.beginBlock();
  assert.equal(refusal(chain, calls.deregister, alice, { id: FIRST }), undefined);
  assert.equal(balanceOf(chain.state, accountOf("alice")).free, RICH);
});

test("a parachain and a parathread change places when both have asked", () => {
  const chain = chainWithThread();
  const other = asParaId(1000);
  assert.equal(refusal(chain, calls.swap, alice, { id: FIRST, other }), undefined);
  assert.equal(storage.pendingSwap.get(chain.state, FIRST), other);
  assert.equal(lifecycle(chain.state, FIRST), "parathread");
  assert.equal(refusal(chain, calls.swap, ROOT, { id: other, other: FIRST }), undefined);
  assert.equal(storage.pendingSwap.has(chain.state, FIRST), false);
  assert.ok(chain.events.includes("registrar.swapped"));
  finishSession(chain);
  assert.equal(lifecycle(chain.state, FIRST), "parachain");
  assert.equal(lifecycle(chain.state, other), "parathread");
});

test("a wish to swap is taken back by swapping with oneself", () => {
  const chain = chainWithThread();
  run(chain, calls.swap, alice, { id: FIRST, other: asParaId(1000) });
  assert.equal(refusal(chain, calls.swap, alice, { id: FIRST, other: FIRST }), undefined);
  assert.equal(storage.pendingSwap.has(chain.state, FIRST), false);
});

test("two parachains that have both asked stay what they are", () => {
  const chain = new Scenario({ validators: 3, paras: [1000, 1001] }).beginBlock();
  const a = asParaId(1000);
  const b = asParaId(1001);
  assert.equal(refusal(chain, calls.swap, ROOT, { id: a, other: b }), undefined);
  assert.equal(chain.events.includes("registrar.swapped"), false);
  assert.equal(refusal(chain, calls.swap, ROOT, { id: b, other: a }), undefined);
  assert.ok(chain.events.includes("registrar.swapped"));
  assert.equal(storage.pendingSwap.has(chain.state, a), false);
  finishSession(chain);
  assert.deepEqual(
    [lifecycle(chain.state, a), lifecycle(chain.state, b)],
    ["parachain", "parachain"],
  );
});

test("two parathreads have nothing to swap, and strangers cannot swap", () => {
  const chain = new Scenario({ validators: 3, parathreads: [2500, 2501] }).beginBlock();
  const a = asParaId(2500);
  const b = asParaId(2501);
  assert.equal(refusal(chain, calls.swap, ROOT, { id: a, other: b }), undefined);
  assert.equal(refusal(chain, calls.swap, ROOT, { id: b, other: a }), "cannotSwap");
  assert.equal(storage.pendingSwap.get(chain.state, a), b, "the wish stands");
  assert.equal(refusal(chain, calls.swap, ROOT, { id: asParaId(9), other: a }), "notRegistered");
  assert.equal(refusal(chain, calls.swap, alice, { id: a, other: b }), "notRegistered");
});

test("a para on its way to something else cannot swap until it has arrived", () => {
  const chain = new Scenario({ validators: 3, paras: [1000], parathreads: [2500] }).beginBlock();
  const a = asParaId(1000);
  const b = asParaId(2500);
  assert.equal(scheduleParathreadUpgrade(chain.state, b).ok, true);
  assert.equal(refusal(chain, calls.swap, ROOT, { id: a, other: b }), undefined);
  assert.equal(refusal(chain, calls.swap, ROOT, { id: b, other: a }), "cannotSwap");
  finishSession(chain);
  assert.equal(refusal(chain, calls.swap, ROOT, { id: b, other: a }), undefined);
});

test("the first block of a para locks it", () => {
  const chain = new Scenario({ validators: 3, paras: [1000] });
  chain.endow("alice", RICH);
  storage.paras.set(chain.state, asParaId(1000), {
    manager: accountOf("alice"),
    deposit: 0n,
    locked: undefined,
  });
  chain.playBacking(1000).playAvailability(0);
  assert.equal(storage.paras.get(chain.state, asParaId(1000))?.locked, true);
});

test("a lock that root has opened stays open when the para goes on", () => {
  const chain = new Scenario({ validators: 3, paras: [1000] });
  const info = { manager: accountOf("alice"), deposit: 0n, locked: false };
  storage.paras.set(chain.state, asParaId(1000), info);
  chain.playBacking(1000).playAvailability(0);
  assert.equal(storage.paras.get(chain.state, asParaId(1000))?.locked, false);
});

test("the manager of a locked para has no say, root has", () => {
  const chain = chainWithThread();
  assert.equal(refusal(chain, calls.addLock, bob, { para: FIRST }), "notOwner");
  assert.equal(refusal(chain, calls.addLock, alice, { para: FIRST }), undefined);
  for (const [declaration, args] of [
    [calls.deregister, { id: FIRST }],
    [calls.swap, { id: FIRST, other: asParaId(1000) }],
    [calls.addLock, { para: FIRST }],
    [calls.scheduleCodeUpgrade, { para: FIRST, newCode: codeOf(2000, 1) }],
    [calls.setCurrentHead, { para: FIRST, newHead: head }],
  ] as const)
    assert.equal(refusal(chain, declaration, alice, args), "paraLocked");
  assert.equal(refusal(chain, calls.removeLock, alice, { para: FIRST }), "badOrigin");
  assert.equal(refusal(chain, calls.removeLock, ROOT, { para: FIRST }), undefined);
  assert.equal(refusal(chain, calls.deregister, alice, { id: FIRST }), undefined);
});

test("a manager's new code comes into force without the para's doing", () => {
  const chain = chainWithThread();
  const newCode = codeOf(2000, 1);
  trust(chain, newCode);
  assert.equal(
    refusal(chain, calls.scheduleCodeUpgrade, alice, { para: FIRST, newCode }),
    undefined,
  );
  chain.mustEnter({});
  chain.endBlock().playTo(chain.now + 10);
  assert.deepEqual(currentCode(chain.state, FIRST), newCode);
});

test("a manager's new code must be code, fit, and not come too soon", () => {
  const chain = chainWithThread();
  const upgrade = (newCode: Uint8Array, para = FIRST, origin: Origin = alice) =>
    refusal(chain, calls.scheduleCodeUpgrade, origin, { para, newCode });
  assert.equal(upgrade(new Uint8Array(8)), "invalidCode");
  assert.equal(upgrade(new Uint8Array(chain.configuration.maxCodeSize + 1)), "codeTooLarge");
  assert.equal(upgrade(codeOf(9), asParaId(9), ROOT), "notRegistered");
  assert.equal(upgrade(codeOf(2000, 1)), undefined);
  assert.equal(upgrade(codeOf(2000, 2)), "cannotUpgradeCode");
});

test("a manager sets the head of a para that is there", () => {
  const chain = chainWithThread();
  const newHead = genesisHeadOf(7);
  assert.equal(refusal(chain, calls.setCurrentHead, alice, { para: FIRST, newHead }), undefined);
  assert.deepEqual(paraHead(chain.state, FIRST), newHead);
  const tooLarge = new Uint8Array(chain.configuration.maxHeadDataSize + 1);
  assert.equal(
    refusal(chain, calls.setCurrentHead, alice, { para: FIRST, newHead: tooLarge }),
    "headDataTooLarge",
  );
  assert.equal(
    refusal(chain, calls.setCurrentHead, ROOT, { para: asParaId(9), newHead }),
    "notRegistered",
  );
});

test("an inherent or unsigned transaction registers nothing", () => {
  const chain = scenario();
  for (const declaration of [calls.reserve, calls.register, calls.deregister, calls.addLock])
    assert.equal(
      refusal(chain, declaration, NONE, { ...registration(), para: FIRST }),
      "badOrigin",
    );
});

test("calls have Polkadot's indices", () => {
  assert.deepEqual(
    Object.values(calls).map(({ index }) => index),
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
  );
  assert.equal(registrar.index, 70);
});

/** Ways past the rules of upgrades: a cooldown bought off, and code that governance authorized by its hash. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, validationCodeHash } from "@parahost/primitives";
import { type AnyCall, NONE, type Origin, ROOT, signedBy } from "../../framework/index.ts";
import { balanceOf } from "../../pallets/balances/account.ts";
import { totalIssuance, UNIT } from "../../pallets/balances/storage.ts";
import { accountOf, codeOf, errorName, Scenario } from "../testing/scenario.ts";
import { canUpgradeValidationCode, currentCode, paras, scheduleCodeUpgrade } from "./paras.ts";
import { storage } from "./storage.ts";
import { COOLDOWN_REMOVAL_PER_BLOCK } from "./upgrades.ts";

const { calls } = paras;
const para = asParaId(1000);
const newCode = codeOf(1000, 1);
const newCodeHash = validationCodeHash(newCode);
const alice = signedBy(accountOf("alice"));

function refusal(chain: Scenario, declaration: AnyCall, origin: Origin, args: object) {
  chain.state.begin();
  const outcome = declaration.dispatch(chain.state, origin, args as never);
  if (outcome.ok) chain.state.commit();
  else chain.state.rollback();
  return outcome.ok ? undefined : errorName(outcome.error);
}

/** A para that upgraded in block 1 by governance, which is restricted until block 41. */
function chainInCooldown(): Scenario {
  const chain = new Scenario({
    validators: 3,
    paras: [1000],
    configuration: { validationUpgradeCooldown: 40 },
  });
  chain.endow("alice", 100n * UNIT);
  chain.beginBlock();
  const trusted = { validationCode: newCode };
  assert.equal(refusal(chain, calls.addTrustedValidationCode, ROOT, trusted), undefined);
  scheduleCodeUpgrade(chain.state, para, newCode, 1, { type: "applyAtExpectedBlock" });
  chain.mustEnter({});
  chain.endBlock().playTo(10).beginBlock();
  assert.deepEqual(currentCode(chain.state, para), newCode);
  return chain;
}

test("a cooldown is bought off for what is left of it, and the price is burned", () => {
  const chain = chainInCooldown();
  const issuance = totalIssuance(chain.state);
  assert.equal(canUpgradeValidationCode(chain.state, para), false);
  assert.equal(refusal(chain, calls.removeUpgradeCooldown, alice, { para }), undefined);
  assert.equal(canUpgradeValidationCode(chain.state, para), true);
  const price = 30n * COOLDOWN_REMOVAL_PER_BLOCK;
  assert.equal(balanceOf(chain.state, accountOf("alice")).free, 100n * UNIT - price);
  assert.equal(totalIssuance(chain.state), issuance - price);
  assert.ok(chain.events.includes("paras.upgradeCooldownRemoved"));
  assert.deepEqual(storage.upgradeCooldowns.get(chain.state), []);
});

test("where there is no cooldown nothing is bought", () => {
  const chain = chainInCooldown();
  assert.equal(
    refusal(chain, calls.removeUpgradeCooldown, alice, { para: asParaId(9) }),
    undefined,
  );
  assert.equal(balanceOf(chain.state, accountOf("alice")).free, 100n * UNIT);
});

test("who cannot pay, or is nobody, buys nothing off", () => {
  const chain = chainInCooldown();
  chain.endow("alice", 2n * UNIT);
  assert.equal(refusal(chain, calls.removeUpgradeCooldown, alice, { para }), "token");
  for (const origin of [NONE, ROOT])
    assert.equal(refusal(chain, calls.removeUpgradeCooldown, origin, { para }), "badOrigin");
  assert.equal(canUpgradeValidationCode(chain.state, para), false);
});

const authorizing = (validPeriod: number): Scenario => {
  const chain = new Scenario({ validators: 3, paras: [1000] }).beginBlock();
  const args = { para, newCodeHash, validPeriod };
  assert.equal(refusal(chain, calls.authorizeForceSetCurrentCodeHash, alice, args), "badOrigin");
  assert.equal(refusal(chain, calls.authorizeForceSetCurrentCodeHash, ROOT, args), undefined);
  return chain;
};

const apply = (chain: Scenario, code = newCode, id = para) =>
  refusal(chain, calls.applyAuthorizedForceSetCurrentCode, NONE, { para: id, newCode: code });

test("anybody hands in the code that governance has authorized, once", () => {
  const chain = authorizing(10);
  assert.equal(apply(chain, codeOf(1000, 2)), "unauthorized");
  assert.equal(apply(chain, newCode, asParaId(9)), "nothingAuthorized");
  assert.equal(apply(chain), undefined);
  assert.deepEqual(currentCode(chain.state, para), newCode);
  assert.equal(apply(chain), "nothingAuthorized");
});

test("an authorization expires", () => {
  const chain = authorizing(10);
  chain.mustEnter({});
  chain.endBlock().playTo(10).beginBlock();
  assert.equal(apply(chain), "invalidBlockNumber");
  assert.deepEqual(currentCode(chain.state, para), codeOf(1000));
});

test("a later authorization takes the place of an earlier one", () => {
  const chain = authorizing(10);
  const other = codeOf(1000, 2);
  const args = { para, newCodeHash: validationCodeHash(other), validPeriod: 10 };
  assert.equal(refusal(chain, calls.authorizeForceSetCurrentCodeHash, ROOT, args), undefined);
  assert.equal(apply(chain), "unauthorized");
  assert.equal(apply(chain, other), undefined);
});

test("the pool admits authorized code for as long as it is authorized", () => {
  const chain = authorizing(10);
  const validity = (code: Uint8Array) =>
    calls.applyAuthorizedForceSetCurrentCode.validateUnsigned?.(chain.state, {
      para,
      newCode: code,
    });
  const valid = validity(newCode);
  assert.ok(valid?.ok && valid.value.longevity === 10n);
  assert.equal(validity(codeOf(1000, 2))?.ok, false);
});

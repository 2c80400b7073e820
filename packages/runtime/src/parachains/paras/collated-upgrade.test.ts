/**
 * Code upgrades as paras make them: announced by a candidate, checked by the validators' votes, signalled,
 * and put into force by a candidate. Whole blocks, real signatures.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sr25519Sign } from "@parahost/crypto";
import {
  asParaId,
  asValidatorIndex,
  type HostConfiguration,
  type PvfCheckStatement,
  pvfCheckPayload,
  type ValidationCodeHash,
  validationCodeHash,
} from "@parahost/primitives";
import { NONE } from "../../framework/index.ts";
import { pvfsRequirePrecheck, validationCodeByHash } from "../runtime-api/index.ts";
import { addParathreadClaim } from "../scheduler/scheduler.ts";
import { codeOf, errorName, Scenario } from "../testing/scenario.ts";
import {
  canUpgradeValidationCode,
  currentCode,
  currentCodeHash,
  lastCodeUpgrade,
  lifecycle,
  paras,
  pendingUpgrade,
  scheduleParaCleanup,
  validationCodeAt,
} from "./paras.ts";
import { storage } from "./storage.ts";

const para = asParaId(1000);
const newCode = codeOf(1000, 1);
const newHash = validationCodeHash(newCode);

/** Delay 6 from inclusion, 5 at least from the vote's end; cooldown 9; retention 20. Threshold 3 of 4. */
const UPGRADES: Partial<HostConfiguration> = {
  validationUpgradeDelay: 6,
  minimumValidationUpgradeDelay: 5,
  validationUpgradeCooldown: 9,
  codeRetentionPeriod: 20,
};

const scenario = (): Scenario =>
  new Scenario({ validators: 4, paras: [1000, 1001], configuration: UPGRADES }).playTo(1);

/** Casts a validator's vote as an unsigned transaction would; the refusal's name, if any. */
function vote(chain: Scenario, validator: number, accept: boolean, subject = newHash) {
  const stmt: PvfCheckStatement = {
    accept,
    subject,
    sessionIndex: chain.session,
    validatorIndex: asValidatorIndex(validator),
  };
  const signature = sr25519Sign(chain.pair(validator), pvfCheckPayload(stmt));
  const { includePvfCheckStatement } = paras.calls;
  const result = includePvfCheckStatement.dispatch(chain.state, NONE, { stmt, signature });
  return result.ok ? undefined : errorName(result.error);
}

/** A block in which so many validators vote. */
function playVotes(chain: Scenario, voters: number, accept: boolean, subject?: ValidationCodeHash) {
  chain.beginBlock().mustEnter({});
  for (let validator = 0; validator < voters; validator++)
    assert.equal(vote(chain, validator, accept, subject), undefined);
  return chain.endBlock();
}

/** Backs a candidate that announces new code. */
function playAnnouncement(chain: Scenario, code = newCode): Scenario {
  chain.beginBlock();
  const candidate = chain.candidate(1000, { commitments: { newValidationCode: code } });
  chain.mustEnter({ candidates: [chain.backed(candidate)] });
  return chain.endBlock();
}

const playCandidate = (chain: Scenario) => chain.playBacking(1000).playAvailability(0);

/** Backed in 2, included in 3, accepted in 4: expected at max(3 + 6, 4 + 5) = 9. */
const acceptedAt9 = () => playVotes(playAnnouncement(scenario()).playAvailability(0), 3, true);

const goAhead = (chain: Scenario) => storage.upgradeGoAheadSignal.get(chain.state, para)?.type;

test("new code begins its way when its candidate is included, not when it is backed", () => {
  const chain = playAnnouncement(scenario());
  assert.equal(storage.futureCodeHash.has(chain.state, para), false);
  assert.equal(canUpgradeValidationCode(chain.state, para), true);
  chain.playAvailability(0);
  assert.equal(storage.futureCodeHash.get(chain.state, para), newHash);
  assert.deepEqual(pvfsRequirePrecheck(chain.state), [newHash]);
  assert.deepEqual(storage.upgradeRestrictionSignal.get(chain.state, para), { type: "present" });
  assert.equal(pendingUpgrade(chain.state, para), undefined);
});

test("a candidate that times out has announced nothing", () => {
  const chain = playAnnouncement(scenario()).playTo(30);
  assert.ok(storage.futureCodeHash.has(chain.state, para) === false);
  assert.equal(validationCodeByHash(chain.state, newHash), undefined);
});

test("the deciding vote fixes the block from which the code applies", () => {
  const chain = acceptedAt9();
  assert.deepEqual(pendingUpgrade(chain.state, para), { expectedAt: 9, codeHash: newHash });
  assert.deepEqual(pvfsRequirePrecheck(chain.state), []);
  assert.equal(goAhead(chain), undefined);
});

test("from announcement to the first block of the new code", () => {
  const chain = acceptedAt9();
  playCandidate(chain);
  playCandidate(chain);
  assert.equal(chain.now, 8);
  assert.equal(currentCodeHash(chain.state, para), validationCodeHash(codeOf(1000)));
  chain.playTo(9);
  assert.equal(goAhead(chain), "goAhead");
  // This candidate stands on block 9 and still runs the old code; its inclusion switches.
  playCandidate(chain);
  assert.deepEqual(currentCode(chain.state, para), newCode);
  assert.equal(goAhead(chain), undefined);
  assert.equal(lastCodeUpgrade(chain.state, para, true), 9);
  playCandidate(chain);
  assert.deepEqual(validationCodeAt(chain.state, para, 9), codeOf(1000));
  assert.deepEqual(validationCodeAt(chain.state, para, 10), newCode);
  chain.playTo(40);
  assert.equal(validationCodeAt(chain.state, para, 9), undefined);
  assert.equal(validationCodeByHash(chain.state, validationCodeHash(codeOf(1000))), undefined);
});

test("after the switch a candidate of the old code refuses the block", () => {
  const chain = acceptedAt9().playTo(9);
  playCandidate(chain).beginBlock();
  const descriptor = { validationCodeHash: validationCodeHash(codeOf(1000)) };
  const result = chain.enter({ candidates: [chain.backed(chain.candidate(1000, { descriptor }))] });
  assert.deepEqual(result, { ok: false, error: "invalidValidationCodeHash" });
});

test("a para that makes no block keeps its code and its signal", () => {
  const chain = acceptedAt9().playTo(25);
  assert.equal(goAhead(chain), "goAhead");
  assert.deepEqual(currentCode(chain.state, para), codeOf(1000));
  playCandidate(chain);
  assert.deepEqual(currentCode(chain.state, para), newCode);
});

test("refused code is forgotten, and the para told to abort until its next block", () => {
  const chain = playVotes(playAnnouncement(scenario()).playAvailability(0), 2, false);
  assert.equal(goAhead(chain), "abort");
  assert.equal(validationCodeByHash(chain.state, newHash), undefined);
  assert.equal(pendingUpgrade(chain.state, para), undefined);
  playCandidate(chain);
  assert.equal(goAhead(chain), undefined);
  assert.deepEqual(currentCode(chain.state, para), codeOf(1000));
});

test("after a refusal the para must wait for its cooldown like anybody", () => {
  const chain = playVotes(playAnnouncement(scenario()).playAvailability(0), 2, false);
  const announce = () => {
    chain.beginBlock();
    const candidate = chain.candidate(1000, { commitments: { newValidationCode: newCode } });
    const result = chain.enter({ candidates: [chain.backed(candidate)] });
    if (!result.ok) chain.mustEnter({});
    chain.endBlock();
    return result.ok ? undefined : result.error;
  };
  assert.equal(announce(), "prematureCodeUpgrade");
  chain.playTo(12);
  assert.equal(announce(), undefined);
  chain.playAvailability(0);
  assert.deepEqual(pvfsRequirePrecheck(chain.state), [newHash]);
});

test("an upgrade during an upgrade refuses the block, and so does one within the cooldown", () => {
  const chain = acceptedAt9();
  const later = codeOf(1000, 2);
  const announce = () => {
    chain.beginBlock();
    const candidate = chain.candidate(1000, { commitments: { newValidationCode: later } });
    const result = chain.enter({ candidates: [chain.backed(candidate)] });
    if (!result.ok) chain.mustEnter({});
    chain.endBlock();
    return result.ok ? undefined : result.error;
  };
  assert.equal(announce(), "prematureCodeUpgrade");
  chain.playTo(9);
  playCandidate(chain);
  assert.equal(chain.now, 11);
  assert.equal(canUpgradeValidationCode(chain.state, para), false);
  // Included at 3, restricted until 12.
  assert.equal(announce(), "prematureCodeUpgrade");
  assert.equal(announce(), undefined);
});

test("a vote goes on in the next session with empty ballots", () => {
  const chain = playVotes(playAnnouncement(scenario()).playAvailability(0), 2, true);
  chain.changeSession();
  assert.deepEqual(pvfsRequirePrecheck(chain.state), [newHash]);
  playVotes(chain, 2, true);
  assert.equal(pendingUpgrade(chain.state, para), undefined);
  chain.beginBlock().mustEnter({});
  assert.equal(vote(chain, 1, true), "pvfCheckDoubleVote");
  assert.equal(vote(chain, 2, true), undefined);
  assert.equal(pendingUpgrade(chain.state, para)?.codeHash, newHash);
});

test("a vote that nobody casts ends as a refusal, and the para is told", () => {
  const chain = playAnnouncement(scenario()).playAvailability(0).changeSession();
  assert.equal(goAhead(chain), undefined);
  chain.changeSession();
  assert.equal(goAhead(chain), "abort");
});

test("two paras that announce the same code share one vote", () => {
  const chain = scenario().beginBlock();
  chain.mustEnter({
    candidates: [1000, 1001].map((id) =>
      chain.backed(chain.candidate(id, { commitments: { newValidationCode: newCode } })),
    ),
  });
  chain.endBlock().playAvailability(0, 1);
  assert.equal(storage.codeByHashRefs.get(chain.state, newHash), 2);
  playVotes(chain, 3, true);
  for (const id of [1000, 1001])
    assert.equal(pendingUpgrade(chain.state, asParaId(id))?.codeHash, newHash);
  playCandidate(chain.playTo(9));
  assert.deepEqual(currentCode(chain.state, para), newCode);
  assert.deepEqual(currentCode(chain.state, asParaId(1001)), codeOf(1001));
});

test("code that another para runs needs no vote", () => {
  const chain = playAnnouncement(scenario(), codeOf(1001)).playAvailability(0);
  assert.deepEqual(pvfsRequirePrecheck(chain.state), []);
  assert.deepEqual(pendingUpgrade(chain.state, para), {
    expectedAt: 9,
    codeHash: validationCodeHash(codeOf(1001)),
  });
});

test("an upgrade that is pending survives its session, as do its signals", () => {
  const chain = acceptedAt9().changeSession().playTo(9);
  assert.equal(goAhead(chain), "goAhead");
  playCandidate(chain);
  assert.deepEqual(currentCode(chain.state, para), newCode);
});

test("a parathread upgrades through the blocks that it has claims for", () => {
  const chain = new Scenario({
    validators: 4,
    parathreads: [1000],
    configuration: { ...UPGRADES, parathreadCores: 1 },
  }).playTo(1);
  const claim = () => {
    chain.beginBlock().mustEnter({});
    assert.ok(addParathreadClaim(chain.state, { paraId: para, collator: undefined }));
    chain.endBlock();
  };
  claim();
  playAnnouncement(chain).playAvailability(0);
  playVotes(chain, 3, true);
  const expectedAt = pendingUpgrade(chain.state, para)?.expectedAt ?? 0;
  chain.playTo(expectedAt);
  assert.equal(goAhead(chain), "goAhead");
  claim();
  playCandidate(chain);
  assert.deepEqual(currentCode(chain.state, para), newCode);
});

test("two upgrades of a running para follow each other, and all three codes are found", () => {
  const chain = acceptedAt9().playTo(9);
  playCandidate(chain).playTo(12);
  const last = codeOf(1000, 2);
  playAnnouncement(chain, last).playAvailability(0);
  playVotes(chain, 3, true, validationCodeHash(last));
  const expectedAt = pendingUpgrade(chain.state, para)?.expectedAt ?? 0;
  assert.equal(expectedAt, 20);
  playCandidate(chain.playTo(expectedAt));
  assert.deepEqual(currentCode(chain.state, para), last);
  assert.deepEqual(validationCodeAt(chain.state, para, 9), codeOf(1000));
  assert.deepEqual(validationCodeAt(chain.state, para, 20), newCode);
  assert.deepEqual(validationCodeAt(chain.state, para, 21), last);
});

test("a para that is leaving announces nothing any more, and the chain goes on without it", () => {
  const chain = playAnnouncement(scenario()).beginBlock();
  assert.ok(scheduleParaCleanup(chain.state, para).ok);
  chain.mustEnter({ bitfields: chain.bitfields(0, 4, [0]) });
  assert.ok(chain.events.includes("paraInclusion.candidateIncluded"));
  assert.equal(storage.futureCodeHash.has(chain.state, para), false);
  assert.deepEqual(pvfsRequirePrecheck(chain.state), []);
  chain.endBlock().changeSession().changeSession().changeSession();
  assert.equal(lifecycle(chain.state, para), undefined);
});

test("a delay beyond the last block there can be ends at that block", () => {
  const chain = new Scenario({
    validators: 4,
    paras: [1000],
    configuration: {
      ...UPGRADES,
      validationUpgradeDelay: 2 ** 32 - 1,
      validationUpgradeCooldown: 2 ** 32 - 1,
    },
  }).playTo(1);
  playVotes(playAnnouncement(chain).playAvailability(0), 3, true);
  assert.equal(pendingUpgrade(chain.state, para)?.expectedAt, 2 ** 32 - 1);
  assert.equal(chain.state.root(1).length, 66);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { sr25519Sign } from "@parahost/crypto";
import {
  asParaId,
  asSessionIndex,
  asValidatorIndex,
  type PvfCheckStatement,
  pvfCheckPayload,
  validationCodeHash,
} from "@parahost/primitives";
import { NONE, ROOT } from "../../framework/index.ts";
import { codeOf, errorName, genesisHeadOf, Scenario } from "../testing/scenario.ts";
import {
  lifecycle,
  paras,
  pvfsRequirePrecheck,
  scheduleCodeUpgrade,
  scheduleParaCleanup,
  scheduleParaInitialize,
} from "./paras.ts";
import { storage } from "./storage.ts";

const newPara = asParaId(2000);
const code = codeOf(2000);
const subject = validationCodeHash(code);

/** A block in which a para with unknown code has been scheduled; 4 validators, supermajority 3. */
function chainWithVote() {
  const chain = new Scenario({ validators: 4, paras: [1000] }).beginBlock();
  scheduleParaInitialize(chain.state, newPara, {
    genesisHead: genesisHeadOf(2000),
    validationCode: code,
    parachain: true,
  });
  return chain;
}

function signed(
  chain: Scenario,
  validator: number,
  accept: boolean,
  changes: Partial<PvfCheckStatement> = {},
) {
  const stmt: PvfCheckStatement = {
    accept,
    subject,
    sessionIndex: chain.session,
    validatorIndex: asValidatorIndex(validator),
    ...changes,
  };
  const signature = sr25519Sign(chain.pair(Math.min(validator, 3)), pvfCheckPayload(stmt));
  return { stmt, signature };
}

const { includePvfCheckStatement } = paras.calls;

function vote(
  chain: Scenario,
  validator: number,
  accept: boolean,
  changes: Partial<PvfCheckStatement> = {},
): string | undefined {
  const args = signed(chain, validator, accept, changes);
  const result = includePvfCheckStatement.dispatch(chain.state, NONE, args);
  return result.ok ? undefined : errorName(result.error);
}

test("a supermajority of votes accepts code, and its para is onboarded", () => {
  const chain = chainWithVote();
  assert.deepEqual(pvfsRequirePrecheck(chain.state), [subject]);
  for (const validator of [0, 1]) assert.equal(vote(chain, validator, true), undefined);
  assert.deepEqual(pvfsRequirePrecheck(chain.state), [subject]);
  assert.equal(vote(chain, 2, true), undefined);
  assert.deepEqual(pvfsRequirePrecheck(chain.state), []);
  assert.deepEqual(chain.events, ["paras.pvfCheckStarted", "paras.pvfCheckAccepted"]);
  chain.announceSession().mustEnter({});
  chain.endBlock();
  assert.equal(lifecycle(chain.state, newPara), "parachain");
});

test("when no supermajority is possible any more the para is forgotten, code and all", () => {
  const chain = chainWithVote();
  vote(chain, 0, false);
  assert.equal(lifecycle(chain.state, newPara), "onboarding");
  vote(chain, 1, false);
  assert.equal(lifecycle(chain.state, newPara), undefined);
  assert.equal(storage.codeByHash.has(chain.state, subject), false);
  assert.equal(storage.currentCodeHash.has(chain.state, newPara), false);
  assert.equal(chain.events.at(-1), "paras.pvfCheckRejected");
});

test("votes that cannot count are refused with their reason", () => {
  const chain = chainWithVote();
  chain.announceSession().mustEnter({});
  chain.endBlock().beginBlock();
  assert.equal(chain.session, 1);
  assert.equal(vote(chain, 0, true, { sessionIndex: asSessionIndex(0) }), "pvfCheckStatementStale");
  assert.equal(
    vote(chain, 0, true, { sessionIndex: asSessionIndex(2) }),
    "pvfCheckStatementFuture",
  );
  assert.equal(vote(chain, 4, true), "pvfCheckValidatorIndexOutOfBounds");
  assert.equal(
    vote(chain, 0, true, { subject: validationCodeHash(codeOf(3)) }),
    "pvfCheckSubjectInvalid",
  );
  const args = signed(chain, 1, true);
  const forged = { ...args, stmt: { ...args.stmt, validatorIndex: asValidatorIndex(2) } };
  const result = includePvfCheckStatement.dispatch(chain.state, NONE, forged);
  assert.equal(result.ok ? undefined : errorName(result.error), "pvfCheckInvalidSignature");
  assert.equal(vote(chain, 0, true), undefined);
  assert.equal(vote(chain, 0, true), "pvfCheckDoubleVote");
  assert.equal(vote(chain, 0, false), "pvfCheckDoubleVote");
});

test("the pool admits what the chain would count, and says why not otherwise", () => {
  const chain = chainWithVote();
  const { validateUnsigned } = includePvfCheckStatement;
  assert.ok(validateUnsigned);
  const check = (validator: number, changes: Partial<PvfCheckStatement> = {}) => {
    const result = validateUnsigned(chain.state, signed(chain, validator, true, changes));
    return result.ok ? "valid" : result.error;
  };
  const refused = (value: object) => ({ type: "invalid", value });
  assert.equal(check(0), "valid");
  assert.deepEqual(check(0, { sessionIndex: asSessionIndex(1) }), refused({ type: "future" }));
  assert.deepEqual(check(4), refused({ type: "custom", value: 1 }));
  assert.deepEqual(
    check(0, { subject: validationCodeHash(codeOf(3)) }),
    refused({ type: "custom", value: 2 }),
  );
  vote(chain, 0, true);
  assert.deepEqual(check(0), refused({ type: "custom", value: 3 }));
  const args = signed(chain, 1, true);
  const forged = { ...args, signature: new Uint8Array(64) };
  const result = validateUnsigned(chain.state, forged);
  assert.deepEqual(result.ok ? undefined : result.error, refused({ type: "badProof" }));
});

test("two votes of one validator on one subject exclude each other in the pool", () => {
  const chain = chainWithVote();
  const { validateUnsigned } = includePvfCheckStatement;
  const tags = [true, false].map((accept) => {
    const result = validateUnsigned?.(chain.state, signed(chain, 0, accept));
    return result?.ok === true ? result.value.provides : undefined;
  });
  assert.ok(tags[0]);
  assert.deepEqual(tags[0], tags[1]);
});

test("a second para with the same code joins the vote, and shares its outcome", () => {
  const chain = chainWithVote();
  const other = asParaId(2001);
  scheduleParaInitialize(chain.state, other, {
    genesisHead: genesisHeadOf(2001),
    validationCode: code,
    parachain: false,
  });
  assert.equal(storage.codeByHashRefs.get(chain.state, subject), 2);
  assert.equal(pvfsRequirePrecheck(chain.state).length, 1);
  for (const validator of [0, 1, 2]) vote(chain, validator, true);
  chain.announceSession().mustEnter({});
  chain.endBlock();
  assert.equal(lifecycle(chain.state, newPara), "parachain");
  assert.equal(lifecycle(chain.state, other), "parathread");
});

test("a vote that takes too long ends in refusal; until then it begins anew each session", () => {
  const chain = chainWithVote();
  vote(chain, 0, true);
  vote(chain, 1, true);
  chain.announceSession(7).mustEnter({});
  chain.endBlock().beginBlock();
  const state = storage.pvfActiveVoteMap.get(chain.state, subject);
  assert.equal(state?.votesAccept.length, 7);
  assert.equal(state?.age, 1);
  chain.mustEnter({});
  chain.endBlock().changeSession();
  assert.deepEqual(pvfsRequirePrecheck(chain.state), []);
  assert.equal(lifecycle(chain.state, newPara), undefined);
});

test("sessions spent voting shorten the delay until onboarding", () => {
  const chain = chainWithVote();
  chain.announceSession().mustEnter({});
  chain.endBlock().beginBlock();
  for (const validator of [0, 1, 2]) vote(chain, validator, true);
  assert.deepEqual(storage.actionsQueue.get(chain.state, asSessionIndex(2)), [newPara]);
});

test("a para whose new code is refused is told to abort, once", () => {
  const chain = new Scenario({ validators: 4, paras: [1000] }).beginBlock();
  const para = asParaId(1000);
  scheduleCodeUpgrade(chain.state, para, code, 1, { type: "setGoAheadSignal" });
  vote(chain, 0, false);
  vote(chain, 1, false);
  assert.deepEqual(storage.upgradeGoAheadSignal.get(chain.state, para), { type: "abort" });
  assert.equal(storage.futureCodeHash.has(chain.state, para), false);
  paras.calls.forceNoteNewHead.dispatch(chain.state, ROOT, { para, newHead: genesisHeadOf(1) });
  assert.equal(storage.upgradeGoAheadSignal.get(chain.state, para), undefined);
});

test("a para cannot leave while its new code is voted on", () => {
  const chain = new Scenario({ validators: 4, paras: [1000] }).beginBlock();
  const para = asParaId(1000);
  scheduleCodeUpgrade(chain.state, para, code, 1, { type: "setGoAheadSignal" });
  const result = scheduleParaCleanup(chain.state, para);
  assert.equal(result.ok ? undefined : errorName(result.error), "cannotOffboard");
  for (const validator of [0, 1, 2]) vote(chain, validator, true);
  assert.equal(scheduleParaCleanup(chain.state, para).ok, true);
});

test("trusting code ends the vote on it", () => {
  const chain = chainWithVote();
  paras.calls.addTrustedValidationCode.dispatch(chain.state, ROOT, { validationCode: code });
  assert.deepEqual(pvfsRequirePrecheck(chain.state), []);
  chain.announceSession().mustEnter({});
  chain.endBlock();
  assert.equal(lifecycle(chain.state, newPara), "parachain");
});

test("votes are unsigned transactions and nothing else", () => {
  const chain = chainWithVote();
  const result = includePvfCheckStatement.dispatch(chain.state, ROOT, signed(chain, 0, true));
  assert.deepEqual(result, { ok: false, error: { type: "badOrigin" } });
});

test("what a para that is onboarding has is not to be changed: its code belongs to the vote", () => {
  const chain = chainWithVote();
  const { state } = chain;
  const { calls } = paras;
  const newHead = genesisHeadOf(1);
  for (const result of [
    calls.forceSetCurrentCode.dispatch(state, ROOT, { para: newPara, newCode: codeOf(1) }),
    calls.forceSetCurrentHead.dispatch(state, ROOT, { para: newPara, newHead }),
    calls.forceNoteNewHead.dispatch(state, ROOT, { para: newPara, newHead }),
    calls.forceSetMostRecentContext.dispatch(state, ROOT, { para: newPara, context: 1 }),
    calls.forceScheduleCodeUpgrade.dispatch(state, ROOT, {
      para: newPara,
      newCode: codeOf(1),
      relayParentNumber: 1,
    }),
  ])
    assert.equal(result.ok ? undefined : errorName(result.error), "notRegistered");
  chain.mustEnter({});
  chain.endBlock().changeSession().changeSession();
  assert.equal(lifecycle(state, newPara), undefined);
  assert.deepEqual(storage.codeByHashRefs.keys(state), [validationCodeHash(codeOf(1000))]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { sr25519Sign } from "@parahost/crypto";
import {
  asSessionIndex,
  asValidatorIndex,
  type HostConfiguration,
  statementPayload,
} from "@parahost/primitives";
import { NONE, ROOT } from "../../framework/index.ts";
import { storage as sessionStorage, validators } from "../../pallets/session/storage.ts";
import { decodeExtrinsic } from "../../transaction/extrinsic.ts";
import { submitReportBackingMisbehaviour } from "../runtime-api/disputes.ts";
import { disabledValidators } from "../shared/disabled.ts";
import { errorName, pairOf, Scenario } from "../testing/scenario.ts";
import { SOME_PARENT, someCandidate } from "../testing/votes.ts";
import type { BackingReport, BackingStatement } from "./backing-misbehaviour.ts";
import { whyNoOffence } from "./backing-misbehaviour.ts";
import { parasSlashing } from "./slashing.ts";

const A = someCandidate(0xa);
const B = someCandidate(0xb);
const seconded = (candidate = A): BackingStatement => ({ type: "seconded", value: candidate });
const valid = (candidate = A): BackingStatement => ({ type: "valid", value: candidate });

function scenario(configuration: Partial<HostConfiguration> = {}): Scenario {
  const chain = new Scenario({ validators: 7, paras: [1000], configuration });
  sessionStorage.validators.set(
    chain.state,
    chain.authorities.map(({ account }) => account),
  );
  return chain.beginBlock();
}

function report(
  chain: Scenario,
  first: BackingStatement,
  second: BackingStatement,
  { validator = 3, session = 0, signer = chain.pairIn(asSessionIndex(0), validator) } = {},
): BackingReport {
  const context = { sessionIndex: asSessionIndex(session), parentHash: SOME_PARENT };
  const sign = (statement: BackingStatement) =>
    sr25519Sign(signer, statementPayload(statement, context));
  return {
    session: asSessionIndex(session),
    parentHash: SOME_PARENT,
    validatorIndex: asValidatorIndex(validator),
    first,
    firstSignature: sign(first),
    second,
    secondSignature: sign(second),
  };
}

const { dispatch, validateUnsigned } = parasSlashing.calls.reportBackingMisbehaviour;

function refusal(chain: Scenario, given: BackingReport): string | undefined {
  const reported = dispatch(chain.state, NONE, given);
  assert.equal(reported.ok || validateUnsigned?.(chain.state, given).ok === false, true);
  return reported.ok ? undefined : errorName(reported.error);
}

test("a candidate both seconded and called valid is an offence, in either order", () => {
  for (const [first, second] of [
    [seconded(), valid()],
    [valid(), seconded()],
  ] as const) {
    const chain = scenario();
    const given = report(chain, first, second);
    assert.equal(validateUnsigned?.(chain.state, given).ok, true);
    assert.equal(refusal(chain, given), undefined);
    assert.deepEqual(disabledValidators(chain.state), [3]);
    assert.deepEqual(chain.events.slice(-1), ["parasSlashing.penalized"]);
    assert.equal(validators(chain.state).length, 7);
  }
});

test("seconding two candidates is an offence where one is allowed", () => {
  const chain = scenario();
  assert.equal(refusal(chain, report(chain, seconded(A), seconded(B))), undefined);
  const asynchronous = scenario({
    asyncBackingParams: { maxCandidateDepth: 1, allowedAncestryLen: 1 },
  });
  assert.equal(
    refusal(asynchronous, report(asynchronous, seconded(A), seconded(B))),
    "secondingAllowed",
  );
  assert.equal(refusal(asynchronous, report(asynchronous, seconded(A), valid(A))), undefined);
});

test("what was allowed when it was said stays so", () => {
  const chain = new Scenario({
    validators: 7,
    configuration: { asyncBackingParams: { maxCandidateDepth: 1, allowedAncestryLen: 1 } },
  });
  chain.setConfiguration({ asyncBackingParams: { maxCandidateDepth: 0, allowedAncestryLen: 0 } });
  chain.changeSession().beginBlock();
  assert.equal(chain.configuration.asyncBackingParams.maxCandidateDepth, 0);
  assert.equal(refusal(chain, report(chain, seconded(A), seconded(B))), "secondingAllowed");
});

test("statements that agree are no offence", () => {
  assert.equal(whyNoOffence(seconded(A), seconded(A), 0), "statementsAgree");
  assert.equal(whyNoOffence(valid(A), valid(B), 0), "statementsAgree");
  assert.equal(whyNoOffence(valid(A), seconded(B), 0), "statementsAgree");
  const chain = scenario();
  assert.equal(refusal(chain, report(chain, seconded(A), valid(B))), "statementsAgree");
});

test("both statements must be the validator's own, for that relay parent and session", () => {
  const chain = scenario();
  const good = report(chain, seconded(), valid());
  const forged = report(chain, seconded(), valid(), { signer: pairOf("stranger") });
  const { firstSignature, secondSignature } = forged;
  assert.equal(refusal(chain, { ...good, firstSignature }), "invalidSignature");
  assert.equal(refusal(chain, { ...good, secondSignature }), "invalidSignature");
  assert.equal(refusal(chain, { ...good, parentHash: A as never }), "invalidSignature");
  assert.equal(
    refusal(chain, { ...good, validatorIndex: asValidatorIndex(2) }),
    "invalidSignature",
  );
  assert.equal(
    refusal(chain, { ...good, validatorIndex: asValidatorIndex(7) }),
    "invalidValidatorIndex",
  );
  assert.equal(refusal(chain, { ...good, session: asSessionIndex(1) }), "invalidSessionIndex");
});

test("one relay parent costs a validator once, whatever else it said", () => {
  const chain = scenario();
  assert.equal(refusal(chain, report(chain, seconded(A), valid(A))), undefined);
  assert.equal(refusal(chain, report(chain, seconded(A), valid(A))), "duplicateSlashingReport");
  assert.equal(refusal(chain, report(chain, seconded(A), seconded(B))), "duplicateSlashingReport");
  assert.equal(refusal(chain, report(chain, seconded(A), valid(A), { validator: 4 })), undefined);
});

test("nodes get a report as a transaction if it would be taken", () => {
  const chain = scenario();
  const good = submitReportBackingMisbehaviour(chain.state, report(chain, seconded(), valid()));
  assert.ok(good !== undefined);
  const decoded = decodeExtrinsic(good);
  assert.equal(decoded.ok && decoded.value.call.value.type, "reportBackingMisbehaviour");
  const bad = report(chain, valid(A), valid(B));
  assert.equal(submitReportBackingMisbehaviour(chain.state, bad), undefined);
});

test("a report comes from nobody", () => {
  const chain = scenario();
  const given = report(chain, seconded(), valid());
  assert.equal(dispatch(chain.state, ROOT, given).ok, false);
});

test("reports of sessions that are forgotten are refused", () => {
  const chain = new Scenario({
    validators: 7,
    configuration: {
      disputePeriod: asSessionIndex(1),
      asyncBackingParams: { maxCandidateDepth: 0, allowedAncestryLen: 0 },
    },
  });
  const given = report(chain, seconded(), valid());
  chain.changeSession().changeSession().beginBlock();
  assert.equal(refusal(chain, given), "invalidSessionIndex");
});

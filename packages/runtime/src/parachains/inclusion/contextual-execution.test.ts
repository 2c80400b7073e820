/**
 * Candidates in the context of relay parents that are not the parent: `allowed_ancestry_len` blocks back, in
 * whole blocks. What the relay parent decides and what the present block decides is told apart here.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asParaId,
  type BackedCandidate,
  type Header,
  type HostConfiguration,
  validationCodeHash,
} from "@parahost/primitives";
import { ROOT } from "../../framework/index.ts";
import { currentCode, mostRecentContext, paraHead, paras } from "../paras/paras.ts";
import { scheduleCodeUpgrade } from "../paras/upgrades.ts";
import { backingConstraints, persistedValidationData } from "../runtime-api/index.ts";
import { addParathreadClaim } from "../scheduler/scheduler.ts";
import { codeOf, Scenario } from "../testing/scenario.ts";
import { candidatesPendingAvailability } from "./inclusion.ts";

const para = asParaId(1000);

const scenario = (allowedAncestryLen: number, configuration: Partial<HostConfiguration> = {}) =>
  new Scenario({
    validators: 6,
    paras: [1000, 1001],
    configuration: {
      asyncBackingParams: { maxCandidateDepth: 3, allowedAncestryLen },
      ...configuration,
    },
  });

const refusal = (chain: Scenario, ...candidates: readonly BackedCandidate[]) => {
  const result = chain.enter({ candidates });
  return result.ok ? undefined : result.error;
};

const headerAt = (chain: Scenario, number: number): Header => {
  const header = chain.headers[number];
  assert.ok(header, `block ${number} is made`);
  return header;
};

test("each ancestry length admits so many blocks behind the parent, and none before the session", () => {
  for (const length of [0, 1, 2, 5]) {
    const chain = scenario(length).playTo(6).beginBlock();
    for (let number = 0; number <= 6; number++) {
      const relayParent = headerAt(chain, number);
      const backed = chain.backed(chain.candidate(1000, { relayParent }), { core: 0 });
      chain.state.begin();
      const isAllowed = number >= 6 - length;
      assert.equal(
        refusal(chain, backed),
        isAllowed ? undefined : "disallowedRelayParent",
        `length ${length}, relay parent ${number}`,
      );
      chain.state.rollback();
    }
  }
});

test("the context of a candidate is its relay parent: number, state root and watermark", () => {
  const chain = scenario(2).playTo(4).beginBlock();
  const relayParent = headerAt(chain, 2);
  const candidate = chain.candidate(1000, { relayParent });
  assert.equal(candidate.commitments.hrmpWatermark, 2);
  assert.equal(refusal(chain, chain.backed(candidate)), undefined);
  assert.equal(candidatesPendingAvailability(chain.state, para)[0]?.relayParentNumber, 2);
  chain.endBlock().playAvailability(0);
  assert.equal(mostRecentContext(chain.state, para), 2);
});

test("validation data of one relay parent do not fit another", () => {
  const chain = scenario(2).playTo(4).beginBlock();
  const own = chain.candidate(1000, { relayParent: headerAt(chain, 3) });
  const { persistedValidationDataHash } = chain.candidate(1000, {
    relayParent: headerAt(chain, 2),
  }).descriptor;
  const mixed = chain.candidate(1000, {
    relayParent: headerAt(chain, 3),
    descriptor: { persistedValidationDataHash },
  });
  assert.equal(refusal(chain, chain.backed(mixed)), "validationDataHashMismatch");
  assert.equal(refusal(chain, chain.backed(own)), undefined);
});

test("statements are signed in the context of the relay parent, not of the block's parent", () => {
  const chain = scenario(2).playTo(4).beginBlock();
  const older = chain.backed(chain.candidate(1000, { relayParent: headerAt(chain, 2) }));
  const newer = chain.backed(chain.candidate(1000));
  const swapped = { ...older, validityVotes: newer.validityVotes };
  assert.equal(refusal(chain, swapped), "invalidBacking");
  assert.equal(refusal(chain, older), undefined);
});

test("relay parents of a para advance or stay, they never go back while a candidate is pending", () => {
  const chain = scenario(3).playTo(4).beginBlock();
  const first = chain.candidate(1000, { relayParent: headerAt(chain, 3) });
  chain.mustEnter({ candidates: [chain.backed(first)] });
  chain.endBlock().beginBlock();
  const build = (number: number) =>
    chain.backed(chain.candidate(1000, { relayParent: headerAt(chain, number) }), { core: 0 });
  const enter = (number: number) => {
    const bitfields = chain.bitfields(0, 6, [0]);
    chain.state.begin();
    const result = chain.enter({ bitfields, candidates: [build(number)] });
    chain.state.rollback();
    return result.ok ? undefined : result.error;
  };
  assert.equal(enter(2), "disallowedRelayParent");
  for (const number of [3, 4, 5]) assert.equal(enter(number), undefined);
});

test("two paras of one block may stand on different relay parents", () => {
  const chain = scenario(2).playTo(4).beginBlock();
  const candidates = [
    chain.backed(chain.candidate(1000, { relayParent: headerAt(chain, 2) })),
    chain.backed(chain.candidate(1001, { relayParent: headerAt(chain, 4) })),
  ];
  assert.equal(refusal(chain, ...candidates), undefined);
});

test("a shorter ancestry applies from the session for which it was set", () => {
  const chain = scenario(3).playTo(4);
  chain.setConfiguration({ asyncBackingParams: { maxCandidateDepth: 3, allowedAncestryLen: 1 } });
  chain.changeSession().playTo(9).beginBlock();
  const on = (number: number) =>
    refusal(chain, chain.backed(chain.candidate(1000, { relayParent: headerAt(chain, number) })));
  assert.equal(on(7), "disallowedRelayParent");
  assert.equal(on(8), undefined);
});

test("new code applies from the first candidate whose relay parent is late enough", () => {
  const chain = scenario(3, { validationUpgradeDelay: 2, minimumValidationUpgradeDelay: 5 });
  chain.beginBlock();
  const newCode = codeOf(1000, 1);
  paras.calls.addTrustedValidationCode.dispatch(chain.state, ROOT, { validationCode: newCode });
  scheduleCodeUpgrade(chain.state, para, newCode, 1, { type: "setGoAheadSignal" });
  chain.mustEnter({});
  chain.endBlock().playTo(7);
  // Expected at 6. Included after it, but in the context of block 5, the candidate does not switch.
  for (const [context, switches] of [
    [5, false],
    [6, true],
  ] as const) {
    chain.beginBlock();
    const candidate = chain.candidate(1000, { relayParent: headerAt(chain, context) });
    chain.mustEnter({ candidates: [chain.backed(candidate)] });
    chain.endBlock().playAvailability(0);
    assert.deepEqual(currentCode(chain.state, para), switches ? newCode : codeOf(1000));
  }
  chain.beginBlock();
  const descriptor = { validationCodeHash: validationCodeHash(codeOf(1000)) };
  const old = chain.candidate(1000, { descriptor, relayParent: headerAt(chain, 9) });
  assert.equal(refusal(chain, chain.backed(old)), "invalidValidationCodeHash");
});

test("a claim's candidate may have been made before the claim came to its core", () => {
  const chain = new Scenario({
    validators: 3,
    parathreads: [2000],
    configuration: {
      parathreadCores: 1,
      asyncBackingParams: { maxCandidateDepth: 3, allowedAncestryLen: 2 },
    },
  }).playTo(2);
  chain.beginBlock().mustEnter({});
  addParathreadClaim(chain.state, { paraId: asParaId(2000), collator: undefined });
  chain.endBlock().beginBlock();
  const candidate = chain.candidate(2000, { relayParent: headerAt(chain, 2) });
  assert.equal(refusal(chain, chain.backed(candidate)), undefined);
});

test("the constraints tell how far back the next candidate may stand", () => {
  const chain = scenario(3).playTo(6);
  const minimum = () => backingConstraints(chain.state, para)?.minRelayParentNumber;
  assert.equal(minimum(), 3);
  chain.beginBlock();
  const candidate = chain.candidate(1000, { relayParent: headerAt(chain, 6) });
  chain.mustEnter({ candidates: [chain.backed(candidate)] });
  chain.endBlock().playAvailability(0);
  assert.equal(minimum(), 6);
  chain.playTo(10);
  assert.equal(minimum(), 7);
});

test("what the runtime API says of a block is the context that a later block accepts", () => {
  const chain = scenario(2).playTo(3);
  const data = persistedValidationData(chain.state, para, { type: "free" });
  assert.equal(data?.relayParentNumber, 3);
  assert.deepEqual(data?.parentHead, paraHead(chain.state, para));
  chain.playTo(5).beginBlock();
  const candidate = chain.candidate(1000, { relayParent: headerAt(chain, 3) });
  assert.equal(refusal(chain, chain.backed(candidate)), undefined);
});

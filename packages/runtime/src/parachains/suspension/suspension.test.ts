import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, asSessionIndex, type ParaId, SPLIT_SETTLE_BLOCKS } from "@parahost/primitives";
import { NONE, ROOT, signedBy } from "../../framework/index.ts";
import { UNIT } from "../../pallets/balances/storage.ts";
import { candidatesPendingAvailability } from "../inclusion/inclusion.ts";
import { placeOrder } from "../on-demand/on-demand.ts";
import { addParathreadClaim, claimQueue, hasClaim, scheduled } from "../scheduler/scheduler.ts";
import { accountOf, errorName, Scenario } from "../testing/scenario.ts";
import { all, disputeSet, type Vote } from "../testing/votes.ts";
import { isSuspended, storage, suspensionOf } from "./storage.ts";
import { suspensions } from "./suspension.ts";

const PARA = asParaId(1000);
const THREAD = asParaId(2000);
const OTHER_THREAD = asParaId(2001);
const SESSION = asSessionIndex(0);
/** Of seven, five decide: here are three on each side. */
const SPLIT: readonly Vote[] = [[0, "seconded"], ...all(1, 3, "valid"), ...all(3, 6, "invalid")];
const CONFIRMED: readonly Vote[] = [[0, "seconded"], ...all(3, 6, "invalid")];

/** The chain that remains: a candidate of the para is backed here, not included. The dispute begins in block 2. */
function disputed(votes: readonly Vote[], para = PARA) {
  const chain = new Scenario({
    validators: 7,
    paras: [1000, 1001],
    parathreads: [2000, 2001],
    configuration: { parathreadCores: 1, acceptancePeriod: 100 },
  });
  if (para === THREAD) claim(chain, THREAD);
  chain.playBacking(para);
  const [pending] = candidatesPendingAvailability(chain.state, para);
  assert.ok(pending);
  const begins = chain.now + 1;
  vote(chain, pending.hash, votes);
  return { chain, candidate: pending.hash, settled: begins + SPLIT_SETTLE_BLOCKS };
}

function vote(
  chain: Scenario,
  candidate: Parameters<typeof disputeSet>[1],
  votes: readonly Vote[],
) {
  chain.beginBlock();
  chain.mustEnter({ disputes: [disputeSet(chain, candidate, votes)] });
  chain.endBlock();
}

/** Plays a block after whose inherent these parathreads get claims. */
function claim(chain: Scenario, ...paras: readonly ParaId[]) {
  chain.beginBlock();
  chain.mustEnter({});
  for (const paraId of paras)
    assert.ok(addParathreadClaim(chain.state, { paraId, collator: undefined }));
  chain.endBlock();
}

const onCores = ({ state }: Scenario) => scheduled(state).map(({ paraId }) => paraId);

function lift(chain: Scenario, para = PARA, origin: Parameters<typeof dispatch>[1] = ROOT) {
  const lifted = dispatch(chain.state, origin, { paraId: para });
  return lifted.ok ? undefined : errorName(lifted.error);
}
const { dispatch } = suspensions.calls.lift;

test("a para whose dispute is split after the time for stragglers gets no core", () => {
  const { chain, candidate, settled } = disputed(SPLIT);
  chain.playTo(settled - 1);
  assert.equal(isSuspended(chain.state, PARA), false);
  chain.beginBlock();
  assert.deepEqual(chain.events, ["suspensions.suspended"]);
  assert.deepEqual(storage.suspended.get(chain.state), [
    { paraId: PARA, sessionIndex: SESSION, candidateHash: candidate },
  ]);
  assert.equal(suspensionOf(chain.state, PARA)?.candidateHash, candidate);
  assert.equal(suspensionOf(chain.state, asParaId(1001)), undefined);
  assert.deepEqual(onCores(chain), [asParaId(1001)]);
  assert.deepEqual(
    [...claimQueue(chain.state).values()].flat().filter((para) => para === PARA),
    [],
  );
  chain.mustEnter({});
  chain.endBlock().changeSession().beginBlock();
  assert.deepEqual(onCores(chain), [asParaId(1001)]);
});

test("its candidates are refused, and those of others are not", () => {
  const { chain, settled } = disputed(SPLIT);
  chain.playTo(settled - 1).beginBlock();
  const other = chain.backed(chain.candidate(1001));
  const own = chain.backed(chain.candidate(1000), { core: 0 });
  assert.equal(chain.enter({ candidates: [own, other] }).ok, false);
  assert.equal(chain.enter({ candidates: [other] }).ok, true);
});

test("stragglers that decide the dispute in time spare the para", () => {
  for (const straggling of [all(5, 7, "valid"), [...all(1, 3, "invalid")]]) {
    const { chain, candidate, settled } = disputed(SPLIT);
    vote(chain, candidate, straggling);
    chain.playTo(settled + 1);
    assert.equal(isSuspended(chain.state, PARA), false);
  }
});

test("a dispute that most have not voted in is not split until they have", () => {
  const { chain, candidate, settled } = disputed(CONFIRMED);
  chain.playTo(settled + 3);
  assert.equal(isSuspended(chain.state, PARA), false);
  vote(chain, candidate, all(1, 3, "valid"));
  assert.equal(isSuspended(chain.state, PARA), true);
});

test("a split of the last session, whose candidate left its core with it, suspends the para, too", () => {
  const { chain, settled } = disputed(CONFIRMED);
  chain.changeSession();
  const [[session, candidate] = []] = storage.candidates.entries(chain.state);
  assert.ok(session === SESSION && candidate !== undefined);
  vote(chain, candidate, all(1, 3, "valid"));
  chain.playTo(settled);
  assert.equal(isSuspended(chain.state, PARA), true);
});

test("root lifts a suspension, once, and later votes do not bring it back", () => {
  const { chain, candidate, settled } = disputed(SPLIT);
  chain.beginBlock();
  assert.equal(lift(chain), "notSuspended");
  chain.mustEnter({});
  chain.endBlock().playTo(settled).beginBlock();
  assert.equal(lift(chain, PARA, NONE), "badOrigin");
  assert.equal(lift(chain, PARA, signedBy(accountOf("alice"))), "badOrigin");
  assert.equal(lift(chain, asParaId(1001)), "notSuspended");
  assert.equal(lift(chain), undefined);
  assert.deepEqual(chain.events, ["suspensions.lifted"]);
  assert.equal(lift(chain), "notSuspended");
  chain.mustEnter({});
  chain.endBlock();
  vote(chain, candidate, [[6, "valid"]]);
  chain.beginBlock();
  assert.deepEqual(onCores(chain), [PARA, asParaId(1001)]);
});

test("a suspended parathread's claim waits, lets others pass, and no more is sold for it", () => {
  const { chain, settled } = disputed(SPLIT, THREAD);
  const buyer = chain.endow("alice", 100n * UNIT);
  const payment = { type: "balance", preservation: "preserve" } as const;
  const order = (para: ParaId) => placeOrder(chain.state, buyer, 100n * UNIT, para, payment);
  chain.playTo(settled - 2);
  claim(chain, THREAD, OTHER_THREAD);
  chain.beginBlock();
  assert.deepEqual(onCores(chain), [PARA, asParaId(1001), OTHER_THREAD]);
  assert.equal(hasClaim(chain.state, THREAD), true);
  const refused = order(THREAD);
  assert.equal(refused.ok ? undefined : errorName(refused.error), "paraSuspended");
  assert.equal(lift(chain, THREAD), undefined);
  chain.mustEnter({});
  chain.endBlock().beginBlock();
  assert.deepEqual(onCores(chain), [PARA, asParaId(1001), THREAD]);
});

test("candidates are forgotten with their session", () => {
  const { chain } = disputed(CONFIRMED);
  for (let session = 0; session <= chain.configuration.disputePeriod + 1; session++)
    chain.changeSession();
  assert.deepEqual(storage.candidates.entries(chain.state), []);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BABE_ENGINE_ID,
  BabeConsensusLog,
  type BabeEquivocationProof,
  engineData,
  type GrandpaEquivocationProof,
  type KeyOwnershipProof,
} from "@parahost/primitives";
import { decode } from "@parahost/scale";
import { executeBlock, initializeBlock, validateTransaction } from "../../executive.ts";
import { NONE, ROOT } from "../../framework/index.ts";
import { developmentKeys, developmentUri } from "../../genesis/development.ts";
import type { RuntimeCall } from "../../runtime.ts";
import { blockHash, eventsOf } from "../../runtime-api.ts";
import { TestChain } from "../../testing/chain.ts";
import { twoHeaders, twoVotes } from "../../testing/equivocations.ts";
import { activeOf, intoEra, named, STAKE, stashOf } from "../../testing/staking.ts";
import { signedBy } from "../../testing/transactions.ts";
import { encodeBare } from "../../transaction/extrinsic.ts";
import { babe } from "../babe/pallet.ts";
import { errors as babeErrors, storage as babeStorage } from "../babe/storage.ts";
import { totalBalance } from "../balances/account.ts";
import { errors as grandpaErrors } from "../grandpa/storage.ts";
import { grandpa } from "../grandpa.ts";
import { proveKeyOwnership } from "../historical.ts";
import { isDisabled } from "../session/disabling.ts";
import { accountInfo } from "../system/accounts.ts";
import { equivocationFraction } from "./equivocations.ts";
import { storage } from "./offences.ts";

/** A chain in the first session of era 1, where a session has enough slots to offend in. */
function chain(): TestChain {
  const made = new TestChain({ epochSlots: 10, staking: { sessionsPerEra: 2 } });
  made.addMany(2);
  return made;
}

function ownerOf(made: TestChain, index: number, type: "babe" | "gran"): KeyOwnershipProof {
  const keys = developmentKeys(developmentUri(index));
  const key = type === "babe" ? keys.babe : keys.grandpa;
  const proof = proveKeyOwnership(made.state, type, key);
  assert.ok(proof !== undefined);
  return proof;
}

type Kind = "reportEquivocation" | "reportEquivocationUnsigned";
const babeReport = (
  equivocationProof: BabeEquivocationProof,
  keyOwnerProof: KeyOwnershipProof,
  type: Kind = "reportEquivocationUnsigned",
): RuntimeCall => ({ type: "babe", value: { type, value: { equivocationProof, keyOwnerProof } } });
const grandpaReport = (
  equivocationProof: GrandpaEquivocationProof,
  keyOwnerProof: KeyOwnershipProof,
  type: Kind = "reportEquivocationUnsigned",
): RuntimeCall => ({
  type: "grandpa",
  value: { type, value: { equivocationProof, keyOwnerProof } },
});

const refusal = (error: unknown) => ({ ok: false, error });
const outcome = (made: TestChain) =>
  eventsOf(made.state).findLast(({ event }) => event.type === "system")?.event.value;

test("k of n equivocators lose (3k/n) squared, at most everything", () => {
  assert.equal(equivocationFraction(1, 4), 562_500_000);
  assert.equal(equivocationFraction(1, 30), 10_000_000);
  assert.equal(equivocationFraction(2, 4), 1_000_000_000);
  assert.equal(equivocationFraction(1, 1_000), 9_000);
});

test("an author of two blocks loses stake, and is disabled until the era ends", () => {
  const made = chain();
  const report = babeReport(twoHeaders(made, 1), ownerOf(made, 1, "babe"));
  const reporter = totalBalance(made.state, stashOf(0));
  const header = made.add({ extrinsics: [encodeBare(report)] });
  assert.equal(outcome(made)?.type, "extrinsicSuccess");
  const lost = (STAKE * 5_625n) / 10_000n;
  assert.equal(activeOf(made.state, stashOf(1)), STAKE - lost);
  assert.equal(totalBalance(made.state, stashOf(0)), reporter + lost / 10n, "the author reports");
  assert.ok(isDisabled(made.state, 1));
  const logs = engineData(header.digest, "consensus", BABE_ENGINE_ID);
  assert.deepEqual(
    logs.map((data) => decode(BabeConsensusLog, data)),
    [{ type: "onDisabled", value: 1 }],
  );
});

test("a disabled author has no more blocks until it is enabled again", () => {
  const made = new TestChain({ epochSlots: 3, staking: { sessionsPerEra: 2 } });
  made.add();
  made.add({
    extrinsics: [encodeBare(babeReport(twoHeaders(made, 1), ownerOf(made, 1, "babe")))],
  });
  const opening = { parentHash: made.genesisHash, number: 3, digest: made.digest({ author: 1 }) };
  made.state.begin();
  assert.deepEqual(
    initializeBlock(made.state, opening),
    refusal({ code: "authorDisabled", authorityIndex: 1 }),
  );
  made.state.rollback();
  const block = made.build();
  const forged = { ...block, header: { ...block.header, digest: made.digest({ author: 1 }) } };
  assert.deepEqual(
    executeBlock(made.state, forged),
    refusal({ code: "authorDisabled", authorityIndex: 1 }),
  );
  intoEra(made, 1);
  made.add({ author: 1 });
});

test("a voter for two blocks loses stake, and is disabled until the era ends", () => {
  for (const stage of ["prevote", "precommit"] as const) {
    const made = chain();
    const report = grandpaReport(twoVotes(2, { stage }), ownerOf(made, 2, "gran"));
    made.add({ extrinsics: [encodeBare(report)] });
    assert.equal(activeOf(made.state, stashOf(2)), (STAKE * 4_375n) / 10_000n);
    assert.ok(isDisabled(made.state, 2));
  }
});

test("never more than f are disabled, but all of them lose their stake", () => {
  const made = chain();
  for (const index of [1, 2, 3])
    made.add({
      extrinsics: [
        encodeBare(grandpaReport(twoVotes(index, { round: index }), ownerOf(made, index, "gran"))),
      ],
    });
  assert.deepEqual(
    [0, 1, 2, 3].map((authority) => isDisabled(made.state, authority)),
    [false, true, false, false],
  );
  for (const index of [1, 2, 3]) assert.ok(activeOf(made.state, stashOf(index)) < STAKE);
});

test("who offends together loses more, and so do those reported before", () => {
  const made = chain();
  for (const index of [1, 2])
    made.add({
      extrinsics: [encodeBare(grandpaReport(twoVotes(index), ownerOf(made, index, "gran")))],
    });
  assert.equal(activeOf(made.state, stashOf(1)), 0n);
  assert.equal(activeOf(made.state, stashOf(2)), 0n);
});

test("who signs a report gets its reward, and pays nothing", () => {
  const made = chain();
  const eve = named("Eve");
  const before = totalBalance(made.state, eve);
  const report = babeReport(twoHeaders(made, 1), ownerOf(made, 1, "babe"), "reportEquivocation");
  made.add({ extrinsics: [signedBy(made, "//Eve", report)] });
  assert.equal(totalBalance(made.state, eve), before + (STAKE * 5_625n) / 100_000n);
});

test("a second report changes nothing and is paid for", () => {
  const made = chain();
  const proof = twoVotes(1);
  const owner = ownerOf(made, 1, "gran");
  made.add({ extrinsics: [encodeBare(grandpaReport(proof, owner))] });
  const left = activeOf(made.state, stashOf(1));
  const eve = totalBalance(made.state, named("Eve"));
  const again = grandpaReport(proof, owner, "reportEquivocation");
  made.add({ extrinsics: [signedBy(made, "//Eve", again)] });
  assert.equal(outcome(made)?.type, "extrinsicFailed");
  assert.equal(activeOf(made.state, stashOf(1)), left);
  assert.ok(totalBalance(made.state, named("Eve")) < eve);
});

test("the pool takes a report once, keeps it to itself, and before all others", () => {
  const made = chain();
  const report = encodeBare(babeReport(twoHeaders(made, 1), ownerOf(made, 1, "babe")));
  const parent = blockHash(made.state, 0) ?? made.genesisHash;
  const valid = validateTransaction(made.state, report, parent);
  assert.ok(valid.ok);
  assert.equal(valid.value.propagate, false);
  assert.equal(valid.value.priority, 2n ** 64n - 1n);
  assert.equal(valid.value.provides.length, 1);
  made.add({ extrinsics: [report] });
  const known = validateTransaction(made.state, report, parent);
  assert.deepEqual(known, refusal({ type: "invalid", value: { type: "stale" } }));
});

test("an offence of an earlier session is punished by its key's proof", () => {
  const made = new TestChain({ epochSlots: 2, staking: { sessionsPerEra: 6 } });
  made.add();
  const report = babeReport(twoHeaders(made, 1), ownerOf(made, 1, "babe"));
  made.addMany(6);
  made.add({ extrinsics: [encodeBare(report)] });
  assert.ok(activeOf(made.state, stashOf(1)) < STAKE);
  assert.ok(isDisabled(made.state, 1), "the era is the same");
});

test("an offence of an earlier era costs stake but disables nobody", () => {
  const made = new TestChain({ epochSlots: 2, staking: { sessionsPerEra: 1 } });
  made.add();
  const report = babeReport(twoHeaders(made, 1), ownerOf(made, 1, "babe"));
  intoEra(made, 2);
  made.add({ extrinsics: [encodeBare(report)] });
  assert.ok(activeOf(made.state, stashOf(1)) < STAKE);
  assert.equal(isDisabled(made.state, 1), false);
});

test("skipped epochs do not confuse sessions", () => {
  const made = new TestChain({ epochSlots: 2, staking: { sessionsPerEra: 6 } });
  made.add();
  made.add({ slot: made.nextSlot + 7 });
  assert.deepEqual(babeStorage.skippedEpochs.get(made.state), [[4, 1]]);
  const report = babeReport(twoHeaders(made, 1), ownerOf(made, 1, "babe"));
  made.add({ extrinsics: [encodeBare(report)] });
  assert.ok(activeOf(made.state, stashOf(1)) < STAKE);
});

// Refusals

const babeOutcome = (
  made: TestChain,
  equivocationProof: BabeEquivocationProof,
  keyOwnerProof: KeyOwnershipProof,
) =>
  babe.calls.reportEquivocationUnsigned.dispatch(made.state, NONE, {
    equivocationProof,
    keyOwnerProof,
  });

test("two headers convict only if they are two, of one slot, and sealed by the offender", () => {
  const made = chain();
  const proof = twoHeaders(made, 1);
  const owner = ownerOf(made, 1, "babe");
  const refused = refusal(babeErrors.invalidEquivocationProof);
  const check = (change: Partial<BabeEquivocationProof>) =>
    babeOutcome(made, { ...proof, ...change }, owner);
  const { firstHeader } = proof;
  const unsealed = { ...firstHeader, digest: firstHeader.digest.slice(0, -1) };
  const unclaimed = { ...firstHeader, digest: firstHeader.digest.slice(1) };
  const otherAuthor = twoHeaders(made, 2).secondHeader;
  assert.deepEqual(check({ secondHeader: firstHeader }), refused);
  assert.deepEqual(check({ slot: proof.slot + 1 }), refused);
  assert.deepEqual(check({ firstHeader: { ...firstHeader, number: 77 } }), refused);
  assert.deepEqual(check({ firstHeader: unsealed }), refused);
  assert.deepEqual(check({ firstHeader: unclaimed }), refused);
  assert.deepEqual(check({ secondHeader: otherAuthor }), refused);
});

test("a key's proof convicts only in its session, and of its key", () => {
  const made = new TestChain({ epochSlots: 2, staking: { sessionsPerEra: 6 } });
  made.add();
  const owner = ownerOf(made, 1, "babe");
  const other = ownerOf(made, 2, "babe");
  made.addMany(4);
  const proof = twoHeaders(made, 1);
  const refused = refusal(babeErrors.invalidKeyOwnershipProof);
  assert.deepEqual(babeOutcome(made, proof, owner), refused);
  assert.deepEqual(babeOutcome(made, proof, other), refused);
});

test("two votes convict only if they are two, of one set, and signed by the offender", () => {
  const made = chain();
  const owner = ownerOf(made, 1, "gran");
  const check = (equivocationProof: GrandpaEquivocationProof, keyOwnerProof = owner) =>
    grandpa.calls.reportEquivocationUnsigned.dispatch(made.state, NONE, {
      equivocationProof,
      keyOwnerProof,
    });
  const proof = twoVotes(1);
  const { value, type } = proof.equivocation;
  const changed = (change: object): GrandpaEquivocationProof => ({
    ...proof,
    equivocation: { type, value: { ...value, ...change } },
  });
  const refused = refusal(grandpaErrors.invalidEquivocationProof);
  assert.deepEqual(check(changed({ second: value.first })), refused);
  assert.deepEqual(check(changed({ round: 6 })), refused);
  assert.deepEqual(check(twoVotes(1, { setId: 1 })), refused, "no such set");
  const keyRefused = refusal(grandpaErrors.invalidKeyOwnershipProof);
  assert.deepEqual(check(twoVotes(2)), keyRefused);
  assert.deepEqual(check(proof, { ...owner, validatorCount: 3 }), keyRefused);
});

test("a report has the origin that its call is for", () => {
  const made = chain();
  const proofs = {
    equivocationProof: twoHeaders(made, 1),
    keyOwnerProof: ownerOf(made, 1, "babe"),
  };
  const votes = { equivocationProof: twoVotes(1), keyOwnerProof: ownerOf(made, 1, "gran") };
  const refused = refusal({ type: "badOrigin" });
  const { state } = made;
  assert.deepEqual(babe.calls.reportEquivocationUnsigned.dispatch(state, ROOT, proofs), refused);
  assert.deepEqual(babe.calls.reportEquivocation.dispatch(state, NONE, proofs), refused);
  assert.deepEqual(grandpa.calls.reportEquivocationUnsigned.dispatch(state, ROOT, votes), refused);
  assert.deepEqual(grandpa.calls.reportEquivocation.dispatch(state, NONE, votes), refused);
});

test("an unsigned report that proves nothing is in no block", () => {
  const made = chain();
  const owner = ownerOf(made, 1, "babe");
  const report = encodeBare(babeReport({ ...twoHeaders(made, 1), slot: 3 }, owner));
  const valid = validateTransaction(made.state, report, made.genesisHash);
  assert.deepEqual(valid, refusal({ type: "invalid", value: { type: "badProof" } }));
  assert.equal(storage.reports.keys(made.state).length, 0);
});

test("without staking an offence disables for the session", () => {
  const made = new TestChain({ epochSlots: 4, staking: false });
  made.add();
  const report = grandpaReport(twoVotes(1), ownerOf(made, 1, "gran"));
  made.add({ extrinsics: [encodeBare(report)] });
  assert.ok(isDisabled(made.state, 1));
  assert.equal(accountInfo(made.state, stashOf(1)).data.reserved, 0n);
});

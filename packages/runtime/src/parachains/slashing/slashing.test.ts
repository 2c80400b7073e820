import assert from "node:assert/strict";
import { test } from "node:test";
import { err, expectOk } from "@parahost/base";
import { sr25519Sign } from "@parahost/crypto";
import {
  type AccountId,
  asHash,
  asSessionIndex,
  asValidatorIndex,
  type CandidateHash,
  type DisputeProof,
  type SessionIndex,
  statementPayload,
  type ValidatorIndex,
} from "@parahost/primitives";
import { validateTransaction } from "../../executive.ts";
import { eventsOf, NONE, ROOT } from "../../framework/index.ts";
import { balanceOf } from "../../pallets/balances/account.ts";
import { EXISTENTIAL_DEPOSIT, totalIssuance, UNIT } from "../../pallets/balances/storage.ts";
import { proveKeyOwnership } from "../../pallets/historical.ts";
import { activeStake } from "../../pallets/staking/stake.ts";
import { storage as stakingStorage } from "../../pallets/staking/storage.ts";
import { TREASURY_ACCOUNT } from "../../pallets/treasury/account.ts";
import { TestChain } from "../../testing/chain.ts";
import { signedBy, sudo } from "../../testing/transactions.ts";
import { encodeBare } from "../../transaction/extrinsic.ts";
import {
  keyOwnershipProof,
  submitReportBackingMisbehaviour,
  submitReportDisputeLost,
} from "../runtime-api/disputes.ts";
import { sessionAccounts, storage as sessionInfoStorage } from "../session-info.ts";
import { disabledValidators } from "../shared/disabled.ts";
import { activeValidatorKeys, sessionIndex } from "../shared/shared.ts";
import {
  all,
  disputeSet,
  SOME_PARENT,
  someCandidate,
  type Vote,
  votersOf,
} from "../testing/votes.ts";
import { DEFAULT_PENALTIES } from "./penalties.ts";
import { hasEscalatedWrongly, punishEscalators } from "./punish.ts";
import { REWARD_POT } from "./rewards.ts";
import { parasSlashing, unappliedSlashes } from "./slashing.ts";
import { errors } from "./storage.ts";

/** What every validator of the chain has at stake. */
const STAKE = 100_000n * UNIT;

const A = someCandidate(0xa);
const FIRST = asSessionIndex(0);

/** Seven validators, of whom two may be faulty; disputes take votes for three blocks more. */
const chainOf = (network: ConstructorParameters<typeof TestChain>[0] = {}) => {
  const chain = new TestChain({
    validators: 7,
    epochSlots: 50,
    configuration: { disputePostConclusionAcceptancePeriod: 3 },
    ...network,
  });
  chain.add();
  return chain;
};

/** Validator 3, who never loses, builds all blocks: losers are disabled. */
const author = (chain: TestChain): number =>
  sessionInfoStorage.sessions.get(chain.state, FIRST)?.activeValidatorIndices[3] ?? 0;

const addMany = (chain: TestChain, count: number): void => {
  for (let i = 0; i < count; i++) chain.add({ author: author(chain) });
};

/** Adds a block with these votes on candidate `A`. */
const vote = (chain: TestChain, votes: readonly Vote[]) =>
  chain.add({
    author: author(chain),
    parachains: { disputes: [disputeSet(votersOf(chain), A, votes)] },
  });

const accountOf = (
  chain: TestChain,
  validator: number,
  session: SessionIndex = FIRST,
): AccountId => {
  const account = sessionAccounts(chain.state, session)?.[validator];
  assert.ok(account !== undefined);
  return account;
};

/** What each validator has at stake. */
const stakes = (chain: TestChain): bigint[] =>
  Array.from({ length: 7 }, (_, i) => activeStake(chain.state, accountOf(chain, i)));

const less = (parts: bigint): bigint => STAKE - (STAKE * parts) / 1_000_000_000n;

const free = (chain: TestChain, who: AccountId): bigint => balanceOf(chain.state, who).free;

const points = (chain: TestChain, validator: number): number => {
  const era = stakingStorage.activeEra.get(chain.state)?.index ?? 0;
  const { individual } = stakingStorage.erasRewardPoints.get(chain.state, era);
  return individual.get(accountOf(chain, validator)) ?? 0;
};

/** Reasons and validators of the penalties of the last block. */
const penalties = (chain: TestChain): string[] =>
  eventsOf(chain.state).flatMap(({ event }) => {
    if (event.type !== "parasSlashing") return [];
    const { validator, reason } = event.value.value as {
      validator: AccountId;
      reason: { type: string };
    };
    const index = sessionAccounts(chain.state, FIRST)?.indexOf(validator);
    return [`${reason.type} ${index}`];
  });

const AGAINST: readonly Vote[] = [[0, "seconded"], [1, "approved"], ...all(2, 7, "invalid")];
const FOR: readonly Vote[] = [[0, "seconded"], ...all(1, 5, "valid"), [5, "invalid"]];

// Losers

test("backers of an invalid candidate lose their stake, those who approved it two parts in a hundred", () => {
  const chain = chainOf();
  const issuance = totalIssuance(chain.state);
  vote(chain, AGAINST);
  assert.deepEqual(stakes(chain), [0n, less(20_000_000n), ...Array(5).fill(STAKE)]);
  assert.deepEqual(penalties(chain), ["forInvalidBacked 0", "forInvalidApproved 1"]);
  assert.equal(totalIssuance(chain.state), issuance);
});

test("a tenth of what is slashed is the majority's, half of it once no fisherman is left to be named", () => {
  const chain = chainOf();
  const treasury = free(chain, TREASURY_ACCOUNT);
  const before = Array.from({ length: 7 }, (_, i) => free(chain, accountOf(chain, i)));
  vote(chain, AGAINST);
  const slashed = STAKE + (STAKE * 20_000_000n) / 1_000_000_000n;
  const each = (slashed / 10n - EXISTENTIAL_DEPOSIT) / 10n;
  const won = () => before.map((was, i) => free(chain, accountOf(chain, i)) - was);
  assert.deepEqual(won(), [0n, 0n, ...Array(5).fill(each)]);
  assert.equal(free(chain, REWARD_POT), 5n * each + EXISTENTIAL_DEPOSIT);
  assert.equal(free(chain, TREASURY_ACCOUNT) - treasury, slashed - slashed / 10n);
  addMany(chain, 4);
  assert.deepEqual(won(), [0n, 0n, ...Array(5).fill(2n * each)]);
  assert.equal(free(chain, REWARD_POT), EXISTENTIAL_DEPOSIT);
});

test("those against a valid candidate pay little", () => {
  const chain = chainOf();
  vote(chain, FOR);
  assert.deepEqual(stakes(chain), [...Array(5).fill(STAKE), less(1_000_000n), STAKE]);
  assert.deepEqual(penalties(chain), ["againstValid 5"]);
});

test("losers are disabled, but never more than can be faulty", () => {
  const chain = chainOf();
  vote(chain, AGAINST);
  assert.deepEqual(disabledValidators(chain.state), [0, 1]);
  const other = chainOf();
  vote(other, [[0, "seconded"], ...all(1, 7, "valid"), ...all(4, 7, "invalid")]);
  assert.deepEqual(penalties(other), ["againstValid 4", "againstValid 5", "againstValid 6"]);
  assert.equal(disabledValidators(other.state).length, 2);
});

test("who loses after the conclusion is punished when its vote comes, and nobody twice", () => {
  const chain = chainOf();
  vote(chain, [[0, "seconded"], ...all(2, 7, "invalid")]);
  vote(chain, [[1, "valid"]]);
  assert.deepEqual(penalties(chain), ["forInvalidApproved 1"]);
  vote(chain, [[1, "backed"]]);
  assert.deepEqual(penalties(chain), ["forInvalidBacked 1"]);
  assert.deepEqual(stakes(chain).slice(0, 3), [0n, 0n, STAKE]);
});

test("nobody is slashed while a dispute is open", () => {
  const chain = chainOf();
  vote(chain, [[0, "seconded"], [1, "valid"], ...all(2, 6, "invalid")]);
  assert.deepEqual(stakes(chain), Array(7).fill(STAKE));
  assert.deepEqual(disabledValidators(chain.state), []);
});

test("losers of a past session are punished at once", () => {
  const chain = chainOf({ epochSlots: 5 });
  addMany(chain, 6);
  assert.equal(sessionIndex(chain.state), 1);
  vote(chain, AGAINST);
  assert.deepEqual(stakes(chain).slice(0, 3), [0n, less(20_000_000n), STAKE]);
  const positions = [0, 1].map((i) => activeValidatorKeys(chain.state).indexOf(keyOf(chain, i)));
  assert.deepEqual(
    disabledValidators(chain.state),
    positions.sort((a, b) => a - b),
  );
});

const keyOf = (chain: TestChain, validator: number) => {
  const key = sessionInfoStorage.sessions.get(chain.state, FIRST)?.validators[validator];
  assert.ok(key !== undefined);
  return key;
};

test("without staking offences are recorded and disable", () => {
  const chain = chainOf({ staking: false });
  vote(chain, AGAINST);
  assert.deepEqual(penalties(chain), ["forInvalidBacked 0", "forInvalidApproved 1"]);
  assert.deepEqual(disabledValidators(chain.state), [0, 1]);
  assert.equal(eventsOf(chain.state).filter(({ event }) => event.type === "offences").length, 2);
  assert.equal(
    eventsOf(chain.state).some(({ event }) => event.type === "staking"),
    false,
  );
});

// Votes and fees

test("every voter earns points, late ones half", () => {
  const chain = chainOf();
  const before = Array.from({ length: 7 }, (_, i) => points(chain, i));
  vote(chain, FOR);
  vote(chain, [[6, "valid"]]);
  const earned = before.map((was, i) => points(chain, i) - was - (i === 3 ? 40 : 0));
  assert.deepEqual(earned, [20, 20, 20, 20, 20, 20, 10]);
});

test("who has not voted when a concluded dispute closes pays and loses the session's points", () => {
  const chain = chainOf();
  vote(chain, FOR);
  addMany(chain, 3);
  assert.deepEqual(stakes(chain)[6], STAKE);
  const concluded = points(chain, 4);
  addMany(chain, 1);
  assert.deepEqual(penalties(chain), ["absent 6"]);
  assert.equal(stakes(chain)[6], less(100_000n));
  assert.equal(points(chain, 6), 0);
  assert.ok(points(chain, 4) >= concluded);
  assert.deepEqual(disabledValidators(chain.state), [5]);
});

test("a late vote spares the fee", () => {
  const chain = chainOf();
  vote(chain, FOR);
  addMany(chain, 2);
  vote(chain, [[6, "valid"]]);
  addMany(chain, 3);
  assert.deepEqual(stakes(chain)[6], STAKE);
});

test("when nobody has won in time those who vouched for the candidate pay", () => {
  const chain = chainOf();
  vote(chain, [
    [0, "seconded"],
    [1, "valid"],
    [2, "invalid"],
  ]);
  addMany(chain, 3);
  assert.deepEqual(stakes(chain), Array(7).fill(STAKE));
  addMany(chain, 1);
  assert.deepEqual(penalties(chain), ["distraction 0", "distraction 1"]);
  assert.deepEqual(stakes(chain).slice(0, 3), [less(100_000n), less(100_000n), STAKE]);
  assert.deepEqual(disabledValidators(chain.state), []);
});

test("a split, and a dispute that was won in time, cost no distraction fee", () => {
  const chain = chainOf();
  vote(chain, [[0, "seconded"], ...all(1, 3, "valid"), ...all(3, 6, "invalid")]);
  addMany(chain, 5);
  assert.deepEqual(stakes(chain), Array(7).fill(STAKE));
  const other = chainOf();
  vote(other, [
    [0, "seconded"],
    [1, "valid"],
    [2, "invalid"],
  ]);
  vote(other, [...all(3, 6, "valid")]);
  vote(other, [[6, "valid"]]);
  addMany(other, 5);
  assert.deepEqual(stakes(other), [STAKE, STAKE, less(1_000_000n), ...Array(4).fill(STAKE)]);
});

test("who contradicts itself in backing loses a tenth, and is disabled", () => {
  const chain = chainOf();
  const context = { sessionIndex: FIRST, parentHash: SOME_PARENT };
  const [first, second] = (["seconded", "valid"] as const).map((type) => ({ type, value: A }));
  assert.ok(first && second);
  const [firstSignature, secondSignature] = [first, second].map((statement) =>
    sr25519Sign(votersOf(chain).pairIn(FIRST, 4), statementPayload(statement, context)),
  );
  assert.ok(firstSignature && secondSignature);
  const report = submitReportBackingMisbehaviour(chain.state, {
    session: FIRST,
    parentHash: SOME_PARENT,
    validatorIndex: asValidatorIndex(4),
    ...{ first, firstSignature, second, secondSignature },
  });
  assert.ok(report);
  chain.add({ author: author(chain), extrinsics: [report] });
  assert.deepEqual(penalties(chain), ["backingMisbehaviour 4"]);
  assert.deepEqual(stakes(chain), [...Array(4).fill(STAKE), less(100_000_000n), STAKE, STAKE]);
  assert.deepEqual(disabledValidators(chain.state), [4]);
});

test("who carries a dispute here for nothing loses a thousandth for each", () => {
  const chain = chainOf();
  const timeSlot = (candidateHash: CandidateHash) => ({ sessionIndex: FIRST, candidateHash });
  punishEscalators(chain.state, timeSlot(A), [asValidatorIndex(2), asValidatorIndex(6)]);
  const once = [STAKE, STAKE, less(1_000_000n), STAKE, STAKE, STAKE, less(1_000_000n)];
  assert.deepEqual(stakes(chain), once);
  punishEscalators(chain.state, timeSlot(A), [asValidatorIndex(2)]);
  assert.deepEqual(stakes(chain), once);
  assert.ok(hasEscalatedWrongly(chain.state, timeSlot(A), asValidatorIndex(2)));
  assert.ok(!hasEscalatedWrongly(chain.state, timeSlot(someCandidate(1)), asValidatorIndex(2)));
});

test("root sets what each penalty is", () => {
  const chain = chainOf();
  const set = {
    type: "parasSlashing",
    value: {
      type: "setPenalties",
      value: { penalties: { ...DEFAULT_PENALTIES, againstValid: 500_000_000 } },
    },
  } as const;
  chain.add({ extrinsics: [signedBy(chain, "//Alice", set)] });
  vote(chain, FOR);
  assert.equal(stakes(chain)[5], less(1_000_000n));
  const other = chainOf();
  other.add({ extrinsics: [signedBy(other, "//Alice", sudo(set))] });
  vote(other, FOR);
  assert.equal(stakes(other)[5], STAKE / 2n);
});

test("no penalty is more than the whole stake, and none is set but by root", () => {
  const { state } = chainOf();
  const { dispatch } = parasSlashing.calls.setPenalties;
  const penalties = { ...DEFAULT_PENALTIES, absent: 1_000_000_001 };
  assert.deepEqual(dispatch(state, ROOT, { penalties }), err(errors.penaltyAboveWhole));
  assert.equal(dispatch(state, NONE, { penalties: DEFAULT_PENALTIES }).ok, false);
});

// Reports of keys

/** A chain that does not know the accounts of session 0, and a proof made while that session ran. */
function forgetful() {
  const chain = chainOf();
  const ownership = proveKeyOwnership(chain.state, "para", keyOf(chain, 0));
  const accounts = sessionAccounts(chain.state, FIRST);
  assert.ok(ownership !== undefined && accounts !== undefined);
  sessionInfoStorage.accountKeys.remove(chain.state, FIRST);
  vote(chain, AGAINST);
  const proof: DisputeProof = {
    timeSlot: { sessionIndex: FIRST, candidateHash: A },
    kind: { type: "forInvalidBacked" },
    validatorIndex: asValidatorIndex(0),
    validatorId: keyOf(chain, 0),
  };
  return { chain, ownership, proof, backer: accounts[0] as AccountId };
}

const lost = (
  disputeProof: DisputeProof,
  keyOwnerProof: ReturnType<typeof forgetful>["ownership"],
) =>
  encodeBare({
    type: "parasSlashing",
    value: { type: "reportDisputeLostUnsigned", value: { disputeProof, keyOwnerProof } },
  });

test("losers whose accounts are unknown wait for a proof of whose keys they are", () => {
  const { chain, ownership, proof, backer } = forgetful();
  assert.deepEqual(
    unappliedSlashes(chain.state).map(([session, hash, { keys, kind }]) => [
      session,
      hash,
      kind.type,
      [...keys],
    ]),
    [
      [0, A, "forInvalidBacked", [[0, keyOf(chain, 0)]]],
      [0, A, "forInvalidApproved", [[1, keyOf(chain, 1)]]],
    ],
  );
  assert.equal(activeStake(chain.state, backer), STAKE);
  const report = lost(proof, ownership);
  expectOk(validateTransaction(chain.state, report, asHash(`0x${"00".repeat(32)}`)), "it is valid");
  chain.add({ author: author(chain), extrinsics: [report] });
  assert.equal(activeStake(chain.state, backer), 0n);
  assert.deepEqual(
    unappliedSlashes(chain.state).map(([, , { kind }]) => kind.type),
    ["forInvalidApproved"],
  );
  const again = validateTransaction(chain.state, report, asHash(`0x${"00".repeat(32)}`));
  assert.equal(again.ok, false);
});

test("nodes prove whose a key is, and get the report as a transaction if it would be taken", () => {
  const { chain, ownership, proof } = forgetful();
  assert.deepEqual(keyOwnershipProof(chain.state, keyOf(chain, 0)), ownership);
  assert.equal(keyOwnershipProof(chain.state, `0x${"00".repeat(32)}` as never), undefined);
  assert.deepEqual(submitReportDisputeLost(chain.state, proof, ownership), lost(proof, ownership));
  const other = { ...proof, validatorIndex: asValidatorIndex(1) };
  assert.equal(submitReportDisputeLost(chain.state, other, ownership), undefined);
});

test("a report must fit to what is known of the loser", () => {
  const { chain, ownership, proof } = forgetful();
  const isValid = (changes: Partial<DisputeProof>, owner = ownership) =>
    validateTransaction(
      chain.state,
      lost({ ...proof, ...changes }, owner),
      asHash(`0x${"00".repeat(32)}`),
    ).ok;
  assert.equal(isValid({}), true);
  assert.equal(isValid({ kind: { type: "againstValid" } }), false);
  assert.equal(
    isValid({ timeSlot: { ...proof.timeSlot, candidateHash: someCandidate(1) } }),
    false,
  );
  assert.equal(isValid({ validatorIndex: 1 as ValidatorIndex }), false);
  assert.equal(isValid({ validatorId: keyOf(chain, 1) }), false);
  assert.equal(isValid({}, { ...ownership, session: 1 }), false);
  assert.equal(isValid({}, { ...ownership, validatorCount: 6 }), false);
  assert.equal(isValid({}, { ...ownership, trieNodes: ownership.trieNodes.slice(1) }), false);
});

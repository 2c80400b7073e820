import assert from "node:assert/strict";
import { test } from "node:test";
import type { BlockNumber, CandidateReceipt, Hash, ValidatorIndex } from "@parahost/primitives";
import { onesOf } from "@parahost/scale";
import { MemoryStore } from "@parahost/storage";
import { sampleHash } from "../sample-candidate.ts";
import { ApprovalBook, type Effect } from "./book.ts";
import { OwnRecord } from "./own-record.ts";
import {
  assignmentOf,
  claimOf,
  keystores,
  receipts,
  sampleBlock,
  voteOf,
} from "./sample-approval.ts";
import { WakeUps } from "./wake-ups.ts";

const NONE = { byStory: new Map(), byEquivocation: new Map() };
const STORY = { tranche: 0, criterion: "story" } as const;
const BLOCK_TICK = 1200;
const NO_SHOW = 24;

const genesis = sampleHash(1);
const hashAt = (number: number): Hash => (number === 0 ? genesis : sampleHash(100 + number));
const blockAt = (number: number) => sampleBlock(number, hashAt(number), hashAt(number - 1));
const candidates = receipts.map((receipt: CandidateReceipt) => ({
  receipt,
  headData: new Uint8Array(1),
}));

function bookOf(...numbers: readonly number[]): ApprovalBook {
  const book = new ApprovalBook("modern");
  for (const number of numbers)
    book.addBlock(blockAt(number), candidates, NONE, BLOCK_TICK, NO_SHOW);
  return book;
}

const at = (book: ApprovalBook, number: number) => {
  const block = book.block(hashAt(number));
  assert.ok(block !== undefined);
  return block;
};

const kinds = (effects: readonly Effect[]): readonly string[] => effects.map(({ type }) => type);

const assign = (book: ApprovalBook, number: number, validator: number, now = BLOCK_TICK) =>
  book.importAssignment(at(book, number), validator as ValidatorIndex, [0, 1], STORY, now);

function approve(
  book: ApprovalBook,
  number: number,
  validator: number,
  now: number,
  indices = [0, 1],
) {
  const signature = { candidateHashes: [], signature: new Uint8Array(64) };
  const block = at(book, number);
  return book.importApproval(block, validator as ValidatorIndex, indices, signature, now);
}

// The book

test("a block is approved when both candidates have two approvals, a second after the assignments", () => {
  const book = bookOf(1);
  for (const validator of [4, 5]) assert.deepEqual(assign(book, 1, validator), []);
  assert.deepEqual(approve(book, 1, 4, BLOCK_TICK + 1), []);
  assert.deepEqual(approve(book, 1, 5, BLOCK_TICK + 1), []);
  assert.equal(book.wakeUps.next(), BLOCK_TICK + 2);
  const due = book.wakeUps.due(BLOCK_TICK + 2);
  assert.equal(due.length, 2);
  const effects = due.flatMap((one) => book.evaluate(one, BLOCK_TICK + 2));
  assert.deepEqual(kinds(effects), ["candidateApproved", "candidateApproved", "blockApproved"]);
  assert.equal(book.wakeUps.size, 0);
});

test("by force a chain is approved up to a number, and stays so", () => {
  const book = bookOf(1, 2, 3);
  const approved = () => book.approvedAncestor(hashAt(3), 0)?.number;
  assert.equal(approved(), undefined);
  const effects = book.forceApprove(at(book, 3), 2);
  assert.deepEqual(kinds(effects), [
    ...["candidateApproved", "candidateApproved", "blockApproved"],
    ...["candidateApproved", "candidateApproved", "blockApproved"],
  ]);
  assert.equal(approved(), 2);
  assert.equal(at(book, 3).isApproved, false);
  assert.equal(book.wakeUps.size, 0);
  const hash = at(book, 1).inclusions[0]?.candidate.hash;
  assert.ok(hash !== undefined);
  book.raiseChecks(hash, 3, BLOCK_TICK);
  book.addEquivocation(
    at(book, 1),
    { ...blockAt(1), equivocatedCores: new Set(blockAt(1).candidates.map(({ core }) => core)) },
    NONE,
  );
  assert.equal(approved(), 2);
  assert.deepEqual(book.forceApprove(at(book, 3), 2), []);
});

test("another fork is not approved by the word of this one", () => {
  const book = bookOf(1, 2);
  const fork = book.addBlock(
    sampleBlock(2, sampleHash(7), hashAt(1)),
    candidates,
    NONE,
    BLOCK_TICK,
    NO_SHOW,
  );
  book.forceApprove(at(book, 2), 9);
  assert.deepEqual([at(book, 2).isApproved, fork.isApproved], [true, false]);
});

test("an approval of who is not assigned counts for nothing", () => {
  const book = bookOf(1);
  for (const validator of [2, 3, 4, 5]) approve(book, 1, validator, BLOCK_TICK + 9);
  assert.equal(at(book, 1).inclusions[0]?.approvals.size, 0);
  assert.equal(at(book, 1).isApproved, false);
});

test("what is approved in one block is not in another, though the approvers check it there too", () => {
  const book = bookOf(1);
  const other = book.addBlock(
    sampleBlock(1, sampleHash(7), genesis),
    candidates,
    NONE,
    BLOCK_TICK,
    NO_SHOW,
  );
  for (const validator of [4, 5] as ValidatorIndex[]) {
    assign(book, 1, validator);
    book.importAssignment(other, validator, [0, 1], STORY, BLOCK_TICK);
  }
  for (const validator of [4, 5]) approve(book, 1, validator, BLOCK_TICK + 2);
  assert.deepEqual([at(book, 1).isApproved, other.isApproved], [true, false]);
  const hash = at(book, 1).inclusions[0]?.candidate.hash ?? assert.fail();
  assert.deepEqual([...book.approvalsOf(hash).keys()], [4, 5]);
  // The block goes, and with it what was said about it.
  book.finalize({ hash: sampleHash(7), number: 1 });
  assert.deepEqual([...book.approvalsOf(hash)], []);
});

test("who was heard in a block that is gone does not spare us our own check", () => {
  const book = new ApprovalBook("modern");
  const info = blockAt(1);
  const own = { ...assignmentOf(0, info), tranche: 3 };
  const byStory = new Map(own.cores.map((core) => [core, own]));
  const gone = book.addBlock(
    sampleBlock(1, sampleHash(7), genesis),
    candidates,
    NONE,
    BLOCK_TICK,
    NO_SHOW,
  );
  const block = book.addBlock(info, candidates, { ...NONE, byStory }, BLOCK_TICK, NO_SHOW);
  const signature = { candidateHashes: [], signature: new Uint8Array(64) };
  for (const validator of [2, 3, 4] as ValidatorIndex[]) {
    book.importAssignment(gone, validator, [1], STORY, BLOCK_TICK);
    book.importApproval(gone, validator, [1], signature, BLOCK_TICK + 1);
  }
  assert.ok(gone.inclusions[1]?.approved);
  const [, second = assert.fail()] = block.inclusions;
  assert.deepEqual(kinds(book.evaluate(second, BLOCK_TICK + 3)), ["trigger"]);
});

test("our assignment is triggered when its tranche has come and not before", () => {
  const book = new ApprovalBook("modern");
  const info = blockAt(1);
  const own = { ...assignmentOf(0, info), tranche: 3 };
  const byStory = new Map(own.cores.map((core) => [core, own]));
  const block = book.addBlock(info, candidates, { ...NONE, byStory }, BLOCK_TICK, NO_SHOW);
  const [, second] = block.inclusions;
  assert.ok(second !== undefined);
  assert.deepEqual(book.evaluate(second, BLOCK_TICK), []);
  assert.equal(book.wakeUps.next(), BLOCK_TICK + 3);
  assert.deepEqual(kinds(book.evaluate(second, BLOCK_TICK + 3)), ["trigger"]);
  // With enough others it is not needed.
  for (const validator of [4, 5]) assign(book, 1, validator);
  assert.deepEqual(book.evaluate(second, BLOCK_TICK + 3), []);
});

test("a candidate that has only backers is approved at once", () => {
  const book = new ApprovalBook("modern");
  const info = blockAt(1);
  const sessionInfo = { ...info.sessionInfo, neededApprovals: 5 };
  const block = book.addBlock({ ...info, sessionInfo }, candidates, NONE, BLOCK_TICK, NO_SHOW);
  assert.deepEqual(kinds(book.approveBlock(block)), ["blockApproved"]);
});

test("finality may go to the end of the approved blocks, and no further than an open one", () => {
  const book = bookOf(1, 2, 3, 4);
  const approveAll = (number: number): void => {
    for (const validator of [4, 5]) assign(book, number, validator);
    for (const validator of [4, 5]) approve(book, number, validator, BLOCK_TICK + 2);
  };
  const upTo = (floor = 0) => book.approvedAncestor(hashAt(4), floor as BlockNumber)?.number;
  assert.equal(upTo(), undefined);
  for (const number of [1, 2, 4]) approveAll(number);
  // The candidates are the same in all, and each block has approvals of its own.
  assert.equal(upTo(), 2);
  assert.equal(upTo(2), undefined);
  assert.equal(upTo(3), 4);
  approveAll(3);
  const found = book.approvedAncestor(hashAt(4), 1);
  assert.deepEqual([found?.number, found?.descriptions.length], [4, 3]);
  assert.equal(found?.descriptions[0]?.blockHash, hashAt(2));
  assert.equal(book.approvedAncestor(sampleHash(99), 0), undefined);
});

test("finality drops blocks, side branches, and candidates that nobody includes any more", () => {
  const book = bookOf(1, 2);
  const fork = sampleBlock(2, sampleHash(7), sampleHash(6));
  book.addBlock(fork, candidates, NONE, BLOCK_TICK, NO_SHOW);
  assert.deepEqual(book.finalize({ hash: hashAt(1), number: 1 }), []);
  assert.deepEqual(
    [...book.blocks()].map(({ info }) => info.hash),
    [hashAt(2)],
  );
  assert.equal(book.finalize({ hash: hashAt(2), number: 2 }).length, 2);
  assert.equal(book.wakeUps.size, 0);
});

test("a second block of the author opens again what only one of them includes", () => {
  const book = bookOf(1);
  const block = at(book, 1);
  for (const validator of [4, 5]) assign(book, 1, validator);
  for (const validator of [4, 5]) approve(book, 1, validator, BLOCK_TICK + 2);
  assert.equal(block.isApproved, true);
  const [first] = block.info.candidates;
  assert.ok(first !== undefined);
  book.addEquivocation(block, { ...block.info, equivocatedCores: new Set([first.core]) }, NONE);
  assert.equal(block.isApproved, false);
  const cert = { tranche: 0, criterion: "equivocation" } as const;
  for (const validator of [4, 5] as ValidatorIndex[])
    book.importAssignment(block, validator, [0], cert, BLOCK_TICK);
  const [inclusion] = block.inclusions;
  assert.ok(inclusion !== undefined);
  // The approvals there are serve both lists.
  assert.deepEqual(kinds(book.evaluate(inclusion, BLOCK_TICK + 2)), [
    "candidateApproved",
    "blockApproved",
  ]);
});

// Parts

test("what we said is on disk, in order, until its block is final", () => {
  const store = new MemoryStore(["ownApprovals"] as const);
  const record = new OwnRecord(store);
  const [one, two] = [blockAt(1), blockAt(2)];
  const said = { type: "assignment", value: claimOf(0, one) } as const;
  const voted = { type: "vote", value: voteOf(0, one, [1]) } as const;
  record.add(1, one.hash, said);
  record.add(1, one.hash, voted);
  record.add(2, two.hash, { type: "vote", value: voteOf(0, two, [1]) });
  assert.deepEqual(new OwnRecord(store).ofBlock(1, one.hash), [said, voted]);
  assert.deepEqual(record.ofBlock(1, two.hash), []);
  record.prune(1);
  assert.deepEqual(record.ofBlock(1, one.hash), []);
  assert.equal(record.ofBlock(2, two.hash).length, 1);
});

test("a wake-up replaces the one before, and due ones come earliest first", () => {
  const wakeUps = new WakeUps<string>();
  wakeUps.set("a", 5);
  wakeUps.set("b", 3);
  wakeUps.set("a", 4);
  wakeUps.set("c", 9);
  assert.equal(wakeUps.next(), 3);
  assert.deepEqual(wakeUps.due(4), ["b", "a"]);
  wakeUps.set("c", undefined);
  assert.equal(wakeUps.next(), undefined);
});

// Fishermen

const hashOf = (book: ApprovalBook) => at(book, 1).inclusions[0]?.candidate.hash ?? ("0x" as never);

test("a stake re-opens what is approved, and more approvals close it again", () => {
  const book = bookOf(1);
  const now = BLOCK_TICK + 3;
  for (const validator of [2, 4]) {
    assign(book, 1, validator);
    approve(book, 1, validator, now);
  }
  assert.equal(at(book, 1).isApproved, true);
  assert.deepEqual(book.raiseChecks(hashOf(book), 1, now), []);
  assert.equal(at(book, 1).isApproved, false);
  assert.equal(book.approvedAncestor(hashAt(1), 0), undefined);
  assign(book, 1, 5, now);
  assert.deepEqual(kinds(approve(book, 1, 5, now + 2, [0])), [
    "candidateApproved",
    "blockApproved",
  ]);
});

test("a stake calls those whose turn comes next at once, and no others", () => {
  const own = (tranche: number) => {
    const book = new ApprovalBook("modern");
    const [core] = blockAt(1).candidates.map((candidate) => candidate.core);
    assert.ok(core !== undefined);
    const assignment = { ...assignmentOf(5, blockAt(1)), tranche, cores: [core] };
    const assignments = { ...NONE, byStory: new Map([[core, assignment]]) };
    book.addBlock(blockAt(1), candidates, assignments, BLOCK_TICK, NO_SHOW);
    assign(book, 1, 2);
    assign(book, 1, 4);
    return kinds(book.raiseChecks(hashOf(book), 1, BLOCK_TICK));
  };
  // Four who did not back it are spread over four tranches, and one check is missing.
  assert.deepEqual([own(1), own(2)], [["trigger"], []]);
});

test("a smaller stake, and one on a candidate of no open block, change nothing", () => {
  const book = bookOf(1);
  book.raiseChecks(hashOf(book), 2, BLOCK_TICK);
  assert.deepEqual(book.raiseChecks(hashOf(book), 1, BLOCK_TICK), []);
  assert.equal(book.candidate(hashOf(book))?.extraChecks, 2);
  assert.deepEqual(book.raiseChecks(sampleHash(9) as never, 2, BLOCK_TICK), []);
});

test("the sample's validators have keys to check and to vote with", () => {
  assert.equal(keystores.length, 6);
  assert.deepEqual(onesOf(claimOf(4, blockAt(1)).claimedCandidates), [0, 1]);
});

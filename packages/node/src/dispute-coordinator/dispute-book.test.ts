import assert from "node:assert/strict";
import { test } from "node:test";
import { DirectVerifier } from "@parahost/crypto";
import {
  asCandidateHash,
  asSessionIndex,
  asValidatorIndex,
  candidateHash,
  type DisputeVote,
  type SessionIndex,
  SPLIT_SETTLE_BLOCKS,
} from "@parahost/primitives";
import { MemoryStore } from "@parahost/storage";
import { against, inFavour, SESSION, sessionInfoOf } from "../dispute-votes/testing.ts";
import { sampleHash, sampleReceipt } from "../sample-candidate.ts";
import { DISPUTE_COLUMNS, DisputeDatabase } from "./database.ts";
import { DisabledValidators } from "./disabled-validators.ts";
import { DisputeBook } from "./dispute-book.ts";
import { SeenOnChain } from "./seen-on-chain.ts";
import { SLOTS_PER_VALIDATOR, SpamSlots } from "./spam-slots.ts";

const receipt = sampleReceipt();
const key = { session: SESSION, candidateHash: candidateHash(receipt) };
const at = (height: number) => ({ ms: 1000, height });

/** A book on a chain that backs `receipt`, unless it is said to be unseen. */
function open(options: { readonly unseen?: boolean } = {}) {
  const store = new MemoryStore(DISPUTE_COLUMNS);
  const seen = new SeenOnChain();
  if (options.unseen !== true)
    seen.note({ number: 1, hash: sampleHash(1) }, { backed: [key.candidateHash] });
  const disabled = new DisabledValidators();
  const spam = new SpamSlots();
  const sessions = {
    get: (session: SessionIndex) => (session === SESSION ? sessionInfoOf() : undefined),
  };
  const verifier = new DirectVerifier();
  const reopen = () =>
    new DisputeBook({
      database: new DisputeDatabase(store),
      verifier,
      sessions,
      seen,
      disabled,
      spam,
    });
  const book = reopen();
  const add = (...votes: readonly DisputeVote[]) =>
    book.import({ ...key, candidateReceipt: receipt, votes, areChecked: false }, at(5));
  return { book, reopen, add, seen, disabled, spam };
}

const explicit = { type: "explicit" } as const;

test("opposing votes make a dispute; one more than can be faulty confirm it; most conclude it", () => {
  const { book, add } = open();
  assert.equal(add(inFavour(0, receipt)).ok && book.statusOf(key), undefined);
  add(against(1, receipt));
  assert.deepEqual(book.statusOf(key), { type: "active" });
  add(against(2, receipt));
  assert.deepEqual(book.statusOf(key), { type: "confirmed", value: 5 });
  add(against(3, receipt), against(4, receipt));
  assert.equal(book.statusOf(key)?.type, "confirmed");
  const last = add(against(5, receipt));
  assert.ok(last.ok);
  assert.equal(last.value.before?.type, "confirmed");
  assert.deepEqual(last.value.after, { type: "concludedAgainst", value: 1000 });
});

test("what was there already changes nothing", () => {
  const { add } = open();
  add(inFavour(0, receipt), against(1, receipt));
  const again = add(against(1, receipt), inFavour(0, receipt, explicit));
  assert.ok(again.ok);
  assert.deepEqual([again.value.added, again.value.after], [[], again.value.before]);
});

test("votes outside of the window are refused", () => {
  const { book } = open();
  const session = asSessionIndex(SESSION - 1);
  const votes = [inFavour(0, receipt, explicit, session), against(1, receipt, session)];
  const request = { ...key, session, candidateReceipt: receipt, votes, areChecked: false };
  assert.deepEqual(book.import(request, at(5)), {
    ok: false,
    error: { code: "outsideWindow", session },
  });
});

test("votes on a candidate whose receipt nobody has shown are refused", () => {
  const { book } = open();
  const request = {
    ...key,
    candidateReceipt: undefined,
    votes: [against(1, receipt)],
    areChecked: true,
  };
  assert.deepEqual(book.import(request, at(5)), { ok: false, error: { code: "unknownCandidate" } });
});

test("one bad signature refuses all, be it forged, of another candidate or of another session", () => {
  const { book, add } = open();
  const good = inFavour(0, receipt);
  const bad = (validator: number) => ({ ok: false, error: { code: "badSignature", validator } });
  const forged = { ...against(1, receipt), validatorIndex: asValidatorIndex(2) };
  assert.deepEqual(add(good, forged), bad(2));
  assert.deepEqual(add(good, against(1, sampleReceipt({ paraId: 7 }))), bad(1));
  assert.deepEqual(add(good, against(1, receipt, asSessionIndex(3))), bad(1));
  const elsewhere = asCandidateHash(sampleHash(0xe));
  const multiple = { type: "approvalCheckingMultipleCandidates", value: [elsewhere] } as const;
  const approval: DisputeVote = { ...good, statement: { type: "valid", value: multiple } };
  assert.deepEqual(add(approval), bad(0));
  assert.equal(book.votesOf(key), undefined);
});

test("an approval of several candidates counts for each of them", () => {
  const { book, add } = open();
  const value = [asCandidateHash(sampleHash(0xe)), key.candidateHash];
  assert.ok(add(inFavour(3, receipt, { type: "approvalCheckingMultipleCandidates", value })).ok);
  assert.equal(book.votesOf(key)?.valid.size, 1);
});

test("a voter that the session does not have is refused", () => {
  const { add } = open();
  const stranger = { ...against(1, receipt), validatorIndex: asValidatorIndex(7) };
  assert.deepEqual(add(stranger), { ok: false, error: { code: "noSuchValidator", validator: 7 } });
});

test("disputes of unseen candidates take spam slots until they are full, then they are refused", () => {
  const { book, spam } = open({ unseen: true });
  const dispute = (i: number, disputer: number) => {
    const made = sampleReceipt({ paraId: i });
    const votes = [inFavour(0, made), against(disputer, made)];
    const candidate = candidateHash(made);
    return book.import(
      { ...key, candidateHash: candidate, candidateReceipt: made, votes, areChecked: true },
      at(5),
    );
  };
  for (let i = 0; i < SLOTS_PER_VALIDATOR; i++) assert.ok(dispute(i, 1).ok);
  assert.deepEqual(dispute(1000, 1), { ok: false, error: { code: "spam" } });
  assert.equal(book.disputes().length, SLOTS_PER_VALIDATOR);
  assert.ok(dispute(1000, 2).ok);
  assert.deepEqual(
    [spam.taken(SESSION, asValidatorIndex(1)), spam.taken(SESSION, asValidatorIndex(2))],
    [50, 1],
  );
});

test("an unseen dispute gives the slots back when enough speak up, not when backers have voted", () => {
  const { add, spam } = open({ unseen: true });
  add(inFavour(0, receipt), against(1, receipt));
  add(against(2, receipt), inFavour(4, receipt), inFavour(5, receipt));
  assert.equal(spam.taken(SESSION, asValidatorIndex(1)), 1);
  add(inFavour(3, receipt, explicit));
  assert.equal(spam.taken(SESSION, asValidatorIndex(1)), 0);
});

test("spam slots are filled again from disk", () => {
  const { add, spam, reopen } = open({ unseen: true });
  add(inFavour(0, receipt), against(1, receipt));
  spam.clear(SESSION, key.candidateHash);
  const again = reopen();
  again.recall();
  assert.equal(spam.taken(SESSION, asValidatorIndex(1)), 1);
  assert.deepEqual(again.disputes(), [{ ...key, status: { type: "active" } }]);
});

test("a dispute puts the chain in doubt until it concludes for the candidate", () => {
  const { book, add } = open();
  assert.ok(!book.isInDoubt(key));
  add(inFavour(0, receipt), against(1, receipt));
  assert.ok(book.isInDoubt(key));
  add(...[2, 3, 4, 5].map((validator) => inFavour(validator, receipt, explicit)));
  assert.deepEqual(book.statusOf(key)?.type, "concludedFor");
  assert.ok(!book.isInDoubt(key));
});

test("a dispute that disabled validators raise alone is stored and has no effect", () => {
  const { book, add, disabled } = open();
  disabled.noteOnChain(SESSION, [asValidatorIndex(1)]);
  add(inFavour(0, receipt), against(1, receipt));
  assert.ok(!book.isInDoubt(key));
  assert.ok(book.isPotentialSpam(key, book.votesOf(key) ?? assert.fail(), book.statusOf(key)));
  add(against(2, receipt));
  assert.ok(book.isInDoubt(key));
});

test("who has lost a dispute is known again after a start, be it the chain's to disable it or not yet", () => {
  const { book, add, disabled, reopen } = open();
  add(inFavour(0, receipt), against(1, receipt));
  add(...[2, 3, 4, 5].map((validator) => inFavour(validator, receipt, explicit)));
  assert.equal(book.statusOf(key)?.type, "concludedFor");
  assert.deepEqual([...disabled.of(SESSION, 7)], []);
  reopen().recall();
  assert.deepEqual([...disabled.of(SESSION, 7)], [1]);
});

test("what a chain counts the votes of is everybody's, though disabled validators raised it alone", () => {
  const { book, add, disabled, seen } = open();
  disabled.noteOnChain(SESSION, [asValidatorIndex(1)]);
  add(inFavour(0, receipt), against(1, receipt));
  assert.deepEqual(book.forChain(), []);
  seen.note({ number: 2, hash: sampleHash(2) }, { disputed: [key.candidateHash] });
  assert.ok(book.isInDoubt(key));
  assert.ok(!book.isPotentialSpam(key, book.votesOf(key) ?? assert.fail(), book.statusOf(key)));
  assert.equal(book.forChain().length, 1);
});

test("a lost candidate stays in doubt, a split one too", () => {
  const { book, add } = open();
  add(...[0, 1, 2, 3].map((validator) => inFavour(validator, receipt, explicit)));
  add(...[4, 5, 6].map((validator) => against(validator, receipt)));
  assert.deepEqual(
    book.confirmed().map(({ candidateHash: hash }) => hash),
    [key.candidateHash],
  );
  assert.equal(book.reconsider(key, at(4 + SPLIT_SETTLE_BLOCKS)), undefined);
  assert.equal(book.reconsider(key, at(5 + SPLIT_SETTLE_BLOCKS))?.after?.type, "concludedSplit");
  assert.ok(book.isInDoubt(key));
  assert.deepEqual(book.confirmed(), []);
});

test("sessions that leave the window are forgotten, on disk too", () => {
  const { book, add, reopen } = open();
  add(inFavour(0, receipt), against(1, receipt));
  assert.equal(book.disputesOf(key.candidateHash).length, 1);
  book.prune(asSessionIndex(SESSION + 1));
  assert.deepEqual([book.disputes(), reopen().disputes()], [[], []]);
});

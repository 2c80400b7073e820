import assert from "node:assert/strict";
import test from "node:test";
import { DirectVerifier } from "@parahost/crypto";
import { GrandpaJustification, type Header, type SignedGrandpaVote } from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import { HeaderChain, headerNamed } from "../testing/headers.ts";
import { grandpaAuthorities, voteOf } from "../testing/voters.ts";
import { makeJustification, verifyCommit, verifyJustification } from "./justification.ts";
import { VoterSet } from "./voter-set.ts";

const chain = new HeaderChain("g a b c d", "c e", "a x y");
const verifier = new DirectVerifier();
const place = { setId: 3, round: 9 };
const voters = VoterSet.from(grandpaAuthorities("Alice", "Bob", "Charlie", "Dave")) as VoterSet;

const precommit = (name: string, block: string): SignedGrandpaVote =>
  voteOf(name, "precommit", chain.ref(block), place);

function justify(target: string, votes: readonly SignedGrandpaVote[]): GrandpaJustification {
  const made = makeJustification(place.round, chain.ref(target), votes, chain);
  assert.ok(made !== undefined);
  return made;
}

const good = justify("b", [
  precommit("Alice", "b"),
  precommit("Bob", "d"),
  precommit("Charlie", "e"),
]);

const verdict = (justification: GrandpaJustification, setId = place.setId): string => {
  const result = verifyJustification(justification, setId, voters, verifier);
  return result.ok ? "valid" : result.error.code;
};

/** The good justification with other votes or headers. */
const changed = (
  precommits: readonly SignedGrandpaVote[],
  votesAncestries: readonly Header[] = good.votesAncestries,
  commit: Partial<GrandpaJustification["commit"]> = {},
): GrandpaJustification => ({
  ...good,
  commit: { ...good.commit, precommits, ...commit },
  votesAncestries,
});

const [alice, bob, charlie] = good.commit.precommits as [
  SignedGrandpaVote,
  SignedGrandpaVote,
  SignedGrandpaVote,
];

test("a justification holds the headers between votes and target once each", () => {
  assert.deepEqual(
    new Set(good.votesAncestries),
    new Set(["c", "d", "e"].map((name) => chain.named(name))),
  );
  assert.equal(verdict(good), "valid");
  const bytes = encode(GrandpaJustification, good);
  assert.equal(verdict(decode(GrandpaJustification, bytes)), "valid");
});

test("votes for the target alone need no headers", () => {
  const plain = justify(
    "c",
    ["Alice", "Bob", "Dave"].map((name) => precommit(name, "c")),
  );
  assert.deepEqual(plain.votesAncestries, []);
  assert.equal(verdict(plain), "valid");
});

test("votes beside or below the target are left out when one is made", () => {
  const votes = [...good.commit.precommits, precommit("Dave", "y")];
  assert.deepEqual(justify("b", votes), good);
});

test("none can be made for a block that nobody named", () => {
  const votes = [precommit("Alice", "d"), precommit("Bob", "d"), precommit("Charlie", "e")];
  assert.equal(makeJustification(9, chain.ref("c"), votes, chain), undefined);
});

test("another set or another round makes every signature bad", () => {
  assert.equal(verdict(good, 4), "badSignature");
  assert.equal(verdict({ ...good, round: 10 }), "badSignature");
});

test("votes of strangers and of too few are refused", () => {
  const stranger = voteOf("Eve", "precommit", chain.ref("b"), place);
  assert.equal(verdict(changed([alice, bob, charlie, stranger])), "unknownVoter");
  assert.equal(
    verdict(changed([alice, bob], [chain.named("c"), chain.named("d")])),
    "belowThreshold",
  );
});

test("one vote twice counts once", () => {
  const headers = ["c", "d"].map((name) => chain.named(name));
  assert.equal(verdict(changed([alice, bob, bob], headers)), "belowThreshold");
  assert.equal(verdict(changed([alice, bob, bob, charlie])), "valid");
});

test("two different votes of one voter count once, a third is refused", () => {
  const again = precommit("Bob", "c");
  assert.equal(verdict(changed([alice, bob, again, charlie])), "valid");
  assert.equal(
    verdict(changed([alice, bob, again], [chain.named("c"), chain.named("d")])),
    "belowThreshold",
  );
  assert.equal(
    verdict(changed([alice, bob, again, precommit("Bob", "e"), charlie])),
    "tooManyVotesOfVoter",
  );
});

test("a flipped bit of a signature is refused", () => {
  const signature = bob.signature.slice();
  signature[0] = (signature[0] ?? 0) ^ 1;
  assert.equal(verdict(changed([alice, { ...bob, signature }, charlie])), "badSignature");
  const prevote = voteOf("Bob", "prevote", chain.ref("d"), place);
  assert.equal(verdict(changed([alice, prevote, charlie])), "badSignature");
});

test("headers must be exactly those needed", () => {
  const [first, ...rest] = good.votesAncestries;
  assert.ok(first !== undefined);
  assert.equal(verdict(changed([alice, bob, charlie], rest)), "notAboveTarget");
  assert.equal(
    verdict(changed([alice, bob, charlie], [first, ...good.votesAncestries])),
    "headerRepeated",
  );
  const unused = [...good.votesAncestries, chain.named("y")];
  assert.equal(verdict(changed([alice, bob, charlie], unused)), "headersUnused");
  const base = [...good.votesAncestries, chain.named("b")];
  assert.equal(verdict(changed([alice, bob, charlie], base)), "headersUnused");
});

test("votes for a block beside the target are refused even when its headers come along", () => {
  const aside = precommit("Dave", "y");
  const headers = [...good.votesAncestries, chain.named("y"), chain.named("x")];
  assert.equal(verdict(changed([alice, bob, charlie, aside], headers)), "notAboveTarget");
});

test("numbers must be those of the blocks", () => {
  const { number } = chain.ref("b");
  assert.equal(
    verdict(changed([alice, bob, charlie], undefined, { targetNumber: number - 1 })),
    "numberMismatch",
  );
  const wrong = { ...bob, target: { ...bob.target, targetNumber: bob.target.targetNumber + 1 } };
  assert.equal(verdict(changed([alice, wrong, charlie])), "numberMismatch");
});

test("a justification that no vote names is refused", () => {
  const headers = ["c", "d", "e"].map((name) => chain.named(name));
  assert.equal(
    verdict(changed([precommit("Alice", "c"), bob, charlie], headers)),
    "targetWithoutVote",
  );
});

test("a hundred thousand votes or ten thousand headers are refused unread", () => {
  const many = new Array<SignedGrandpaVote>(100_000).fill(alice);
  assert.equal(verdict(changed(many)), "tooManyPrecommits");
  const headers = new Array<Header>(10_000).fill(chain.named("c"));
  assert.equal(verdict(changed([alice, bob, charlie], headers)), "tooManyHeaders");
});

test("headers in a circle end", () => {
  // Hashes cannot really be made to do this; numbers stop the walk before it matters.
  const long = headerNamed({ ...chain.named("d"), number: 2 ** 31 }, "far");
  const vote = voteOf("Dave", "precommit", { hash: chain.ref("d").hash, number: 2 ** 31 }, place);
  assert.equal(
    verdict(changed([alice, bob, charlie, vote], [...good.votesAncestries, long])),
    "numberMismatch",
  );
});

// Commits

const { commit } = good;
const commitVerdict = (one: typeof commit, known: HeaderChain = chain): string => {
  const result = verifyCommit(one, place, voters, verifier, known);
  return result.ok ? "valid" : result.error.code;
};

test("a commit is judged by our own chain", () => {
  assert.equal(commitVerdict(commit), "valid");
  assert.equal(commitVerdict({ ...commit, targetNumber: 1 }), "numberMismatch");
});

test("votes beside the target do not count for it", () => {
  const precommits = [alice, bob, precommit("Charlie", "y")];
  assert.equal(commitVerdict({ ...commit, precommits }), "belowThreshold");
});

test("an equivocator counts for the target wherever its votes are", () => {
  const precommits = [alice, bob, precommit("Charlie", "y"), precommit("Charlie", "x")];
  assert.equal(commitVerdict({ ...commit, precommits }), "valid");
});

test("a commit about unknown blocks cannot be judged, unless the known votes suffice", () => {
  const partial = new HeaderChain("g a b c d");
  assert.equal(commitVerdict(commit, partial), "unknownBlocks");
  assert.equal(commitVerdict(commit, new HeaderChain("g a")), "unknownBlocks");
  const precommits = [...commit.precommits, precommit("Dave", "c")];
  assert.equal(commitVerdict({ ...commit, precommits }, partial), "valid");
});

test("a forged commit is refused although its blocks are unknown", () => {
  const forged = { ...charlie, signature: new Uint8Array(64) };
  const precommits = [alice, bob, forged];
  assert.equal(commitVerdict({ ...commit, precommits }, new HeaderChain("g a")), "badSignature");
});

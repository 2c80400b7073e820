import assert from "node:assert/strict";
import test from "node:test";
import { validationDataOn } from "./constraints.ts";
import {
  backableChain,
  isMember,
  type ProspectiveCandidate,
  reachable,
  validationDataFor,
} from "./fragment-chain.ts";
import type { HypotheticalCandidate } from "./messages.ts";
import {
  backingState,
  CONSTRAINTS,
  head,
  headHash,
  link,
  PARA,
  relayBlock,
} from "./sample-chain.ts";
import { type ParaScope, type Position, paraScope, type Scope } from "./scope.ts";

/** Under block 7, with blocks 5 and 6 let in. */
const scope: Scope = {
  leaf: relayBlock(7).hash,
  relayParents: new Map([7, 6, 5].map((number) => [relayBlock(number).hash, relayBlock(number)])),
  paras: new Map(),
};
const never = (): boolean => false;
const para = (waiting: readonly ProspectiveCandidate[] = [], depth = 3): ParaScope =>
  paraScope(backingState(waiting), depth, never);
const startOf = ({ starts }: ParaScope): Position => starts[0] as Position;
const chain = (candidates: readonly ProspectiveCandidate[], count = 9, start = startOf(para())) =>
  backableChain(scope, start, candidates, count);

// Chains

test("backed candidates follow one another head by head, whatever their order", () => {
  const links = [link(0, 1, { relayParent: 5 }), link(1, 2, { relayParent: 5 }), link(2, 3)];
  assert.deepEqual(chain([...links].reverse()), links);
  assert.deepEqual(chain(links, 2), links.slice(0, 2));
});

test("a chain ends before what is not backed, and where there is no room", () => {
  const links = [link(0, 1), link(1, 2, { isBacked: false }), link(2, 3)];
  assert.deepEqual(chain(links), links.slice(0, 1));
  const all = [link(0, 1), link(1, 2), link(2, 3), link(3, 4), link(4, 5)];
  assert.deepEqual(chain(all), all.slice(0, 4), "depth 3");
  assert.deepEqual(chain(all, 9, startOf(para([], 0))), all.slice(0, 1), "the guide's rule");
});

test("of two candidates on one head the one with the lower hash is taken", () => {
  const forks = [1, 2, 3, 4].map((salt) => link(0, salt, { salt }));
  const lowest = [...forks].sort((a, b) => (a.hash < b.hash ? -1 : 1))[0];
  assert.deepEqual(chain(forks), [lowest]);
});

test("a relay parent may not be older than the one before, nor out of view", () => {
  assert.equal(chain([link(0, 1, { relayParent: 7 }), link(1, 2, { relayParent: 6 })]).length, 1);
  assert.equal(chain([link(0, 1, { relayParent: 4 })]).length, 0);
  assert.equal(chain([link(0, 1, { relayParent: 8 })]).length, 0);
});

test("a chain does not come back to a head", () => {
  assert.deepEqual(chain([link(0, 0)]), []);
  const there = link(0, 1);
  assert.deepEqual(chain([there, link(1, 0)]), [there]);
});

test("every head that candidates lead to is reached once", () => {
  const links = [link(0, 1, { isBacked: false }), link(1, 2), link(1, 2, { salt: 1 }), link(5, 6)];
  assert.deepEqual([...reachable(scope, para(), links).keys()], [0, 1, 2].map(headHash));
});

// Membership

const complete = (candidate: ProspectiveCandidate): HypotheticalCandidate => ({
  type: "complete",
  candidateHash: candidate.hash,
  receipt: candidate.receipt,
  persistedValidationData: candidate.persistedValidationData,
});
const incomplete = (candidate: ProspectiveCandidate): HypotheticalCandidate => ({
  type: "incomplete",
  candidateHash: candidate.hash,
  paraId: PARA,
  relayParent: candidate.receipt.descriptor.relayParent,
  parentHeadDataHash: candidate.parentHeadHash,
});
/** With its receipt, and as it would be advertised. */
const membership = (
  candidate: ProspectiveCandidate,
  known: readonly ProspectiveCandidate[] = [],
  scopeOfPara = para(),
  isPast: Parameters<typeof isMember>[4] = never,
) => [
  isMember(scope, scopeOfPara, known, complete(candidate), isPast),
  isMember(scope, scopeOfPara, known, incomplete(candidate), isPast),
];

test("whatever builds on a head that can be reached is a member", () => {
  assert.deepEqual(membership(link(0, 1)), [true, true]);
  assert.deepEqual(membership(link(1, 2), [link(0, 1, { isBacked: false })]), [true, true]);
  assert.deepEqual(membership(link(1, 2), [], para([link(0, 1)])), [true, true]);
});

test("a candidate with other code is none, which only its receipt tells", () => {
  const { relayParents } = scope;
  const wrong = link(0, 1, { commitments: { headData: new Uint8Array(9) } });
  assert.ok(relayParents.has(wrong.receipt.descriptor.relayParent));
  assert.deepEqual(membership(wrong), [false, true]);
});

test("a relay parent out of view, or older than that of the head, makes no member", () => {
  assert.deepEqual(membership(link(0, 1, { relayParent: 4 })), [false, false]);
  const before = link(0, 1, { relayParent: 7 });
  assert.deepEqual(membership(link(1, 2, { relayParent: 6 }), [before]), [false, false]);
});

test("a candidate on an unknown head may become a member, with one before it", () => {
  assert.deepEqual(membership(link(8, 9)), [true, true]);
  assert.deepEqual(membership(link(8, 9), [], para([], 0)), [false, false], "the guide's rule");
  const waiting = [link(0, 1), link(1, 2), link(2, 3)];
  assert.deepEqual(membership(link(8, 9), [], para(waiting)), [false, false], "no room for two");
});

test("what competes with a waiting candidate is none, unless that one times out", () => {
  const waiting = link(0, 1);
  const isPast = (hash: string): boolean => hash === headHash(0);
  const rival = link(0, 2);
  assert.deepEqual(membership(rival, [], para([waiting]), isPast), [false, false]);
  const late = paraScope(backingState([waiting]), 0, () => true);
  assert.deepEqual(membership(rival, [], late, isPast), [true, true]);
  assert.deepEqual(membership(waiting, [], late, isPast), [false, false], "it is there already");
});

test("nothing fits behind a full chain", () => {
  const known = [link(0, 1), link(1, 2), link(2, 3), link(3, 4)];
  assert.deepEqual(membership(link(4, 5), known), [false, false]);
  assert.deepEqual(membership(link(1, 2), [link(0, 1)], para([], 0)), [false, false]);
});

// Validation data

test("validation data is that of the head at the relay parent, wherever the head comes from", () => {
  const known = [link(1, 2, { isBacked: false })];
  const scopeOfPara = para([link(0, 1)]);
  const dataOn = (byte: number, relayParent = relayBlock(6).hash) =>
    validationDataFor(scope, scopeOfPara, known, relayParent, {
      type: "hash",
      value: headHash(byte),
    });
  for (const byte of [0, 1, 2])
    assert.deepEqual(dataOn(byte), validationDataOn(CONSTRAINTS, head(byte), relayBlock(6)));
  assert.equal(dataOn(3), undefined);
  assert.equal(dataOn(0, relayBlock(4).hash), undefined);
});

test("a head that is given need not be known", () => {
  const parentHead = { type: "data", value: head(9) } as const;
  assert.deepEqual(
    validationDataFor(scope, para(), [], relayBlock(5).hash, parentHead),
    validationDataOn(CONSTRAINTS, head(9), relayBlock(5)),
  );
});

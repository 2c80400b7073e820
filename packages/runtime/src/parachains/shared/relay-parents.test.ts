import assert from "node:assert/strict";
import { test } from "node:test";
import { asHash } from "@parahost/primitives";
import {
  type AllowedRelayParents,
  earliestRelayParentNumber,
  findRelayParent,
  NO_RELAY_PARENTS,
  withRelayParent,
} from "./relay-parents.ts";

const hashOf = (number: number) => asHash(`0x${number.toString(16).padStart(64, "0")}`);
const infoOf = (number: number) => ({
  relayParent: hashOf(number),
  stateRoot: hashOf(1000 + number),
  claimQueue: new Map(),
});

const after = (numbers: readonly number[], ancestry: number): AllowedRelayParents =>
  numbers.reduce(
    (allowed, number) => withRelayParent(allowed, infoOf(number), number, ancestry),
    NO_RELAY_PARENTS,
  );

test("without ancestry the parent alone is allowed", () => {
  const allowed = after([1, 2, 3], 0);
  assert.equal(findRelayParent(allowed, hashOf(3))?.number, 3);
  assert.equal(findRelayParent(allowed, hashOf(2)), undefined);
});

test("with ancestry so many blocks before the parent are allowed too", () => {
  const allowed = after([1, 2, 3, 4, 5], 2);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((number) => findRelayParent(allowed, hashOf(number))?.number),
    [undefined, undefined, 3, 4, 5],
  );
  assert.equal(findRelayParent(allowed, hashOf(4))?.info.stateRoot, hashOf(1004));
});

test("a para may not go back behind its last context", () => {
  const allowed = after([1, 2, 3], 2);
  assert.equal(findRelayParent(allowed, hashOf(2), 2)?.number, 2);
  assert.equal(findRelayParent(allowed, hashOf(2), 3), undefined);
});

test("a lower ancestry limit forgets at once what it no longer allows", () => {
  const allowed = withRelayParent(after([1, 2, 3], 2), infoOf(4), 4, 1);
  assert.deepEqual(
    allowed.buffer.map(({ relayParent }) => relayParent),
    [hashOf(3), hashOf(4)],
  );
});

test("the earliest relay parent of a child is bounded by the session's own blocks", () => {
  assert.equal(earliestRelayParentNumber(after([1, 2, 3], 2), 4, 2), 2);
  assert.equal(earliestRelayParentNumber(after([3], 2), 4, 2), 3);
  assert.equal(earliestRelayParentNumber(NO_RELAY_PARENTS, 4, 2), 4);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asAuthorityDiscoveryId,
  asSessionIndex,
  asValidatorIndex,
  type ValidatorIndex,
} from "@parahost/primitives";
import { GridView } from "./grid-view.ts";
import { sampleHash } from "./sample-candidate.ts";

const keys = Array.from({ length: 9 }, (_, i) => asAuthorityDiscoveryId(sampleHash(i)));
const identity = keys.map((_, i) => i);

/** Nine validators in three rows in their own order; we are number four, in the middle. */
function view(localIndex: ValidatorIndex | undefined): GridView {
  return new GridView({
    session: asSessionIndex(1),
    localIndex,
    canonicalShuffling: keys.map((authority, i) => ({
      authority,
      validatorIndex: asValidatorIndex(i),
    })),
    shuffledIndices: identity,
  });
}

const centre = view(asValidatorIndex(4));
const at = (index: number) => keys.slice(index, index + 1);

test("what we say goes along both axes, what others say crosses over", () => {
  const routes = (originator: number) => centre.routes(asValidatorIndex(originator));
  assert.deepEqual(routes(4), ["x", "y"]);
  assert.deepEqual(routes(3), ["y"]);
  assert.deepEqual(routes(1), ["x"]);
  assert.deepEqual(routes(0), []);
  assert.deepEqual(routes(99), []);
});

test("neighbours are those of our row and our column", () => {
  assert.deepEqual(
    identity.filter((i) => centre.isNeighbour(at(i), ["x"])),
    [3, 5],
  );
  assert.deepEqual(
    identity.filter((i) => centre.isNeighbour(at(i), ["y"])),
    [1, 7],
  );
  assert.equal(centre.isNeighbour([], ["x", "y"]), false);
});

test("who is outside the grid has no neighbours and no routes", () => {
  const outside = view(undefined);
  assert.deepEqual(outside.routes(asValidatorIndex(3)), []);
  assert.ok(identity.every((i) => !outside.isNeighbour(at(i), ["x", "y"])));
});

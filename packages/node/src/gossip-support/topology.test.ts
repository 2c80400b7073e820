import assert from "node:assert/strict";
import { test } from "node:test";
import { asAuthorityDiscoveryId, asSessionIndex } from "@parahost/primitives";
import { gossipTopology } from "./topology.ts";

const authorities = Array.from({ length: 11 }, (_, i) =>
  asAuthorityDiscoveryId(`0x${i.toString(16).padStart(64, "0")}`),
);
const session = asSessionIndex(1);

test("both directions of the shuffle agree and every authority has one place", () => {
  const { canonicalShuffling, shuffledIndices } = gossipTopology(
    session,
    authorities,
    undefined,
    new Uint8Array(32),
  );
  assert.equal(canonicalShuffling.length, 11);
  canonicalShuffling.forEach(({ authority, validatorIndex }, position) => {
    assert.equal(shuffledIndices[validatorIndex], position);
    assert.equal(authority, authorities[validatorIndex]);
  });
});

test("the epoch's randomness decides the places", () => {
  const places = [0, 1].map(
    (byte) =>
      gossipTopology(session, authorities, undefined, new Uint8Array(32).fill(byte))
        .shuffledIndices,
  );
  assert.notDeepEqual(places[0], places[1]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { asAuthorityDiscoveryId } from "@parahost/primitives";
import { sessionInfoOf } from "../dispute-votes/testing.ts";
import { sampleHash } from "../sample-candidate.ts";
import { Delivery, recipientsOf } from "./delivery.ts";

const [a, b, c] = [1, 2, 3].map((number) => asAuthorityDiscoveryId(sampleHash(number)));
const [first, second, third] = [a, b, c] as [
  NonNullable<typeof a>,
  NonNullable<typeof a>,
  NonNullable<typeof a>,
];
const nobody = () => false;

test("validators of the dispute's session and all authorities of now get it, each once, and not we", () => {
  const disputed = { ...sessionInfoOf(1), discoveryKeys: [first, second] };
  const current = { ...sessionInfoOf(1), discoveryKeys: [third, first] };
  assert.deepEqual([...recipientsOf(disputed, [current], nobody)], [first, third]);
  assert.deepEqual([...recipientsOf(disputed, [], nobody)], [first]);
  assert.deepEqual([...recipientsOf(disputed, [current], (key) => key === first)], [third]);
});

test("who has confirmed is not asked again, who failed is, and nobody twice at a time", () => {
  const delivery = new Delivery();
  const all = new Set([first, second]);
  assert.deepEqual(delivery.begin(all), [first, second]);
  assert.deepEqual(delivery.begin(all), []);
  delivery.end(first, true);
  delivery.end(second, false);
  assert.deepEqual(delivery.begin(new Set([first, second, third])), [second, third]);
});

test("whoever is no recipient any more is left alone", () => {
  const delivery = new Delivery();
  delivery.begin(new Set([first, second]));
  delivery.end(first, false);
  delivery.end(second, true);
  assert.deepEqual(delivery.begin(new Set([second])), []);
});

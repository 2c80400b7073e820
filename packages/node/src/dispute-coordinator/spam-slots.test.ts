import assert from "node:assert/strict";
import { test } from "node:test";
import { asCandidateHash, asSessionIndex, asValidatorIndex } from "@parahost/primitives";
import { sampleHash } from "../sample-candidate.ts";
import { SLOTS_PER_VALIDATOR, SpamSlots } from "./spam-slots.ts";

const session = asSessionIndex(4);
const eve = asValidatorIndex(4);
const candidate = (number: number) => asCandidateHash(sampleHash(number));

test("a validator fills its slots and no more, each candidate taking one", () => {
  const slots = new SpamSlots();
  for (let i = 0; i < SLOTS_PER_VALIDATOR; i++) {
    assert.ok(slots.take(session, candidate(i), eve));
    assert.ok(slots.take(session, candidate(i), eve));
  }
  assert.ok(!slots.take(session, candidate(1000), eve));
  assert.equal(slots.taken(session, eve), SLOTS_PER_VALIDATOR);
});

test("others and other sessions have slots of their own", () => {
  const slots = new SpamSlots();
  for (let i = 0; i < SLOTS_PER_VALIDATOR; i++) slots.take(session, candidate(i), eve);
  assert.ok(slots.take(session, candidate(1000), asValidatorIndex(3)));
  assert.ok(slots.take(asSessionIndex(5), candidate(1000), eve));
});

test("a dispute that turns out genuine gives the slots back", () => {
  const slots = new SpamSlots();
  for (let i = 0; i < SLOTS_PER_VALIDATOR; i++) slots.take(session, candidate(i), eve);
  slots.clear(session, candidate(7));
  slots.clear(session, candidate(7));
  assert.equal(slots.taken(session, eve), SLOTS_PER_VALIDATOR - 1);
  assert.ok(slots.take(session, candidate(1000), eve));
  assert.ok(!slots.take(session, candidate(1001), eve));
});

test("sessions that are over take no room", () => {
  const slots = new SpamSlots();
  slots.take(session, candidate(1), eve);
  slots.prune(asSessionIndex(5));
  assert.equal(slots.taken(session, eve), 0);
});

import assert from "node:assert/strict";
import test from "node:test";
import { DirectVerifier } from "@parahost/crypto";
import { asHash, type Header } from "@parahost/primitives";
import {
  babeIdOf,
  childOf,
  epochOf,
  GENESIS,
  keystoreOf,
  sealedBy,
  slot,
} from "../testing/authored.ts";
import { claimSlot } from "./claim.ts";
import { EquivocationDetector, isEquivocation, WINDOW_SLOTS } from "./equivocation.ts";

const verifier = new DirectVerifier();
const alice = babeIdOf("Alice");

function block(at: number, stateRoot: string): Header {
  const claim = claimSlot(slot(at), epochOf(["Alice"]), keystoreOf("Alice"));
  assert.ok(claim !== undefined);
  const root = asHash(`0x${stateRoot.repeat(32)}`);
  return sealedBy("Alice", childOf(GENESIS, claim.preDigest, [], { stateRoot: root }));
}

const one = block(100, "01");
const two = block(100, "02");

test("a second header of the same slot and author is proven an equivocation", () => {
  const detector = new EquivocationDetector();
  assert.equal(detector.note(one, slot(100), alice, slot(100)), undefined);
  assert.equal(detector.note(one, slot(100), alice, slot(100)), undefined);
  const proof = detector.note(two, slot(100), alice, slot(101));
  assert.deepEqual(proof, { offender: alice, slot: 100, firstHeader: one, secondHeader: two });
  assert.ok(proof !== undefined && isEquivocation(proof, verifier));
});

test("another slot or another author is none", () => {
  const detector = new EquivocationDetector();
  detector.note(one, slot(100), alice, slot(100));
  assert.equal(detector.note(block(101, "01"), slot(101), alice, slot(101)), undefined);
  assert.equal(detector.note(two, slot(100), babeIdOf("Bob"), slot(101)), undefined);
});

test("what is older than the window is forgotten", () => {
  const detector = new EquivocationDetector();
  detector.note(one, slot(100), alice, slot(100));
  const later = slot(101 + WINDOW_SLOTS);
  assert.equal(detector.note(two, slot(100), alice, later), undefined);
  assert.equal(detector.note(two, slot(100), alice, slot(100)), undefined);
});

test("a proof that does not convict is refused", () => {
  const good = { offender: alice, slot: slot(100), firstHeader: one, secondHeader: two };
  assert.equal(isEquivocation(good, verifier), true);
  const bad = [
    { ...good, secondHeader: one },
    { ...good, slot: slot(101) },
    { ...good, secondHeader: block(101, "02") },
    { ...good, offender: babeIdOf("Bob") },
    { ...good, secondHeader: { ...two, number: 9 } },
    { ...good, firstHeader: GENESIS },
    { ...good, firstHeader: { ...one, digest: one.digest.slice(0, -1) } },
  ];
  for (const proof of bad) assert.equal(isEquivocation(proof, verifier), false);
});

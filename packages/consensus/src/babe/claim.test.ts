import assert from "node:assert/strict";
import test from "node:test";
import { bytesToHex } from "@parahost/base";
import { sr25519PairFromSeed, vrfInOut } from "@parahost/crypto";
import { epochOf, keystoreOf, slot } from "../testing/authored.ts";
import { claimSlot } from "./claim.ts";
import { secondaryAuthor } from "./secondary.ts";
import { randomnessContribution, slotScore, slotTranscript } from "./vrf.ts";

// Reference: consensus 10.
test("the VRF of a slot has the published output, score and contribution", () => {
  const pair = sr25519PairFromSeed(new Uint8Array(32).fill(1));
  const epoch = epochOf([], { epochIndex: 3, randomness: new Uint8Array(32).fill(7) });
  const value = vrfInOut(pair, slotTranscript(slot(42), epoch));
  assert.equal(
    bytesToHex(value.input),
    "0x2cb32e29774b50bc5fc08df0cc6c04afa8c113b9b401879949a92427937f951a",
  );
  assert.equal(
    bytesToHex(value.output),
    "0xa6270c444421e49cceeb8ef5cb7135c42f3312037f76fe8b4516f021b432d226",
  );
  assert.equal(slotScore(value), 0xa9f79dd530533fc9e5375bebd019d6cen);
  assert.equal(
    bytesToHex(randomnessContribution(value)),
    "0xbe834658102d9c1cfddb64c72b3c47be63c1f811d159a16d9bbafb7201734ede",
  );
});

test("the secondary author is drawn by the big-endian remainder of the hash", () => {
  const randomness = new Uint8Array(32).fill(7);
  const drawn = [3, 4, 5, 297].map((count) => secondaryAuthor(slot(42), randomness, count));
  assert.deepEqual(drawn, [0, 1, 1, 234]);
  assert.equal(secondaryAuthor(slot(42), randomness, 0), undefined);
});

test("in every slot somebody may author, and primary claims are as rare as c says", () => {
  const names = ["Alice", "Bob", "Charlie"];
  const epoch = epochOf(names, { duration: 200 });
  const keystores = names.map((name) => keystoreOf(name));
  let primaries = 0;
  for (let at = 100; at < 300; at++) {
    const claims = keystores.map((keystore) => claimSlot(slot(at), epoch, keystore));
    assert.ok(claims.some((claim) => claim !== undefined));
    if (claims.some((claim) => claim?.preDigest.type === "primary")) primaries += 1;
    assert.ok(claims.filter((claim) => claim?.preDigest.type === "secondaryVRF").length <= 1);
  }
  assert.ok(primaries > 30 && primaries < 75, `${primaries} of 200 slots had a primary claim`);
});

test("the epoch says which secondary claims there are", () => {
  const keystore = keystoreOf("Alice");
  const never = { c: { numerator: 0, denominator: 1 } } as const;
  const kinds = (
    ["primarySlots", "primaryAndSecondaryPlainSlots", "primaryAndSecondaryVRFSlots"] as const
  ).map((type) => {
    const epoch = epochOf(["Alice"], {}, { ...never, allowedSlots: { type } });
    return claimSlot(slot(100), epoch, keystore)?.preDigest.type;
  });
  assert.deepEqual(kinds, [undefined, "secondaryPlain", "secondaryVRF"]);
});

test("who won the slot claims it as primary even when it is the secondary author", () => {
  const always = { c: { numerator: 1, denominator: 1 } };
  const claim = claimSlot(slot(100), epochOf(["Alice"], {}, always), keystoreOf("Alice"));
  assert.equal(claim?.preDigest.type, "primary");
});

test("without a key of the epoch there is no claim", () => {
  const always = { c: { numerator: 1, denominator: 1 } };
  assert.equal(claimSlot(slot(100), epochOf(["Alice"], {}, always), keystoreOf("Bob")), undefined);
});

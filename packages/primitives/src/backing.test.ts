import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex } from "@parahost/base";
import { bitsAt, bitsToBooleans, encode, onesOf, tryDecode } from "@parahost/scale";
import {
  attestationOf,
  attestedStatement,
  backingIndices,
  ValidityAttestation,
  validatorIndicesOf,
} from "./backing.ts";
import { asCandidateHash, asCoreIndex } from "./ids.ts";

const voters = bitsAt(5, [0, 3]);

test("the core index follows the group's bits, lowest bit first", () => {
  const indices = validatorIndicesOf({ voters, coreIndex: asCoreIndex(6) });
  assert.equal(indices.length, 13);
  assert.deepEqual(onesOf(indices), [0, 3, 6, 7]);
});

test("voters and core index are read back, also for the largest core", () => {
  for (const core of [0, 1, 6, 255]) {
    const read = backingIndices(validatorIndicesOf({ voters, coreIndex: asCoreIndex(core) }), true);
    assert.ok(read !== undefined);
    assert.equal(read.coreIndex, core);
    assert.deepEqual(bitsToBooleans(read.voters), bitsToBooleans(voters));
  }
});

test("without the feature all bits are the group's", () => {
  assert.equal(validatorIndicesOf({ voters, coreIndex: undefined }), voters);
  assert.deepEqual(backingIndices(voters, false), { voters, coreIndex: undefined });
});

test("too few bits to hold a core index are refused", () => {
  assert.equal(backingIndices(bitsAt(7, []), true), undefined);
  assert.deepEqual(backingIndices(bitsAt(8, []), true)?.voters.length, 0);
});

test("a core beyond eight bits is not encoded", () => {
  assert.throws(() => validatorIndicesOf({ voters, coreIndex: asCoreIndex(256) }), /eight bits/);
});

test("attestation tags begin with 1", () => {
  const signature = new Uint8Array(64).fill(9);
  const encoded = encode(ValidityAttestation, { type: "implicit", value: signature });
  assert.equal(bytesToHex(encoded), `0x01${"09".repeat(64)}`);
  encoded[0] = 0;
  const refused = tryDecode(ValidityAttestation, encoded);
  assert.ok(!refused.ok && refused.error.code === "badVariant");
});

test("an implicit vote signs seconded, an explicit one valid", () => {
  const value = asCandidateHash(`0x${"cc".repeat(32)}`);
  const signature = new Uint8Array(64);
  for (const type of ["seconded", "valid"] as const)
    assert.deepEqual(attestedStatement(attestationOf({ type, value }, signature), value), {
      type,
      value,
    });
});

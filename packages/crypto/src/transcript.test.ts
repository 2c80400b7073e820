import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiBytes, bytesToHex } from "@parahost/base";
import { __tests } from "@scure/sr25519";
import { Transcript } from "./transcript.ts";

test("a transcript gives the challenge that merlin publishes for its simple example", () => {
  const transcript = new Transcript("test protocol");
  transcript.appendMessage("some label", asciiBytes("some data"));
  assert.equal(
    bytesToHex(transcript.challengeBytes("challenge", 32)),
    "0xd5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615",
  );
});

test("messages and challenges longer than the rate agree with an independent transcript", () => {
  const ours = new Transcript("long");
  const theirs = new __tests.Merlin("long");
  for (const length of [0, 1, 160, 165, 166, 167, 1000]) {
    const message = new Uint8Array(length).fill(length & 255);
    ours.appendMessage("message", message);
    theirs.appendMessage("message", message);
    assert.deepEqual(
      ours.challengeBytes("challenge", length),
      theirs.challengeBytes("challenge", length),
    );
  }
});

test("a number is its eight bytes, the lowest first", () => {
  const number = new Transcript("u64");
  number.appendU64("n", 0x0102030405060708n);
  const bytes = new Transcript("u64");
  bytes.appendMessage("n", new Uint8Array([8, 7, 6, 5, 4, 3, 2, 1]));
  assert.deepEqual(number.challengeBytes("c", 8), bytes.challengeBytes("c", 8));
  assert.throws(() => number.appendU64("n", -1), /not a u64/);
});

test("a clone goes its own way", () => {
  const first = new Transcript("fork");
  first.appendMessage("shared", new Uint8Array(200));
  const second = first.clone();
  const untouched = second.clone();
  second.appendMessage("more", new Uint8Array(1));
  const challenge = first.challengeBytes("c", 32);
  assert.notDeepEqual(second.challengeBytes("c", 32), challenge);
  assert.deepEqual(untouched.challengeBytes("c", 32), challenge);
});

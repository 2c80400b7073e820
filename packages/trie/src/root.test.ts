import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiBytes, bytesToHex, type Hex, hexToBytes } from "@parahost/base";
import { keccak256 } from "@parahost/crypto";
import { EMPTY_ROOT } from "./node.ts";
import { orderedTrieRoot, trieRoot } from "./root.ts";

const entry = (key: string, value: string): [Hex, Uint8Array] => [
  bytesToHex(asciiBytes(key)),
  asciiBytes(value),
];

test("the empty trie has the root that every client knows", () => {
  assert.equal(trieRoot([], 0), EMPTY_ROOT);
  assert.equal(trieRoot([], 1), EMPTY_ROOT);
  assert.equal(orderedTrieRoot([], 1), EMPTY_ROOT);
});

test("roots published by the host API tests of the Web3 Foundation", () => {
  assert.equal(
    trieRoot([entry("static", "even-keeled"), entry("even-keeled", "Future-proofed")], 0),
    "0x1192e3ed48d28fba2eeae885fa367c535eca6a149eafad982265586902783d4f",
  );
  assert.equal(
    orderedTrieRoot(["static", "even-keeled", "Future-proofed"].map(asciiBytes), 0),
    "0xd847b86d0219a384d11458e829e9f4f4cce7e3cc2e6dcd0e8a6ad6f12c64a737",
  );
  assert.equal(
    trieRoot(
      [entry("sc", "v")].map(() => ["0x73", hexToBytes("0x76")] as const),
      0,
    ),
    "0x82c9e039b7c772d68c6edede03bca0f49b4fa48da7bc0445b2ddc9b31768a331",
  );
});

test("only values longer than 32 bytes tell the state versions apart", () => {
  const pairs = (length: number): [Hex, Uint8Array][] => [
    ["0x1357", new Uint8Array(length)],
    ["0x1355", new Uint8Array([1])],
  ];
  assert.equal(trieRoot(pairs(32), 0), trieRoot(pairs(32), 1));
  assert.notEqual(trieRoot(pairs(33), 0), trieRoot(pairs(33), 1));
  // w3f state-trie pk_branch: a value of 36 bytes.
  const branch: [Hex, Uint8Array][] = [
    ["0x31333537", hexToBytes("0x31")],
    [
      "0x3133353739",
      hexToBytes("32333435363738393071776572747975696f706173646667686a6b6c7a786376626e6d"),
    ],
  ];
  assert.equal(
    trieRoot(branch, 0),
    "0x6bbc07f9453b62275b516008bc4e44d53546afcd3c7c304379cd089fe7af271a",
  );
  assert.equal(
    trieRoot(branch, 1),
    "0xe6270140c8af29c77348092edb218a848a7bb6d36d6bce5936ec10d42e532101",
  );
});

test("order does not matter, and of equal keys the last one counts", () => {
  const a = entry("alpha", "1");
  const b = entry("beta", "2");
  assert.equal(trieRoot([b, a], 1), trieRoot([a, b], 1));
  assert.equal(trieRoot([entry("beta", "old"), a, b], 1), trieRoot([a, b], 1));
});

test("a trie as deep as its keys are long needs no call stack", () => {
  const entries: [Hex, Uint8Array][] = [];
  let key: Hex = "0x";
  for (let depth = 0; depth < 5000; depth++) {
    entries.push([key, new Uint8Array(1)]);
    key = `${key}00`;
  }
  assert.equal(trieRoot(entries, 1).length, 66);
});

test("another hash makes another root", () => {
  assert.equal(
    trieRoot([], 0, keccak256),
    // Keccak-256 of a zero byte.
    "0xbc36789e7a1e281436464229828f817d6612f7b477d66591ff96a9e064bcc98a",
  );
});

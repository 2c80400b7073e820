import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, type Hex, hexToBytes } from "@parahost/base";
import { blake2b256, keccak256 } from "@parahost/crypto";
import { type Hasher, type StateVersion, trieRoot } from "@parahost/trie";
import { verifyCompactProof } from "./compact-proof.ts";

/**
 * A trie small enough to be written down: keys 0x10 and 0x1f share the digit 1, and 0x20 stands beside.
 *
 * root: branch without partial key, children 1 and 2. Below 1: branch with children 0 and f.
 */
const LONG = new Uint8Array(40).fill(9);
const ENTRIES: readonly (readonly [Hex, Uint8Array])[] = [
  ["0x10", LONG],
  ["0x1f", new Uint8Array(40).fill(8)],
  ["0x20", new Uint8Array([1, 2, 3])],
];

const leaf = (value: Uint8Array, isHashed: boolean): Uint8Array =>
  isHashed
    ? Uint8Array.from([0x20, ...value])
    : Uint8Array.from([0x40, value.length << 2, ...value]);

/** The nodes on the way to 0x10 with what follows left out, as a prover of that format writes them. */
function proofOfLong(version: StateVersion, hash: Hasher): Uint8Array[] {
  const other = new Uint8Array(40).fill(8);
  const otherLeaf = leaf(version === 1 ? hash(other) : other, version === 1);
  const inlineLeaf = [0x41, 0x00, 0x0c, 1, 2, 3];
  return [
    Uint8Array.from([0x80, 0b110, 0, 0, inlineLeaf.length << 2, ...inlineLeaf]),
    Uint8Array.from([0x80, 0x01, 0x80, 0, 0x80, ...hash(otherLeaf)]),
    Uint8Array.from([0x40, 0]),
  ];
}

/** The way to 0x20, whose leaf lies within the root. */
function proofOfInline(hash: Hasher): Uint8Array[] {
  const leaves = [LONG, new Uint8Array(40).fill(8)].map((value) => leaf(value, false));
  const below = Uint8Array.from([
    ...[0x80, 0x01, 0x80],
    ...leaves.flatMap((encoded) => [0x80, ...hash(encoded)]),
  ]);
  const emptied = [0x41, 0x00, 0];
  return [Uint8Array.from([0x80, 0b110, 0, 0x80, ...hash(below), emptied.length << 2, ...emptied])];
}

for (const [name, hash] of [
  ["blake2b", blake2b256],
  ["keccak", keccak256],
] as const)
  for (const version of [0, 1] as const) {
    const root = hexToBytes(trieRoot(ENTRIES, version, hash));
    const verify = (key: Hex, value: Uint8Array, proof: readonly Uint8Array[]): boolean =>
      verifyCompactProof({ root, key: hexToBytes(key), value, version }, proof, hash);

    test(`an entry is proven by the nodes above it (${name}, version ${version})`, () => {
      assert.ok(verify("0x10", LONG, proofOfLong(version, hash)));
    });

    test(`nothing else is proven by them (${name}, version ${version})`, () => {
      const proof = proofOfLong(version, hash);
      assert.ok(!verify("0x10", new Uint8Array(40), proof));
      assert.ok(!verify("0x10", new Uint8Array(), proof));
      for (const key of ["0x1f", "0x20", "0x30", "0x1000", "0x"] as const)
        assert.ok(!verify(key, LONG, proof), key);
      for (let index = 0; index < proof.length; index++) {
        assert.ok(!verify("0x10", LONG, proof.toSpliced(index, 1)));
        const node = proof[index] as Uint8Array;
        for (let at = 0; at < node.length; at++)
          assert.ok(
            !verify("0x10", LONG, proof.with(index, node.with(at, (node[at] as number) ^ 1))),
            `node ${index} changed at ${at}`,
          );
      }
      assert.ok(!verify("0x10", LONG, [...proof, new Uint8Array([0])]));
      assert.ok(!verify("0x10", LONG, []));
    });
  }

test("an entry whose node lies within another is proven too", () => {
  const root = hexToBytes(trieRoot(ENTRIES, 0));
  const entry = {
    root,
    key: hexToBytes("0x20"),
    value: new Uint8Array([1, 2, 3]),
    version: 0,
  } as const;
  const proof = proofOfInline(blake2b256);
  assert.ok(verifyCompactProof(entry, proof, blake2b256));
  assert.ok(!verifyCompactProof({ ...entry, value: new Uint8Array([1, 2, 4]) }, proof, blake2b256));
  assert.equal(bytesToHex(root), trieRoot(ENTRIES, 0));
});

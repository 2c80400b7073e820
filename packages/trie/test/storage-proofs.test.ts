/** Storage proofs from live chains, and a compact witness of 32,465 items. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { bytesToHex, expectOk, type Hex, hexToBytes } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { bytes, decode, tryDecode, vec } from "@parahost/scale";
import {
  createProof,
  decodeCompactProof,
  encodeCompactProof,
  NodeCache,
  openCompactProof,
  openProof,
  prove,
  TrieBackend,
  TrieError,
  tryRead,
} from "@parahost/trie";
import { readVectorBytes, readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import { type Known, knownEntries } from "./known-entries.ts";

const skip = skipWithoutVectors;

interface ProofCase {
  readonly id: string;
  readonly root: string;
  readonly nodes: readonly string[];
  readonly unused_nodes: number;
  readonly known_entries: readonly (readonly [string, string])[];
  readonly subtrees_not_in_proof: number;
  readonly query?: {
    readonly get?: string;
    readonly get_many?: readonly string[];
    readonly next_key_after?: string;
    readonly prefix?: string;
    readonly expected?: string;
    readonly expected_keys?: readonly string[];
  };
}

const cases = (): ProofCase[] => readVectorJson<ProofCase[]>("state-trie", "proofs.json");
const proofOf = ({ nodes }: ProofCase): Uint8Array[] => nodes.map(hexToBytes);
const rootOf = ({ root }: ProofCase): Hex => `0x${root}`;
const byHash = (proof: readonly Uint8Array[]): Map<Hex, Uint8Array> =>
  new Map(proof.map((node) => [blake2b256Hex(node), node]));
/** A long value is given by its hash. */
function assertValue(value: Uint8Array | undefined, expected: string, of: string): void {
  assert.ok(value !== undefined, of);
  const [digest, hash] = expected.split(":");
  if (digest === "blake2b256") assert.equal(blake2b256Hex(value), `0x${hash}`, of);
  else assert.equal(bytesToHex(value), `0x${expected}`, of);
}
const hexEntries = ({ entries }: Known): [string, string][] =>
  entries.map(([key, value]) => [key, value === undefined ? "?" : bytesToHex(value).slice(2)]);

test("each proof opens and shows exactly its entries", { skip }, () => {
  for (const vector of cases()) {
    const state = expectOk(openProof(rootOf(vector), proofOf(vector)), vector.id);
    const known = knownEntries(rootOf(vector), byHash(proofOf(vector)));
    assert.equal(known.openSubtrees, vector.subtrees_not_in_proof, vector.id);
    assert.equal(known.entries.length, vector.known_entries.length, vector.id);
    for (const [at, [key, expected]] of vector.known_entries.entries()) {
      assert.equal(known.entries[at]?.[0], key);
      assertValue(known.entries[at]?.[1], expected, key);
      assertValue(state.value(`0x${key}`)?.bytes, expected, key);
    }
  }
});

test("queries have the expected answers", { skip }, () => {
  for (const vector of cases()) {
    const state = expectOk(openProof(rootOf(vector), proofOf(vector)), vector.id);
    const { query } = vector;
    const known = new Map(vector.known_entries);
    for (const key of [query?.get, ...(query?.get_many ?? [])])
      if (key !== undefined)
        assertValue(state.value(`0x${key}`)?.bytes, known.get(key) as string, key);
    if (query?.next_key_after !== undefined)
      assert.equal(state.nextKey(`0x${query.next_key_after}`), `0x${query.expected}`);
    if (query?.prefix !== undefined)
      assert.deepEqual(
        [...state.keysWithPrefix(`0x${query.prefix}`)].map((key) => key.slice(2)),
        query.expected_keys?.toSorted(),
      );
  }
});

test("what a proof leaves open is not absent", { skip }, () => {
  for (const vector of cases()) {
    const state = expectOk(openProof(rootOf(vector), proofOf(vector)), vector.id);
    assert.throws(
      () => [...state.keysWithPrefix("0x")],
      (error) => error instanceof TrieError && error.fault.code === "missingNode",
    );
  }
});

test("a proof with any byte changed is refused", { skip }, () => {
  const vector = cases().find(({ id }) => id === "paras-heads-1000-v1") as ProofCase;
  const proof = proofOf(vector);
  for (const [at, node] of proof.entries())
    for (let byte = 0; byte < node.length; byte++) {
      const changed = node.slice();
      changed[byte] = (changed[byte] as number) ^ (1 << (byte % 8));
      assert.equal(openProof(rootOf(vector), proof.with(at, changed)).ok, false);
    }
});

test("a proof made again from a proof is no larger and answers the same", { skip }, () => {
  for (const vector of cases()) {
    const cache = new NodeCache(byHash(proofOf(vector)));
    const keys = vector.known_entries.map(([key]): Hex => `0x${key}`);
    const again = createProof(cache, rootOf(vector), keys);
    assert.ok(again.length <= vector.nodes.length);
    const state = expectOk(openProof(rootOf(vector), again), vector.id);
    for (const [key, value] of vector.known_entries)
      assertValue(state.value(`0x${key}`)?.bytes, value, key);
    const after = vector.query?.next_key_after;
    if (after === undefined) continue;
    const next = prove(cache, rootOf(vector), (whole) => whole.nextKey(`0x${after}`));
    const opened = expectOk(openProof(rootOf(vector), next.proof), "next key");
    assert.equal(opened.nextKey(`0x${after}`), `0x${vector.query?.expected}`);
  }
});

test("compact forms of the proofs decode to the same nodes", { skip }, () => {
  for (const vector of cases()) {
    const compact = encodeCompactProof(rootOf(vector), proofOf(vector));
    assert.equal(compact.length, vector.nodes.length);
    const nodes = expectOk(decodeCompactProof(rootOf(vector), compact), vector.id);
    assert.deepEqual(new Map([...nodes].sort()), new Map([...byHash(proofOf(vector))].sort()));
    const plain = proofOf(vector).reduce((sum, node) => sum + node.length, 0);
    assert.ok(compact.reduce((sum, node) => sum + node.length, 0) <= plain);
  }
});

interface WitnessCase {
  readonly file: string;
  readonly root: Hex;
  readonly items: number;
  readonly distinctNodes: number;
  readonly distinctDetachedValues: number;
  readonly distinctNodeAndValueBytes: number;
  readonly entries: number;
  readonly absentSubtrees: number;
  readonly entriesDigest: string;
  readonly sample: readonly { readonly key: Hex; readonly value: Hex }[];
}

const Witness = vec(bytes(1 << 22), 1 << 16);

test("the compact witness decodes to its entries, in both directions", { skip }, () => {
  const [vector] = readVectorJson<[WitnessCase]>("state-trie", "compact-witness.json");
  const items = decode(Witness, readVectorBytes("state-trie", vector.file));
  assert.equal(items.length, vector.items);
  const nodes = expectOk(decodeCompactProof(vector.root, items), "witness");
  assert.equal(nodes.size, vector.distinctNodes + vector.distinctDetachedValues);
  const size = [...nodes.values()].reduce((sum, node) => sum + node.length, 0);
  assert.equal(size, vector.distinctNodeAndValueBytes);

  const known = knownEntries(vector.root, nodes);
  assert.equal(known.entries.length, vector.entries);
  assert.equal(known.openSubtrees, vector.absentSubtrees);
  const digest = createHash("sha256");
  for (const [key, value] of hexEntries(known)) digest.update(`${key} ${value}\n`);
  assert.equal(digest.digest("hex"), vector.entriesDigest);

  const state = new TrieBackend(new NodeCache(nodes), vector.root);
  for (const { key, value } of vector.sample)
    assert.deepEqual(state.value(key)?.bytes, hexToBytes(value));
  assert.deepEqual(encodeCompactProof(vector.root, [...nodes.values()]), items);
});

test("a compact witness that is cut or altered is refused with a reason", { skip }, () => {
  const [vector] = readVectorJson<[WitnessCase]>("state-trie", "compact-witness.json");
  const file = readVectorBytes("state-trie", vector.file);
  const items = decode(Witness, file);
  for (let cut = 1; cut <= 100; cut++) {
    const end = Math.floor((items.length * cut) / 101);
    const result = openCompactProof(vector.root, items.slice(0, end));
    assert.equal(result.ok ? "ok" : result.error.code, "endsEarly");
    assert.equal(
      tryDecode(Witness, file.subarray(0, Math.floor((file.length * cut) / 101))).ok,
      false,
    );
  }
  const code = (list: readonly Uint8Array[], most?: number): string => {
    const result = openCompactProof(vector.root, list, most);
    return result.ok ? "ok" : result.error.code;
  };
  assert.equal(code([...items, new Uint8Array([1])]), "surplusItems");
  assert.equal(code(items, 32_464), "tooManyItems");
  assert.equal(code([]), "endsEarly");
  assert.equal(code(items.with(7, new Uint8Array([2]))), "malformedItem");
  assert.equal(code(items.toSpliced(100, 1)) === "ok", false);
  const other = expectOk(
    tryRead(() => items[20] as Uint8Array),
    "item",
  ).slice();
  other[other.length - 1] = (other.at(-1) as number) ^ 1;
  assert.equal(code(items.with(20, other)) === "ok", false);
});

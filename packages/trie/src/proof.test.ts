import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, expectOk, type Hex, randomBelow, randomBytes } from "@parahost/base";
import { blake2b256, blake2b256Hex } from "@parahost/crypto";
import { childRootKey } from "./child-trie.ts";
import { decodeCompactProof, encodeCompactProof, openCompactProof } from "./compact-proof.ts";
import { tryRead } from "./error.ts";
import { EMPTY_ROOT, type StateVersion } from "./node.ts";
import { NodeCache } from "./node-cache.ts";
import { MemoryNodeStore } from "./node-store.ts";
import { Overlay } from "./overlay.ts";
import { createPrefixProof, createProof, openProof, PROOF_LIMITS, prove } from "./proof.ts";
import { TrieBackend } from "./state-backend.ts";
import { seeded } from "./testing/seeded.ts";
import { ProofRecorder } from "./trie-reader.ts";

interface Made {
  readonly cache: NodeCache;
  readonly root: Hex;
  readonly entries: ReadonlyMap<Hex, Uint8Array>;
  readonly child: ReadonlyMap<Hex, Uint8Array>;
}

/** A state of 300 keys and a child trie of 40, values of 0 to 79 bytes. */
function someState(version: StateVersion, seed = 1): Made {
  const random = seeded(seed);
  const entries = new Map<Hex, Uint8Array>();
  const child = new Map<Hex, Uint8Array>();
  for (let i = 0; i < 300; i++)
    entries.set(bytesToHex(randomBytes(random, 4)), randomBytes(random, randomBelow(random, 80)));
  for (let i = 0; i < 40; i++)
    child.set(bytesToHex(randomBytes(random, 2)), randomBytes(random, randomBelow(random, 80)));
  const store = new MemoryNodeStore();
  const cache = new NodeCache(store);
  const state = new Overlay(new TrieBackend(cache, EMPTY_ROOT));
  for (const [key, value] of entries) state.set(key, value);
  for (const [key, value] of child) state.child("0xc1").set(key, value);
  const update = state.commitment(version);
  store.apply(update);
  return { cache, root: update.root, entries, child };
}

const code = (result: { ok: boolean; error?: { code: string } }): string =>
  result.ok ? "ok" : (result.error?.code ?? "");

for (const version of [0, 1] as const) {
  test(`a proof answers the reads it was made for and no others, version ${version}`, () => {
    const { cache, root, entries } = someState(version);
    const keys = [...entries.keys()].slice(0, 5);
    const absent: Hex = "0x00000001";
    const state = expectOk(openProof(root, createProof(cache, root, [...keys, absent])), "proof");
    for (const key of keys) assert.deepEqual(state.value(key)?.bytes, entries.get(key));
    assert.equal(state.value(absent), undefined);
    let open = 0;
    for (const key of entries.keys()) {
      const read = tryRead(() => state.value(key)?.bytes);
      if (read.ok) assert.deepEqual(read.value, entries.get(key));
      else {
        assert.equal(read.error.code, "missingNode");
        open += 1;
      }
    }
    assert.ok(open > 200);
  });

  test(`next keys and prefixes can be proven, version ${version}`, () => {
    const { cache, root, entries, child } = someState(version);
    const sorted = [...entries.keys()].sort();
    for (let i = 0; i < 20; i++) {
      const next = prove(cache, root, (state) => state.nextKey(sorted[i * 10] as Hex));
      assert.equal(next.value, sorted[i * 10 + 1]);
      const state = expectOk(openProof(root, next.proof), "next key");
      assert.equal(state.nextKey(sorted[i * 10] as Hex), next.value);
    }
    const prefix = "0xa";
    const state = expectOk(openProof(root, createPrefixProof(cache, root, prefix)), "prefix");
    const expected = sorted.filter((key) => key.startsWith(prefix));
    assert.deepEqual([...state.keysWithPrefix(prefix)], expected);
    for (const key of expected) assert.deepEqual(state.value(key)?.bytes, entries.get(key));

    const first = createPrefixProof(cache, root, "0x", 3);
    assert.ok(first.length < 12);

    const childProof = createPrefixProof(cache, root, "0x", undefined, "0xc1");
    const childState = expectOk(openProof(root, childProof), "child");
    assert.deepEqual([...childState.keysWithPrefix("0x", "0xc1")], [...child.keys()].sort());
    for (const [key, value] of child) assert.deepEqual(childState.value(key, "0xc1")?.bytes, value);
  });

  test(`an update can be carried out on its proof, version ${version}`, () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = seeded(seed + 50);
      const { cache, root, entries, child } = someState(version, seed);
      const change = (state: Overlay): void => {
        for (const key of entries.keys()) if (randomBelow(random, 20) === 0) state.delete(key);
        for (let i = 0; i < 5; i++)
          state.set(bytesToHex(randomBytes(random, 4)), randomBytes(random, 60));
        for (const key of child.keys())
          if (randomBelow(random, 4) === 0) state.child("0xc1").delete(key);
      };
      const { value, proof } = prove(cache, root, (backend) => {
        const state = new Overlay(backend);
        change(state);
        return { root: state.root(version), changes: state.changes() };
      });
      const again = expectOk(openProof(root, proof), "proof");
      assert.equal(again.update(value.changes, version).root, value.root);
      const compact = expectOk(openCompactProof(root, encodeCompactProof(root, proof)), "compact");
      assert.equal(compact.update(value.changes, version).root, value.root);
    }
  });

  test(`compact proofs hold the same nodes, child tries included, version ${version}`, () => {
    const { cache, root, entries, child } = someState(version);
    const { proof } = prove(cache, root, (state) => {
      for (const key of [...entries.keys()].slice(0, 30)) state.value(key);
      for (const key of [...child.keys()].slice(0, 10)) state.value(key, "0xc1");
    });
    const compact = encodeCompactProof(root, proof);
    assert.equal(compact.length, proof.length);
    const nodes = expectOk(decodeCompactProof(root, compact), "compact");
    assert.deepEqual([...nodes.keys()].sort(), proof.map((node) => blake2b256Hex(node)).sort());
    // The list may end after the main trie: the child is then not covered.
    const whole = compact.filter(
      (_, end) => code(decodeCompactProof(root, compact.slice(0, end))) === "ok",
    );
    assert.equal(whole.length, 1);
  });
}

test("a Merkle value is what the parent holds: of the root its hash, and of nothing there is none", () => {
  const { cache, root, entries } = someState(1);
  const state = new TrieBackend(cache, root);
  assert.equal(bytesToHex(state.merkleValue("0x") ?? new Uint8Array()), root);
  assert.ok(state.merkleValue("0x", "0xc1") !== undefined);
  assert.equal(state.merkleValue("0x", "0xc2"), undefined);
  for (const [key] of entries) {
    const value = state.merkleValue(key);
    assert.ok(value !== undefined);
    if (value.length === 32) {
      // A node of the trie has this hash.
      assert.ok(cache.node(bytesToHex(value)).node.encoded.length >= 32);
    } else assert.ok(value.length < 32);
    assert.deepEqual(state.merkleValue(key), value);
    assert.equal(state.merkleValue(`${key}00`), undefined);
  }
});

test("a Merkle value changes with what is under its prefix, and with nothing else", () => {
  const merkle = (entries: Record<Hex, number>) => {
    const store = new MemoryNodeStore();
    const cache = new NodeCache(store);
    const state = new Overlay(new TrieBackend(cache, EMPTY_ROOT));
    for (const [key, value] of Object.entries(entries))
      state.set(key as Hex, new Uint8Array(40).fill(value));
    const update = state.commitment(1);
    store.apply(update);
    const value = new TrieBackend(cache, update.root).merkleValue("0xaa");
    return value === undefined ? undefined : bytesToHex(value);
  };
  const before = merkle({ "0xaa01": 1, "0xaa02": 2, "0xbb": 3 });
  assert.ok(before !== undefined);
  assert.equal(merkle({ "0xaa01": 1, "0xaa02": 2, "0xbb": 4 }), before);
  assert.notEqual(merkle({ "0xaa01": 1, "0xaa02": 3, "0xbb": 3 }), before);
  assert.equal(merkle({ "0xbb": 3 }), undefined);
});

test("the empty trie has an empty proof and a compact proof of one item", () => {
  const cache = new NodeCache(new MemoryNodeStore());
  assert.deepEqual(createProof(cache, EMPTY_ROOT, ["0x01"]), []);
  const state = expectOk(openProof(EMPTY_ROOT, []), "empty");
  assert.equal(state.value("0x01"), undefined);
  assert.equal(state.nextKey("0x"), undefined);
  const compact = encodeCompactProof(EMPTY_ROOT, []);
  assert.deepEqual(compact, [new Uint8Array([0])]);
  assert.equal(openCompactProof(EMPTY_ROOT, compact).ok, true);
});

test("each kind of bad proof is refused with its reason", () => {
  const { cache, root, entries } = someState(1);
  const proof = createProof(cache, root, [...entries.keys()].slice(0, 3));
  const [first] = proof as [Uint8Array];
  assert.equal(code(openProof(root, [])), "missingRoot");
  assert.equal(code(openProof(root, proof.slice(1))), "missingRoot");
  assert.equal(code(openProof(root, [...proof, first])), "duplicateNode");
  assert.equal(code(openProof(root, [...proof, new Uint8Array([7])])), "unusedNode");
  const foreign = someState(1, 2);
  const stranger = createProof(foreign.cache, foreign.root, [...foreign.entries.keys()]);
  assert.equal(code(openProof(root, [...proof, stranger.at(-1) as Uint8Array])), "unusedNode");
  assert.equal(code(openProof(root, proof, { ...PROOF_LIMITS, maxNodes: 2 })), "tooManyNodes");
  assert.equal(code(openProof(root, proof, { ...PROOF_LIMITS, maxBytes: 500 })), "tooManyBytes");
  const nonsense = new Uint8Array([0x80, 0, 0]);
  assert.equal(code(openProof(blake2b256Hex(nonsense), [nonsense])), "malformedNode");
  assert.equal(openProof(root, proof.toReversed()).ok, true, "order is free");
});

test("a recorder over a proof tells which of its nodes were needed", () => {
  const { cache, root, entries } = someState(1);
  const keys = [...entries.keys()].slice(0, 4);
  const proof = createProof(cache, root, keys);
  const recorder = new ProofRecorder();
  const state = expectOk(openProof(root, proof, PROOF_LIMITS, recorder), "proof");
  state.value(keys[0] as Hex);
  assert.ok(recorder.size < proof.length);
  for (const key of keys) state.value(key);
  assert.equal(recorder.size, proof.length);
  assert.equal(
    recorder.byteLength,
    proof.reduce((sum, node) => sum + node.length, 0),
  );
});

test("malformed compact proofs are refused with their reason", () => {
  const { cache, root, entries } = someState(1);
  const items = encodeCompactProof(root, createProof(cache, root, [...entries.keys()].slice(0, 9)));
  const refusal = (list: readonly Uint8Array[]): string => code(decodeCompactProof(root, list));
  assert.equal(refusal([]), "endsEarly");
  assert.equal(refusal(items.slice(0, -1)), "endsEarly");
  assert.equal(refusal([...items, new Uint8Array([0])]), "surplusItems");
  const toChild = encodeCompactProof(root, createProof(cache, root, [childRootKey("0xc1")]));
  assert.equal(refusal(toChild), "ok", "a child may be left out");
  const foreign = someState(1, 2);
  const stranger = createProof(foreign.cache, foreign.root, ["0x00"]);
  const strange = encodeCompactProof(foreign.root, stranger);
  assert.equal(refusal([...toChild, ...strange]), "unknownChild");
  assert.equal(code(decodeCompactProof(root, items, 3)), "tooManyItems");
  assert.equal(refusal(items.with(1, new Uint8Array([0x0f]))), "malformedItem");
  assert.equal(refusal([new Uint8Array([0])]), "wrongRoot");
  // Marked as without its value, yet with one; and marked without having any.
  assert.equal(refusal([new Uint8Array([1, 0x40, 4, 9]), new Uint8Array(1)]), "malformedItem");
  assert.equal(refusal([new Uint8Array([1, 0x80, 1, 0, 0])]), "malformedItem");
});

test("a trie that repeats one subtree at every place is handled by its distinct nodes", () => {
  // Forty levels of branches whose sixteen children are all the same: 16^40 places.
  const nodes: Uint8Array[] = [new Uint8Array([0x40, 0x80, ...new Array<number>(32).fill(5)])];
  for (let level = 0; level < 40; level++) {
    const below = blake2b256(nodes.at(-1) as Uint8Array);
    const reference = [0x80, ...below];
    nodes.push(
      new Uint8Array([0x80, 0xff, 0xff, ...new Array(16).fill(reference).flat()] as number[]),
    );
  }
  const root = blake2b256Hex(nodes.at(-1) as Uint8Array);
  const state = expectOk(openProof(root, nodes), "proof");
  assert.equal(state.value("0x0123456789012345678901234567890123456789")?.bytes.length, 32);
  const compact = encodeCompactProof(root, nodes);
  assert.equal(compact.length, nodes.length);
  assert.equal(openCompactProof(root, compact).ok, true);
});

import assert from "node:assert/strict";
import test from "node:test";
import type { Hash } from "@parahost/primitives";
import { BlockTree, type TreeBlock } from "./block-tree.ts";

const h = (name: string): Hash => name as Hash;

/** `grow(tree, "a", "b", "c*")` puts b on a and c on b; a star makes a block primary. */
function grow(tree: BlockTree, ...names: readonly string[]): void {
  let parent = tree.get(h(names[0] ?? ""));
  for (const name of names.slice(1)) {
    assert.ok(parent !== undefined);
    const block: TreeBlock = {
      hash: h(name.replace("*", "")),
      parent: parent.hash,
      number: parent.number + 1,
      weight: parent.weight + (name.endsWith("*") ? 1 : 0),
    };
    tree.insert(block);
    parent = block;
  }
}

const treeOf = (...chains: readonly (readonly string[])[]): BlockTree => {
  const tree = new BlockTree({ hash: h("g"), parent: h("none"), number: 0, weight: 0 });
  for (const chain of chains) grow(tree, ...chain);
  return tree;
};

const hashes = (blocks: readonly TreeBlock[] | undefined): readonly string[] | undefined =>
  blocks?.map((block) => block.hash);

test("the heaviest leaf is best, then the highest, then the first seen", () => {
  const tree = treeOf(["g", "a", "b"], ["g", "c"]);
  assert.equal(tree.best.hash, "b");
  grow(tree, "g", "d*");
  assert.equal(tree.best.hash, "d");
  grow(tree, "g", "e*");
  assert.equal(tree.best.hash, "d");
  grow(tree, "e", "f");
  assert.equal(tree.best.hash, "f");
  assert.deepEqual(hashes(tree.leaves()), ["f", "d", "b", "c"]);
});

test("a route retracts from the old head downwards and enacts upwards", () => {
  const tree = treeOf(["g", "a", "b", "c"], ["a", "d", "e"]);
  const route = tree.route(h("c"), h("e"));
  assert.equal(route.common.hash, "a");
  assert.deepEqual(hashes(route.retracted), ["c", "b"]);
  assert.deepEqual(hashes(route.enacted), ["d", "e"]);
  assert.deepEqual(hashes(tree.route(h("a"), h("c")).retracted), []);
});

test("ancestry questions outside the tree have no answer", () => {
  const tree = treeOf(["g", "a", "b"]);
  assert.equal(tree.isDescendant(h("x"), h("b")), false);
  assert.equal(tree.isDescendant(h("a"), h("x")), false);
  assert.equal(tree.isDescendant(h("b"), h("a")), false);
  assert.equal(tree.isDescendant(h("b"), h("b")), true);
  assert.equal(tree.ancestorAt(h("a"), 2), undefined);
  assert.equal(tree.pathTo(h("b"), h("a")), undefined);
});

test("finality drops the branches beside it and keeps what descends", () => {
  const tree = treeOf(["g", "a", "b", "c"], ["a", "d", "e"], ["g", "f"]);
  const { finalized, pruned } = tree.finalize(h("b"));
  assert.deepEqual(hashes(finalized), ["a", "b"]);
  assert.deepEqual([...(hashes(pruned) ?? [])].sort(), ["d", "e", "f"]);
  assert.ok(
    pruned.findIndex((x) => x.hash === h("e")) < pruned.findIndex((x) => x.hash === h("d")),
  );
  assert.equal(tree.size, 2);
  assert.equal(tree.finalized.hash, "b");
  assert.equal(tree.best.hash, "c");
  assert.equal(tree.ancestorAt(h("c"), 0), undefined);
});

test("finalizing a side branch moves the best head to it", () => {
  const tree = treeOf(["g", "a*", "b*"], ["g", "c"]);
  tree.finalize(h("c"));
  assert.equal(tree.best.hash, "c");
  assert.deepEqual(hashes(tree.leaves()), ["c"]);
});

test("a reverted block takes its descendants with it and its parent becomes a leaf", () => {
  const tree = treeOf(["g", "a", "b", "c"]);
  assert.equal(tree.revert(h("b")), true);
  assert.equal(tree.revert(h("b")), false);
  assert.equal(tree.best.hash, "a");
  assert.deepEqual(hashes(tree.leaves()), ["a"]);
  grow(tree, "c", "d*");
  assert.equal(tree.best.hash, "a");
  assert.equal(tree.isViable(h("d")), false);
  grow(tree, "a", "e");
  assert.equal(tree.best.hash, "e");
  assert.equal(tree.bestContaining(h("b")), undefined);
  assert.deepEqual(tree.reverted(), ["b"]);
});

test("when everything is reverted the finalized block is the leaf", () => {
  const tree = treeOf(["g", "a"], ["g", "b"]);
  tree.revert(h("a"));
  tree.revert(h("b"));
  assert.deepEqual(hashes(tree.leaves()), ["g"]);
  assert.equal(tree.revert(h("g")), false);
});

test("what was finalized against a revert is viable again, and so is what stands on it", () => {
  const tree = treeOf(["g", "a", "b"], ["g", "c"]);
  tree.revert(h("a"));
  assert.equal(tree.best.hash, "c");
  tree.finalize(h("a"));
  assert.equal(tree.best.hash, "b");
  assert.equal(tree.isViable(h("b")), true);
});

test("a revert above the finalized block outlives finality", () => {
  const tree = treeOf(["g", "a", "b", "c"]);
  tree.revert(h("c"));
  tree.finalize(h("a"));
  assert.equal(tree.best.hash, "b");
});

test("too many fork blocks push out the worst tips and never the best chain", () => {
  const tree = new BlockTree({ hash: h("g"), parent: h("none"), number: 0, weight: 0 }, 2);
  grow(tree, "g", "a*", "b*", "c*", "d*");
  grow(tree, "g", "x*", "y");
  assert.deepEqual(tree.evict(), []);
  grow(tree, "a", "z*");
  assert.deepEqual(hashes(tree.evict()), ["y"]);
  assert.equal(tree.has(h("x")), true);
  assert.equal(tree.best.hash, "d");
});

test("random trees answer as walking parent by parent does", () => {
  let seed = 7;
  const next = (bound: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * bound);
  };
  for (let run = 0; run < 20; run++) {
    const tree = new BlockTree({ hash: h("0"), parent: h("none"), number: 0, weight: 0 });
    const parents = new Map<string, string>();
    for (let i = 1; i < 120; i++) {
      // Mostly long chains, sometimes a fork far back.
      const parent = String(next(4) === 0 ? next(i) : Math.max(0, i - 1 - next(2)));
      if (!tree.has(h(parent))) continue;
      grow(tree, parent, String(i));
      parents.set(String(i), parent);
      if (next(40) === 0) {
        const leaves = tree.leaves();
        const leaf = leaves[next(leaves.length)];
        assert.ok(leaf !== undefined);
        const middle = Math.floor((leaf.number + tree.finalized.number) / 2);
        tree.finalize(tree.ancestorAt(leaf.hash, middle)?.hash ?? h("missing"));
      }
    }
    const up = (hash: string): string[] => {
      const chain = [hash];
      for (let at = hash; at !== tree.finalized.hash; ) {
        at = parents.get(at) ?? "";
        chain.push(at);
      }
      return chain;
    };
    const all = [...parents.keys()].filter((hash) => tree.has(h(hash)));
    for (const a of all)
      for (const b of all) {
        const chainA = up(a);
        const chainB = up(b);
        assert.equal(tree.isDescendant(h(a), h(b)), chainB.includes(a));
        const common = chainA.find((hash) => chainB.includes(hash));
        assert.equal(tree.commonAncestor(h(a), h(b)).hash, common);
        assert.deepEqual(hashes(tree.ancestors(h(a), 1000)), chainA);
      }
    assert.equal(tree.best, tree.leaves()[0]);
  }
});

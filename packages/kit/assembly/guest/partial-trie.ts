/**
 * The part of a state that a witness shows: reads of it, writes to it, and the root after all writes. A read or
 * write that leads to where the witness shows nothing ends the guest.
 */

import { Bytes } from "./bytes";
import { blake2b256 } from "./host";
import { Writer } from "./scale";
import { Child, Node, nibblesOf } from "./trie-node";
import { Witness } from "./witness";

/** Hash of the encoding of a trie without entries. */
function emptyRoot(): Bytes {
  return blake2b256(Bytes.fresh(1));
}

export class PartialTrie {
  private root: Child | null;

  constructor(
    root: Bytes,
    private readonly witness: Witness,
  ) {
    this.root = root.equals(emptyRoot()) ? null : new Child(root, null);
  }

  /** The value under a key, `null` if the state has none. */
  get(key: Bytes): Bytes | null {
    const path = nibblesOf(key);
    let depth = 0;
    let child = this.root;
    while (child) {
      const node = child.open(this.witness);
      const partial = node.partial;
      if (sharedLength(partial, path, depth) < partial.length) return null;
      depth += partial.length;
      if (depth == path.length) return node.readValue(this.witness);
      child = node.child(path.at(depth));
      depth += 1;
    }
    return null;
  }

  set(key: Bytes, value: Bytes): void {
    const path = nibblesOf(key);
    const root = this.root;
    this.root = root ? this.setBelow(root, path, 0, value) : newLeaf(path, 0, value);
  }

  /** The subtree with the value in it. */
  private setBelow(child: Child, path: Bytes, depth: i32, value: Bytes): Child {
    const node = child.openToChange(this.witness);
    const partial = node.partial;
    const shared = sharedLength(partial, path, depth);
    if (shared < partial.length) {
      // The paths part within this node: a branch takes its place, with the node below.
      const branch = new Node(partial.slice(0, shared));
      branch.setChild(partial.at(shared), child);
      node.partial = partial.slice(shared + 1, partial.length);
      this.setIn(branch, path, depth + shared, value);
      return new Child(null, branch);
    }
    this.setIn(node, path, depth + shared, value);
    return child;
  }

  /** Puts the value into a node whose path is the key's first `depth` digits, or below it. */
  private setIn(node: Node, path: Bytes, depth: i32, value: Bytes): void {
    if (depth == path.length) {
      node.setValue(value);
      return;
    }
    const nibble = path.at(depth);
    const below = node.child(nibble);
    node.setChild(
      nibble,
      below ? this.setBelow(below, path, depth + 1, value) : newLeaf(path, depth + 1, value),
    );
  }

  /** The root with all that was set. */
  rootHash(): Bytes {
    const root = this.root;
    if (!root) return emptyRoot();
    const known = root.reference;
    // Alone among the nodes, the root is named by its hash however short it is.
    return known ? known : blake2b256((root.node as Node).encode(new Writer(1024)));
  }
}

function newLeaf(path: Bytes, depth: i32, value: Bytes): Child {
  const leaf = new Node(path.slice(depth, path.length));
  leaf.setValue(value);
  return new Child(null, leaf);
}

/** How many digits of `partial` the path has from `depth` on. */
function sharedLength(partial: Bytes, path: Bytes, depth: i32): i32 {
  const most = min(partial.length, path.length - depth);
  let shared = 0;
  while (shared < most && partial.at(shared) == path.at(depth + shared)) shared += 1;
  return shared;
}

/**
 * The part of a state that a witness shows: reads of it, writes to it, and the root after all writes. What leads
 * to where the witness shows nothing ends the guest.
 */

import { Bytes } from "./bytes";
import { blake2b256 } from "./host";
import { Writer } from "./scale";
import { Child, Node, nibblesOf } from "./trie-node";
import { NodeSource } from "./witness";

/** Hash of the encoding of a trie without entries. */
function emptyRoot(): Bytes {
  return blake2b256(Bytes.fresh(1));
}

export class PartialTrie {
  private root: Child | null;

  constructor(
    root: Bytes,
    private readonly source: NodeSource,
  ) {
    this.root = root.equals(emptyRoot()) ? null : new Child(root, null);
  }

  /** The value under a key, `null` if the state has none. */
  get(key: Bytes): Bytes | null {
    const node = this.nodeAt(key);
    return node ? node.readValue(this.source) : null;
  }

  /** Hash of a value that stands apart, without looking at it; `null` for any other. */
  valueHash(key: Bytes): Bytes | null {
    const node = this.nodeAt(key);
    return node && node.isValueHashed ? node.value : null;
  }

  /** The node in which the key's value stands, if the key leads to a node. */
  private nodeAt(key: Bytes): Node | null {
    const path = nibblesOf(key);
    let depth = 0;
    let child = this.root;
    while (child) {
      const node = child.open(this.source);
      const partial = node.partial;
      if (sharedLength(partial, path, depth) < partial.length) return null;
      depth += partial.length;
      if (depth == path.length) return node;
      child = node.child(path.at(depth));
      depth += 1;
    }
    return null;
  }

  set(key: Bytes, value: Bytes): void {
    this.place(key).setValue(value);
  }

  /** As `set`, of a value that is known by its hash only. */
  setHash(key: Bytes, hash: Bytes): void {
    this.place(key).setValueHash(hash);
  }

  /** The node for the key's value, made where there is none: a value must be put into it. */
  private place(key: Bytes): Node {
    const path = nibblesOf(key);
    const node = new Place();
    const root = this.root;
    this.root = root ? this.placeBelow(root, path, 0, node) : newLeaf(path, 0, node);
    return node.found as Node;
  }

  /** The subtree with the place in it. */
  private placeBelow(child: Child, path: Bytes, depth: i32, place: Place): Child {
    const node = child.openToChange(this.source);
    const partial = node.partial;
    const shared = sharedLength(partial, path, depth);
    if (shared < partial.length) {
      // The paths part within this node: a branch takes its place, with the node below.
      const branch = new Node(partial.slice(0, shared));
      branch.setChild(partial.at(shared), child);
      node.partial = partial.slice(shared + 1, partial.length);
      this.placeIn(branch, path, depth + shared, place);
      return new Child(null, branch);
    }
    this.placeIn(node, path, depth + shared, place);
    return child;
  }

  /** The place is a node whose path is the key's first `depth` digits, or below it. */
  private placeIn(node: Node, path: Bytes, depth: i32, place: Place): void {
    if (depth == path.length) {
      place.found = node;
      return;
    }
    const nibble = path.at(depth);
    const below = node.child(nibble);
    node.setChild(
      nibble,
      below ? this.placeBelow(below, path, depth + 1, place) : newLeaf(path, depth + 1, place),
    );
  }

  /** Takes an entry out, if it is there. */
  remove(key: Bytes): void {
    const root = this.root;
    // Only what is there may change nodes on the way to it.
    if (!root || !this.get(key)) return;
    this.root = this.removeBelow(root, nibblesOf(key), 0);
  }

  /** The subtree without the value, `null` if nothing is left of it. */
  private removeBelow(child: Child, path: Bytes, depth: i32): Child | null {
    const node = child.openToChange(this.source);
    depth += node.partial.length;
    if (depth == path.length) {
      node.removeValue();
    } else {
      const nibble = path.at(depth);
      const below = node.child(nibble);
      const left = below ? this.removeBelow(below, path, depth + 1) : null;
      if (left) node.setChild(nibble, left);
      else node.removeChild(nibble);
    }
    if (node.value) return child;
    const first = node.firstChild(0);
    if (first < 0) return null;
    return node.firstChild(first + 1) < 0 ? this.joined(node, first) : child;
  }

  /** The only child of a node without a value, in that node's place. */
  private joined(node: Node, nibble: i32): Child {
    const only = node.child(nibble) as Child;
    const below = only.openToChange(this.source);
    const partial = Bytes.fresh(node.partial.length + 1 + below.partial.length);
    memory.copy(partial.pointer, node.partial.pointer, node.partial.length);
    store<u8>(partial.pointer + node.partial.length, <u8>nibble);
    memory.copy(
      partial.pointer + node.partial.length + 1,
      below.partial.pointer,
      below.partial.length,
    );
    below.partial = partial;
    return only;
  }

  /**
   * The smallest key behind `key` among those that begin with `prefix`, `null` if there is none. Opens nothing
   * that has another beginning.
   */
  next(key: Bytes, prefix: Bytes): Bytes | null {
    const root = this.root;
    if (!root) return null;
    const digits = this.nextBelow(root, Bytes.fresh(0), nibblesOf(key), nibblesOf(prefix));
    return digits ? packed(digits) : null;
  }

  /** As `next`, in the subtree that stands behind the digits `above`. */
  private nextBelow(child: Child, above: Bytes, after: Bytes, prefix: Bytes): Bytes | null {
    const node = child.open(this.source);
    const path = joinedDigits(above, node.partial);
    if (!agree(path, prefix)) return null;
    const shared = sharedLength(path, after, 0);
    let from = 0;
    if (shared < path.length) {
      // All keys of this subtree stand on one side of `after`.
      if (shared < after.length && path.at(shared) < after.at(shared)) return null;
      if (node.value && path.length >= prefix.length) return path;
    } else if (path.length < after.length) {
      from = after.at(path.length);
    }
    for (let nibble = node.firstChild(from); nibble >= 0; nibble = node.firstChild(nibble + 1)) {
      const begins = joinedDigits(path, digit(<u8>nibble));
      if (!agree(begins, prefix)) continue;
      const found = this.nextBelow(node.child(nibble) as Child, begins, after, prefix);
      if (found) return found;
    }
    return null;
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

/** The node that is looked for, once it is found. */
class Place {
  found: Node | null = null;
}

function newLeaf(path: Bytes, depth: i32, place: Place): Child {
  const leaf = new Node(path.slice(depth, path.length));
  place.found = leaf;
  return new Child(null, leaf);
}

function digit(value: u8): Bytes {
  const one = Bytes.fresh(1);
  store<u8>(one.pointer, value);
  return one;
}

function joinedDigits(first: Bytes, second: Bytes): Bytes {
  const joined = Bytes.fresh(first.length + second.length);
  memory.copy(joined.pointer, first.pointer, first.length);
  memory.copy(joined.pointer + first.length, second.pointer, second.length);
  return joined;
}

/** Whether one of them begins with the other. */
function agree(path: Bytes, prefix: Bytes): bool {
  return sharedLength(path, prefix, 0) == min(path.length, prefix.length);
}

/** Two digits to a byte. */
function packed(digits: Bytes): Bytes {
  const bytes = Bytes.fresh(digits.length >> 1);
  for (let index = 0; index < bytes.length; index++)
    store<u8>(bytes.pointer + index, (digits.at(2 * index) << 4) | digits.at(2 * index + 1));
  return bytes;
}

/** How many digits of `partial` the path has from `depth` on. */
function sharedLength(partial: Bytes, path: Bytes, depth: i32): i32 {
  const most = min(partial.length, path.length - depth);
  let shared = 0;
  while (shared < most && partial.at(shared) == path.at(depth + shared)) shared += 1;
  return shared;
}

/**
 * Walking a trie: a value by its key, the next key, keys under a prefix. All walks are loops, not
 * recursions, since the depth of a trie somebody else made is theirs to choose.
 *
 * With a recorder every node that answered is noted: those nodes are a proof of the answers.
 */
import { type Hex, hexToBytes } from "@parahost/base";
import { malformedNode } from "./error.ts";
import { digitOf, keyAt, type Nibbles, nibbleAt, pathOf } from "./nibbles.ts";
import { EMPTY_ROOT } from "./node.ts";
import type { LoadedNode, NodeCache } from "./node-cache.ts";
import type { StoredValue } from "./stored-value.ts";

/** The nodes that answered reads, each once, in the order in which they were first met. */
export class ProofRecorder {
  readonly #nodes = new Map<Hex, Uint8Array>();
  #bytes = 0;

  /** Bytes of all nodes together. */
  get byteLength(): number {
    return this.#bytes;
  }

  /** Number of nodes. */
  get size(): number {
    return this.#nodes.size;
  }

  record(hash: Hex, encoded: Uint8Array): void {
    if (this.#nodes.has(hash)) return;
    this.#nodes.set(hash, encoded);
    this.#bytes += encoded.length;
  }

  /** What was recorded, as a storage proof. */
  proof(): Uint8Array[] {
    return [...this.#nodes.values()];
  }
}

/** A node on a walk with the path to its end, its own partial key included. */
interface Visited {
  readonly at: LoadedNode;
  readonly path: Nibbles;
}

export class TrieReader {
  readonly #cache: NodeCache;
  readonly #recorder: ProofRecorder | undefined;

  constructor(cache: NodeCache, recorder?: ProofRecorder) {
    this.#cache = cache;
    this.#recorder = recorder;
  }

  /** The node under a hash. */
  node(hash: Hex): LoadedNode {
    const loaded = this.#cache.node(hash);
    this.#recorder?.record(hash, loaded.node.encoded);
    return loaded;
  }

  /** The root node; a trie without entries has none. */
  root(root: Hex): LoadedNode | undefined {
    return root === EMPTY_ROOT ? undefined : this.node(root);
  }

  child(parent: LoadedNode, nibble: number): LoadedNode | undefined {
    const hash = parent.childHash(nibble);
    return hash === undefined ? parent.embeddedChild(nibble) : this.node(hash);
  }

  /** The value in a node, wherever its bytes lie. */
  value(at: LoadedNode): StoredValue | undefined {
    const { value } = at.node;
    if (value === undefined) return undefined;
    if (value.type === "inline") return value.stored;
    const hash = at.valueHash() as Hex;
    const stored = this.#cache.value(hash);
    this.#recorder?.record(hash, stored.bytes);
    return stored;
  }

  get(root: Hex, key: Hex): StoredValue | undefined {
    const path = pathOf(key);
    let at = this.root(root);
    let depth = 0;
    while (at !== undefined) {
      const { partial } = at.node;
      if (!path.startsWith(partial, depth)) return undefined;
      depth += partial.length;
      if (depth === path.length) return this.value(at);
      at = this.child(at, nibbleAt(path, depth));
      depth += 1;
    }
    return undefined;
  }

  /** The smallest key greater than `key`. */
  nextKey(root: Hex, key: Hex): Hex | undefined {
    const target = pathOf(key);
    let at = this.root(root);
    let above: Nibbles = "";
    /** The nearest subtree to the right of the walk so far. */
    let right: { readonly parent: Visited; readonly nibble: number } | undefined;
    while (at !== undefined) {
      const path: Nibbles = above + at.node.partial;
      if (!target.startsWith(path)) {
        if (path > target) return this.#firstKey({ at, path });
        break;
      }
      const nibble = path.length < target.length ? nibbleAt(target, path.length) : -1;
      const following = nextChild(at, nibble + 1);
      if (following !== undefined) right = { parent: { at, path }, nibble: following };
      if (nibble < 0) break;
      at = this.child(at, nibble);
      above = path + digitOf(nibble);
    }
    return right === undefined
      ? undefined
      : this.#firstKey(this.#descend(right.parent, right.nibble));
  }

  /** All keys that begin with `prefix`, ascending. */
  *keysWithPrefix(root: Hex, prefix: Hex): Generator<Hex, void, void> {
    const top = this.#subtree(root, pathOf(prefix));
    if (top === undefined) return;
    if (top.at.node.value !== undefined) yield keyOfValue(top.path);
    const stack: { readonly visited: Visited; next: number }[] = [{ visited: top, next: 0 }];
    for (;;) {
      const frame = stack.at(-1);
      if (frame === undefined) return;
      const nibble = nextChild(frame.visited.at, frame.next);
      if (nibble === undefined) {
        stack.pop();
        continue;
      }
      frame.next = nibble + 1;
      const child = this.#descend(frame.visited, nibble);
      if (child.at.node.value !== undefined) yield keyOfValue(child.path);
      if (child.at.node.children !== undefined) stack.push({ visited: child, next: 0 });
    }
  }

  /**
   * What a parent holds of the highest node whose keys all begin with `prefix`: its hash, or the node
   * itself where it is shorter than one. `undefined` when no key does.
   */
  merkleValue(root: Hex, prefix: Hex): Uint8Array | undefined {
    const wanted = pathOf(prefix);
    let at = this.root(root);
    let reference: Uint8Array | undefined = hexToBytes(root);
    let above: Nibbles = "";
    while (at !== undefined) {
      const path = above + at.node.partial;
      if (path.startsWith(wanted)) return reference;
      if (!wanted.startsWith(path)) return undefined;
      const nibble = nibbleAt(wanted, path.length);
      reference = at.node.children?.[nibble];
      at = this.child(at, nibble);
      above = path + digitOf(nibble);
    }
    return undefined;
  }

  /** The highest node whose keys all begin with `prefix`. */
  #subtree(root: Hex, prefix: Nibbles): Visited | undefined {
    let at = this.root(root);
    let above: Nibbles = "";
    while (at !== undefined) {
      const path = above + at.node.partial;
      if (path.startsWith(prefix)) return { at, path };
      if (!prefix.startsWith(path)) return undefined;
      const nibble = nibbleAt(prefix, path.length);
      at = this.child(at, nibble);
      above = path + digitOf(nibble);
    }
    return undefined;
  }

  #descend(parent: Visited, nibble: number): Visited {
    const at = this.child(parent.at, nibble);
    if (at === undefined) throw malformedNode("a child that is not there");
    return { at, path: parent.path + digitOf(nibble) + at.node.partial };
  }

  #firstKey(from: Visited): Hex {
    let visited = from;
    while (visited.at.node.value === undefined) {
      const nibble = nextChild(visited.at, 0);
      if (nibble === undefined) throw malformedNode("a leaf without a value");
      visited = this.#descend(visited, nibble);
    }
    return keyOfValue(visited.path);
  }
}

/** Only a state that no host builds has values at half bytes. */
function keyOfValue(path: Nibbles): Hex {
  if (path.length % 2 !== 0) throw malformedNode(`a value at half a byte: ${path}`);
  return keyAt(path);
}

function nextChild({ node }: LoadedNode, from: number): number | undefined {
  if (node.children === undefined) return undefined;
  for (let nibble = from; nibble < 16; nibble++)
    if (node.children[nibble] !== undefined) return nibble;
  return undefined;
}

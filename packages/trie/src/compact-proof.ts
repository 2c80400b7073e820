/**
 * Compact proofs: the items of a storage proof in pre-order, where a reference to a child that follows
 * is left out, so that almost no hash is sent. A detached value that is included follows its node at
 * once, and the node is marked and written as if its value were empty. Child tries follow the main
 * trie, in the order of their keys.
 *
 * An item is sent once: at later places its hash stays, and readers look up by hash anyway. So neither
 * side ever handles more items than there are distinct nodes and values, however often they
 * occur in the trie.
 *
 * Reference: consensus and sync, 2.7.
 */
import { bytesToHex, EMPTY_BYTES, err, type Hex, ok, type Result } from "@parahost/base";
import { blake2b256 } from "@parahost/crypto";
import { malformedNode, missingNode, TrieError } from "./error.ts";
import { knownChildRoots } from "./known-child-roots.ts";
import {
  COMPACT_ESCAPE,
  decodeNode,
  EMPTY_NODE,
  EMPTY_ROOT,
  HASH_LENGTH,
  NodeWriter,
  type TrieNode,
  type ValueForm,
} from "./node.ts";
import { NodeCache } from "./node-cache.ts";
import { TrieBackend } from "./state-backend.ts";

/** Items of a compact proof: about twice what the largest PoV in use needs. */
export const COMPACT_PROOF_MAX_ITEMS = 65_536;

export type CompactProofError =
  | { readonly code: "tooManyItems"; readonly items: number }
  /** The list ends where an item must follow. */
  | { readonly code: "endsEarly"; readonly items: number }
  | { readonly code: "malformedItem"; readonly index: number; readonly reason: string }
  | { readonly code: "wrongRoot"; readonly root: Hex }
  /** A trie that is no child of the main one. */
  | { readonly code: "unknownChild"; readonly root: Hex }
  /** Items after the last trie that the state has. */
  | { readonly code: "surplusItems"; readonly from: number };

// Encoding

/**
 * The compact form of a storage proof for `root`. Items that the root does not lead to are left
 * out. Throws `TrieError` when the root itself is missing or a node is malformed.
 */
export function encodeCompactProof(root: Hex, proof: readonly Uint8Array[]): Uint8Array[] {
  const items = new Map(proof.map((item) => [bytesToHex(blake2b256(item)), item]));
  const encoder = new CompactEncoder(items);
  encoder.trie(root);
  for (const childRoot of knownChildRoots(items, new NodeCache(items), root))
    if (encoder.has(childRoot)) encoder.trie(childRoot);
  return encoder.sent;
}

class CompactEncoder {
  readonly sent: Uint8Array[] = [];
  /** What has not been sent or promised yet. */
  readonly #left: Map<Hex, Uint8Array>;
  readonly #writer = new NodeWriter();

  constructor(items: ReadonlyMap<Hex, Uint8Array>) {
    this.#left = new Map(items);
  }

  has(hash: Hex): boolean {
    return this.#left.has(hash);
  }

  trie(root: Hex): void {
    if (root === EMPTY_ROOT) {
      this.sent.push(EMPTY_NODE);
      return;
    }
    const top = this.#claim(root);
    if (top === undefined) throw missingNode(root);
    const waiting = [top];
    for (let encoded = waiting.pop(); encoded !== undefined; encoded = waiting.pop()) {
      const node = decodeNode(encoded);
      const value =
        node.value?.type === "hashed" ? this.#claim(bytesToHex(node.value.hash)) : undefined;
      const following: Uint8Array[] = [];
      const references = node.children?.map((reference) => {
        if (reference?.length !== HASH_LENGTH) return reference;
        const child = this.#claim(bytesToHex(reference));
        if (child === undefined) return reference;
        following.push(child);
        return EMPTY_BYTES;
      });
      if (value === undefined && following.length === 0) this.sent.push(encoded);
      else this.#write(node, value !== undefined, references);
      if (value !== undefined) this.sent.push(value);
      waiting.push(...following.reverse());
    }
  }

  #claim(hash: Hex): Uint8Array | undefined {
    const item = this.#left.get(hash);
    this.#left.delete(hash);
    return item;
  }

  #write(
    node: TrieNode,
    escaped: boolean,
    references: readonly (Uint8Array | undefined)[] | undefined,
  ): void {
    const value = escaped ? EMPTY_BYTES : valueBytes(node);
    const form = escaped ? "inline" : (node.value?.type ?? "none");
    const encoded = writeNode(this.#writer, node.partial, form, value, references);
    if (!escaped) {
      this.sent.push(encoded.slice());
      return;
    }
    const marked = new Uint8Array(1 + encoded.length);
    marked[0] = COMPACT_ESCAPE;
    marked.set(encoded, 1);
    this.sent.push(marked);
  }
}

function valueBytes({ value }: TrieNode): Uint8Array | undefined {
  return value?.type === "inline" ? value.stored.bytes : value?.hash;
}

function writeNode(
  writer: NodeWriter,
  partial: string,
  form: ValueForm,
  value: Uint8Array | undefined,
  children: readonly (Uint8Array | undefined)[] | undefined,
): Uint8Array {
  writer.begin(children !== undefined, form, partial, 0, partial.length);
  if (children !== undefined) {
    let bitmap = 0;
    children.forEach((child, nibble) => {
      if (child !== undefined) bitmap |= 1 << nibble;
    });
    writer.bitmap(bitmap);
  }
  if (value !== undefined) {
    if (form === "inline") writer.inlineValue(value);
    else writer.raw(value);
  }
  for (const child of children ?? []) if (child !== undefined) writer.child(child);
  return writer.view();
}

// Decoding

/** The nodes and values of a compact proof by hash, once it has been checked against the root. */
export function decodeCompactProof(
  root: Hex,
  items: readonly Uint8Array[],
  maxItems: number = COMPACT_PROOF_MAX_ITEMS,
): Result<ReadonlyMap<Hex, Uint8Array>, CompactProofError> {
  if (items.length > maxItems) return err({ code: "tooManyItems", items: items.length });
  const decoder = new CompactDecoder(items);
  try {
    const main = decoder.trie();
    if (main !== root) return err({ code: "wrongRoot", root: main });
    // A child whose root was read but whose nodes were not has no part in the list.
    let decoded: Hex | undefined;
    for (const childRoot of knownChildRoots(decoder.nodes, new NodeCache(decoder.nodes), root)) {
      if (decoded === undefined && decoder.at < items.length) decoded = decoder.trie();
      if (decoded === childRoot) decoded = undefined;
    }
    if (decoded !== undefined) return err({ code: "unknownChild", root: decoded });
  } catch (error) {
    if (error instanceof EndsEarly) return err({ code: "endsEarly", items: items.length });
    if (!(error instanceof TrieError)) throw error;
    return err({ code: "malformedItem", index: decoder.at - 1, reason: error.message });
  }
  if (decoder.at < items.length) return err({ code: "surplusItems", from: decoder.at });
  return ok(decoder.nodes);
}

/** The state of a compact proof. */
export function openCompactProof(
  root: Hex,
  items: readonly Uint8Array[],
  maxItems: number = COMPACT_PROOF_MAX_ITEMS,
): Result<TrieBackend, CompactProofError> {
  const nodes = decodeCompactProof(root, items, maxItems);
  if (!nodes.ok) return nodes;
  return ok(new TrieBackend(new NodeCache(nodes.value, Math.max(1, nodes.value.size)), root));
}

class EndsEarly extends Error {}

/** A node whose children are still arriving. */
interface Unfinished {
  readonly partial: string;
  readonly form: ValueForm;
  readonly value: Uint8Array | undefined;
  readonly children: (Uint8Array | undefined)[] | undefined;
  /** Children left out, the next one last. */
  readonly awaited: number[];
}

class CompactDecoder {
  readonly nodes = new Map<Hex, Uint8Array>();
  /** The next item. */
  at = 0;
  readonly #items: readonly Uint8Array[];
  readonly #writer = new NodeWriter();

  constructor(items: readonly Uint8Array[]) {
    this.#items = items;
  }

  /** Takes the items of one trie; its root. */
  trie(): Hex {
    if (this.#items[this.at]?.length === 1 && this.#items[this.at]?.[0] === EMPTY_NODE[0]) {
      this.at += 1;
      return EMPTY_ROOT;
    }
    const path: Unfinished[] = [this.#begin()];
    for (;;) {
      const node = path.at(-1) as Unfinished;
      if (node.awaited.length > 0) {
        path.push(this.#begin());
        continue;
      }
      const hash = this.#finish(node);
      path.pop();
      const parent = path.at(-1);
      if (parent === undefined) return bytesToHex(hash);
      (parent.children as (Uint8Array | undefined)[])[parent.awaited.pop() as number] = hash;
    }
  }

  #next(): Uint8Array {
    const item = this.#items[this.at];
    if (item === undefined) throw new EndsEarly();
    this.at += 1;
    return item;
  }

  #begin(): Unfinished {
    const item = this.#next();
    const escaped = item[0] === COMPACT_ESCAPE;
    const node = decodeNode(escaped ? item.subarray(1) : item);
    let value = valueBytes(node);
    let form: ValueForm = node.value?.type ?? "none";
    if (escaped) {
      if (form !== "inline" || value?.length !== 0)
        throw malformedNode("a marked node that does not leave its value out");
      form = "hashed";
      const detached = this.#next();
      value = blake2b256(detached);
      this.nodes.set(bytesToHex(value), detached);
    }
    const awaited: number[] = [];
    for (let nibble = 15; nibble >= 0; nibble--)
      if (node.children?.[nibble]?.length === 0) awaited.push(nibble);
    return { partial: node.partial, form, value, children: node.children?.slice(), awaited };
  }

  #finish({ partial, form, value, children }: Unfinished): Uint8Array {
    const encoded = writeNode(this.#writer, partial, form, value, children);
    const hash = blake2b256(encoded);
    this.nodes.set(bytesToHex(hash), encoded.slice());
    return hash;
  }
}

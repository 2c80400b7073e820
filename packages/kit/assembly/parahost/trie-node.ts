/**
 * A node of the state trie in the relay chain's format: header, partial key, bitmap of children, value, children. A
 * child is named by its encoding when that is shorter than 32 bytes, else by the hash of it. Values longer than 32
 * bytes are named by their hash (state version 1).
 */

import { Bytes } from "./bytes";
import { blake2b256, HASH_BYTES } from "./host";
import { Reader, Writer } from "./scale";
import { NodeSource } from "./witness";

/** Longest value that stays in its node. */
const INLINE_VALUE_MAX: i32 = 32;

const LEAF: u8 = 0x40;
const BRANCH: u8 = 0x80;
const BRANCH_WITH_VALUE: u8 = 0xc0;
const LEAF_HASHED: u8 = 0x20;
const BRANCH_HASHED: u8 = 0x10;

/** A subtree: named only, or opened into a node as well. */
export class Child {
  /** The name, as long as nothing below has changed. */
  reference: Bytes | null;
  node: Node | null;

  constructor(reference: Bytes | null, node: Node | null) {
    this.reference = reference;
    this.node = node;
  }

  /** The node, taken from the witness when it is first asked for. */
  open(source: NodeSource): Node {
    const known = this.node;
    if (known) return known;
    const reference = this.reference as Bytes;
    const encoded = reference.length == HASH_BYTES ? source.find(reference) : reference;
    const node = Node.decode(encoded);
    this.node = node;
    return node;
  }

  /** The node, about to be changed. */
  openToChange(source: NodeSource): Node {
    const node = this.open(source);
    this.reference = null;
    return node;
  }

  /** The name after all changes. */
  close(writer: Writer): Bytes {
    const known = this.reference;
    if (known) return known;
    const encoded = (this.node as Node).encode(writer);
    const reference = encoded.length < HASH_BYTES ? encoded : blake2b256(encoded);
    this.reference = reference;
    return reference;
  }
}

export class Node {
  /** One digit of the key per byte. */
  partial: Bytes;
  /** The value, or its hash where it stands apart; `null` without one. */
  value: Bytes | null = null;
  isValueHashed: bool = false;
  /** A value that was set here, whatever stands for it; no witness has it. */
  private setHere: Bytes | null = null;
  /** Sixteen places of a branch; `null` for a leaf. */
  children: StaticArray<Child | null> | null = null;

  constructor(partial: Bytes) {
    this.partial = partial;
  }

  setValue(value: Bytes): void {
    this.isValueHashed = value.length > INLINE_VALUE_MAX;
    this.value = this.isValueHashed ? blake2b256(value) : value;
    this.setHere = value;
  }

  /** The value that hashes to this, whatever it is: it cannot be read in this block. */
  setValueHash(hash: Bytes): void {
    this.isValueHashed = true;
    this.value = hash;
    this.setHere = null;
  }

  /** The value itself, from the witness where it stands apart. */
  readValue(source: NodeSource): Bytes | null {
    const value = this.value;
    if (!value || !this.isValueHashed) return value;
    const known = this.setHere;
    return known ? known : source.find(value);
  }

  child(nibble: i32): Child | null {
    const children = this.children;
    return children ? children[nibble] : null;
  }

  setChild(nibble: i32, child: Child): void {
    let children = this.children;
    if (!children) {
      children = new StaticArray<Child | null>(16);
      this.children = children;
    }
    children[nibble] = child;
  }

  removeValue(): void {
    this.value = null;
    this.isValueHashed = false;
    this.setHere = null;
  }

  /** Takes a child off; a node without any is no branch any more. */
  removeChild(nibble: i32): void {
    const children = this.children;
    if (!children) return;
    children[nibble] = null;
    if (this.firstChild(0) < 0) this.children = null;
  }

  /** The first digit from `from` on that has a child, -1 without one. */
  firstChild(from: i32): i32 {
    const children = this.children;
    if (!children) return -1;
    for (let nibble = from; nibble < 16; nibble++) if (children[nibble]) return nibble;
    return -1;
  }

  // Decoding: refuses what no encoder writes.

  static decode(encoded: Bytes): Node {
    const reader = new Reader(encoded);
    const first = reader.u8();
    let countBits: i32 = 6;
    let isBranch = first >= BRANCH;
    let isHashed = false;
    if (first < BRANCH && first < LEAF) {
      assert(first >= BRANCH_HASHED, "a node of unknown kind");
      isHashed = true;
      isBranch = first < LEAF_HASHED;
      countBits = isBranch ? 4 : 5;
    }
    const node = new Node(readPartial(reader, first, countBits));
    let bitmap: u16 = 0;
    if (isBranch) {
      bitmap = load<u16>(reader.bytes(2).pointer);
      assert(bitmap != 0, "a branch without children");
    }
    if (isHashed) {
      node.value = reader.bytes(HASH_BYTES);
      node.isValueHashed = true;
    } else if (!isBranch || first >= BRANCH_WITH_VALUE) {
      node.value = reader.blob();
    }
    if (isBranch) {
      for (let nibble = 0; nibble < 16; nibble++) {
        if (((bitmap >> <u16>nibble) & 1) == 0) continue;
        const reference = reader.blob();
        assert(reference.length <= HASH_BYTES, "a child with too long a name");
        node.setChild(nibble, new Child(reference, null));
      }
    }
    reader.end();
    return node;
  }

  /** The encoding, children first; the writer is used for one node at a time. */
  encode(writer: Writer): Bytes {
    const children = this.children;
    let bitmap: u16 = 0;
    if (children) {
      for (let nibble = 0; nibble < 16; nibble++) {
        const child = children[nibble];
        if (!child) continue;
        bitmap |= <u16>1 << <u16>nibble;
        child.close(writer);
      }
    }
    writer.reset();
    this.writeHeader(writer);
    if (children) writer.u16(bitmap);
    const value = this.value;
    if (value) {
      if (this.isValueHashed) writer.bytes(value);
      else writer.blob(value);
    }
    if (children) {
      for (let nibble = 0; nibble < 16; nibble++) {
        const child = children[nibble];
        if (child) writer.blob(child.reference as Bytes);
      }
    }
    return writer.copy();
  }

  private writeHeader(writer: Writer): void {
    const isBranch = this.children != null;
    let pattern: u8;
    let countBits: i32 = 6;
    if (this.value && this.isValueHashed) {
      pattern = isBranch ? BRANCH_HASHED : LEAF_HASHED;
      countBits = isBranch ? 4 : 5;
    } else if (isBranch) {
      pattern = this.value ? BRANCH_WITH_VALUE : BRANCH;
    } else {
      pattern = LEAF;
    }
    const most = (1 << countBits) - 1;
    const count = this.partial.length;
    if (count < most) {
      writer.u8(pattern | <u8>count);
    } else {
      writer.u8(pattern | <u8>most);
      let rest = count - most;
      for (; rest >= 255; rest -= 255) writer.u8(255);
      writer.u8(<u8>rest);
    }
    let at = 0;
    if (count & 1) writer.u8(this.partial.at(at++));
    for (; at < count; at += 2)
      writer.u8((this.partial.at(at) << 4) | this.partial.at(at + 1));
  }
}

function readPartial(reader: Reader, first: u8, countBits: i32): Bytes {
  const most = (1 << countBits) - 1;
  let count = <i32>first & most;
  if (count == most) {
    for (;;) {
      const more = <i32>reader.u8();
      count += more;
      if (more < 255) break;
    }
  }
  const packed = reader.bytes((count + 1) >> 1);
  const digits = nibblesOf(packed);
  if ((count & 1) == 0) return digits;
  assert(digits.at(0) == 0, "padding of a partial key is set");
  return digits.slice(1, digits.length);
}

/** Two digits for each byte, one digit per byte. */
export function nibblesOf(bytes: Bytes): Bytes {
  const digits = Bytes.fresh(2 * bytes.length);
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes.at(index);
    store<u8>(digits.pointer + 2 * index, byte >> 4);
    store<u8>(digits.pointer + 2 * index + 1, byte & 15);
  }
  return digits;
}

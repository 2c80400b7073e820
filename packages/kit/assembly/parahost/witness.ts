/**
 * The nodes that a block brings along, found by their hash. Each must be there once and be looked at: a block with
 * less than it touches cannot be checked, and one with more makes everybody carry what nobody needs.
 */

import { Bytes } from "./bytes";
import { blake2b256 } from "./host";
import { Reader } from "./scale";

/** A node has at least a header and something behind it. */
const NODE_BYTES_MIN: i32 = 2;

/** Where nodes of a trie come from. */
export abstract class NodeSource {
  /** What hashes to `hash`; ends the guest where it is not to be had. */
  abstract find(hash: Bytes): Bytes;
}

export class Witness extends NodeSource {
  private readonly nodes: StaticArray<Bytes>;
  private readonly hashes: StaticArray<Bytes>;
  private readonly isUsed: StaticArray<bool>;
  /** Open addressing by the first bytes of the hash: position in `nodes` plus one, 0 for free. */
  private readonly slots: StaticArray<i32>;
  private usedCount: i32 = 0;

  constructor(nodes: StaticArray<Bytes>) {
    super();
    const count = nodes.length;
    let slotCount = 4;
    while (slotCount < 2 * count) slotCount <<= 1;
    this.nodes = nodes;
    this.hashes = new StaticArray<Bytes>(count);
    this.isUsed = new StaticArray<bool>(count);
    this.slots = new StaticArray<i32>(slotCount);
    for (let index = 0; index < count; index++) {
      const hash = blake2b256(nodes[index]);
      this.hashes[index] = hash;
      const slot = this.slotOf(hash);
      assert(this.slots[slot] == 0, "the witness has a node twice");
      this.slots[slot] = index + 1;
    }
  }

  /** Nodes as a SCALE vector of byte strings. */
  static read(reader: Reader): Witness {
    const count = reader.count(1 + NODE_BYTES_MIN);
    const nodes = new StaticArray<Bytes>(count);
    for (let index = 0; index < count; index++) nodes[index] = reader.blob();
    return new Witness(nodes);
  }

  /** Where the hash is, or would be. */
  private slotOf(hash: Bytes): i32 {
    const mask = this.slots.length - 1;
    let slot = <i32>load<u32>(hash.pointer) & mask;
    while (this.slots[slot] != 0 && !this.hashes[this.slots[slot] - 1].equals(hash))
      slot = (slot + 1) & mask;
    return slot;
  }

  /** What hashes to `hash`. Ends the guest when the witness does not have it: that is not the same as absent. */
  find(hash: Bytes): Bytes {
    const entry = this.slots[this.slotOf(hash)];
    assert(entry != 0, "the witness lacks a node");
    if (!this.isUsed[entry - 1]) {
      this.isUsed[entry - 1] = true;
      this.usedCount += 1;
    }
    return this.nodes[entry - 1];
  }

  /** Ends the guest unless every node has been looked at. */
  end(): void {
    assert(this.usedCount == this.nodes.length, "the witness has nodes that the block does not touch");
  }
}

/** What the relay chain's state says, at the block that the parachain's block was made for. */

import { Bytes } from "./bytes";
import { PartialTrie } from "./partial-trie";
import { Reader, Writer } from "./scale";
import { itemPrefix, KeyWriter } from "./storage";
import { NodeSource } from "./witness";

const GO_AHEAD: u8 = 1;

export class RelayState {
  private readonly trie: PartialTrie;

  constructor(root: Bytes, source: NodeSource) {
    this.trie = new PartialTrie(root, source);
  }

  get(key: Bytes): Bytes | null {
    return this.trie.get(key);
  }

  /** Milliseconds since 1970, as the relay chain's block says. */
  now(): u64 {
    const stored = this.trie.get(itemPrefix("Timestamp", "Now"));
    return stored ? new Reader(stored).u64() : 0;
  }

  private ofPara(item: string, paraId: u32): Bytes | null {
    const id = new Writer(4);
    id.u32(paraId);
    return this.trie.get(new KeyWriter(itemPrefix("Paras", item)).twox64Concat(id.view()).done());
  }

  /** Hash of the code that validators run for a block that is made for this relay chain block. */
  codeHash(paraId: u32): Bytes | null {
    return this.ofPara("CurrentCodeHash", paraId);
  }

  /** Whether the relay chain forbids announcing new code for now. */
  isUpgradeRestricted(paraId: u32): bool {
    return this.ofPara("UpgradeRestrictionSignal", paraId) != null;
  }

  /** Whether announced code takes over with this block (`true`) or was refused (`false`); -1 without a word. */
  upgradeSignal(paraId: u32): i32 {
    const signal = this.ofPara("UpgradeGoAheadSignal", paraId);
    return signal ? (signal.at(0) == GO_AHEAD ? 1 : 0) : -1;
  }
}

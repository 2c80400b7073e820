/**
 * Which epoch a slot lies in, on each fork.
 *
 * The first block of an epoch announces the next one, so what an epoch is depends on the chain. The tree
 * knows for every unfinalized block its own epoch and the one announced after it; blocks of one epoch on
 * one chain share the record, so a block costs one entry in a map. It is pruned with the block tree.
 *
 * Reference: consensus 3.7.
 */
import { assert } from "@parahost/base";
import {
  type BabeConfiguration,
  BabeEpoch,
  type BabeEpochConfiguration,
  Hash,
  type Slot,
} from "@parahost/primitives";
import { option, struct, type ValueOf } from "@parahost/scale";
import type { Announcement } from "./digest.ts";

/** The epoch that a slot lies in. */
export interface SlotEpoch {
  readonly epoch: BabeEpoch;
  /** Whether a block in the slot is the first of the epoch on its chain, and so announces the next. */
  readonly isFirst: boolean;
}

/**
 * The epochs as one announcing block left them. At genesis, where no slot is known yet, there are none:
 * epoch 0 begins with block 1.
 */
export const EpochRecord = struct({
  /** Block that announced `next`: the first of `current`. */
  announcedBy: Hash,
  epochs: option(struct({ current: BabeEpoch, next: BabeEpoch })),
});
export type EpochRecord = ValueOf<typeof EpochRecord>;

export class EpochTree {
  readonly #configuration: BabeConfiguration;
  readonly #records = new Map<Hash, EpochRecord>();

  /** The tree whose root is the last finalized block, with the record that was kept of it. */
  constructor(configuration: BabeConfiguration, finalized: Hash, record: EpochRecord) {
    this.#configuration = configuration;
    this.#records.set(finalized, record);
  }

  /** The record of the genesis block. */
  static genesis(genesis: Hash): EpochRecord {
    return { announcedBy: genesis, epochs: undefined };
  }

  /** The epochs after this block; `undefined` for a block not in the tree. */
  record(block: Hash): EpochRecord | undefined {
    return this.#records.get(block);
  }

  /** The epoch of `slot` for a child of `parent`, which is in the tree. `slot` is after the parent's. */
  epochFor(parent: Hash, slot: Slot): SlotEpoch {
    const record = this.#records.get(parent);
    assert(record !== undefined, `no epoch is known after ${parent}`);
    const { epochs } = record;
    if (epochs === undefined) return { epoch: epochZero(this.#configuration, slot), isFirst: true };
    const { current, next } = epochs;
    if (slot < next.startSlot) return { epoch: current, isFirst: false };
    return { epoch: skipTo(next, slot), isFirst: true };
  }

  /**
   * Adds a verified child of `parent`, whose epoch `epochFor` gave, and returns its record: a new one
   * when the block announces an epoch, else its parent's.
   */
  insert(block: Hash, parent: Hash, { epoch }: SlotEpoch, announced: Announcement | undefined) {
    const before = this.#records.get(parent);
    assert(before !== undefined, `no epoch is known after ${parent}`);
    const record =
      announced === undefined
        ? before
        : { announcedBy: block, epochs: { current: epoch, next: nextEpoch(epoch, announced) } };
    this.#records.set(block, record);
    return record;
  }

  /** Puts back a record that was kept, when the tree is rebuilt at start. */
  restore(block: Hash, record: EpochRecord): void {
    this.#records.set(block, record);
  }

  remove(block: Hash): void {
    this.#records.delete(block);
  }
}

const configurationOf = ({ c, allowedSlots }: BabeConfiguration): BabeEpochConfiguration => ({
  c,
  allowedSlots,
});

/** Epoch 0, which begins at the slot of block 1. */
function epochZero(configuration: BabeConfiguration, slot: Slot): BabeEpoch {
  const { epochLength, authorities, randomness } = configuration;
  return {
    epochIndex: 0,
    startSlot: slot,
    duration: epochLength,
    authorities,
    randomness,
    config: configurationOf(configuration),
  };
}

/** The epoch that the first block of `epoch` announces. */
function nextEpoch(epoch: BabeEpoch, { epoch: next, config }: Announcement): BabeEpoch {
  return {
    epochIndex: epoch.epochIndex + 1,
    startSlot: (epoch.startSlot + epoch.duration) as Slot,
    duration: epoch.duration,
    authorities: next.authorities,
    randomness: next.randomness,
    config: config ?? epoch.config,
  };
}

/** When whole epochs passed without a block, the announced data serve the later epoch. */
function skipTo(announced: BabeEpoch, slot: Slot): BabeEpoch {
  const skipped = Math.floor((slot - announced.startSlot) / announced.duration);
  if (skipped === 0) return announced;
  return {
    ...announced,
    epochIndex: announced.epochIndex + skipped,
    startSlot: (announced.startSlot + skipped * announced.duration) as Slot,
  };
}

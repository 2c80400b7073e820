/** Counting on from a block. Governance may ask for more blocks than there are numbers. */
import type { BlockNumber } from "@parahost/primitives";

const BLOCK_NUMBER_MAX: BlockNumber = 2 ** 32 - 1;

/** The number `count` blocks after `block`; the last one there is when that is beyond it. */
export const blocksAfter = (block: BlockNumber, count: number): BlockNumber =>
  Math.min(block + count, BLOCK_NUMBER_MAX);

/**
 * How a call ends: 0, or why it failed in a number. A failed call changes nothing, and its transaction pays its fee.
 */

import { Writer } from "./scale";

export type Outcome = u32;

const MODULE: u32 = 0x0100_0000;
const PLAIN: u32 = 0x0200_0000;
const TOKEN: u32 = 0x0300_0000;
const ARITHMETIC: u32 = 0x0400_0000;

export const done: Outcome = 0;
export const badOrigin: Outcome = PLAIN | 2;
export const fundsUnavailable: Outcome = TOKEN | 0;
export const belowMinimum: Outcome = TOKEN | 2;
export const overflow: Outcome = ARITHMETIC | 1;

/** An error that a pallet declares. */
export function failure(pallet: u8, error: u8): Outcome {
  return MODULE | ((<u32>pallet) << 8) | error;
}

/** As `DispatchError` in events. */
export function writeFailure(writer: Writer, outcome: Outcome): void {
  const detail = <u8>outcome;
  switch (outcome & 0xff00_0000) {
    case MODULE:
      writer.u8(3);
      writer.u8(<u8>(outcome >> 8));
      // Errors have room for four bytes.
      writer.u32(detail);
      return;
    case TOKEN:
      writer.u8(7);
      writer.u8(detail);
      return;
    case ARITHMETIC:
      writer.u8(8);
      writer.u8(detail);
      return;
    default:
      writer.u8(detail);
  }
}

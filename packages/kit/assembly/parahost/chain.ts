/** What a chain is to the executive; the generated entry of a chain derives from it. */

import { Origin } from "./origin";
import { Outcome } from "./outcome";
import { Reader } from "./scale";
import { U128 } from "./u128";

/** Weight of a call that the chain does not have. */
export const NO_SUCH_CALL: u64 = u64.MAX_VALUE;

export abstract class Chain {
  constructor(
    readonly specVersion: u32,
    readonly transactionVersion: u32,
    readonly existentialDeposit: U128,
    readonly baseFee: U128,
    readonly byteFee: U128,
    readonly megaWeightFee: U128,
  ) {}

  /** Weight of a call by its first two bytes. */
  abstract weight(pallet: u8, call: u8): u64;

  /** Reads a call and carries it out. Ends the guest for bytes that are no call. */
  abstract dispatch(call: Reader, origin: Origin): Outcome;

  /** Reads a call, as `dispatch` would. */
  abstract check(call: Reader): void;

  onInitialize(): void {}

  onFinalize(): void {}

  /** Without the tip. */
  fee(encodedLength: i32, weight: u64): U128 {
    return this.baseFee
      .plus(this.byteFee.times(encodedLength))
      .plus(this.megaWeightFee.times(weight).dividedBy(1_000_000));
  }
}



/** The parameters of `validate_block` and its result. */

import { Bytes } from "./bytes";
import { HASH_BYTES } from "./host";
import { Reader, Writer } from "./scale";

export class ValidationParams {
  constructor(
    readonly parentHead: Bytes,
    readonly blockData: Bytes,
    readonly relayParentNumber: u32,
    readonly relayParentStorageRoot: Bytes,
  ) {}

  /** The parameters as the host laid them into memory. Ends the guest when they are cut short. */
  static read(pointer: usize, length: i32): ValidationParams {
    const reader = new Reader(new Bytes(pointer, length));
    const parentHead = reader.blob();
    const blockData = reader.blob();
    const relayParentNumber = reader.u32();
    return new ValidationParams(parentHead, blockData, relayParentNumber, reader.bytes(HASH_BYTES));
  }
}

/** The packed pointer and length of a result that says: this head, no messages, no new code. */
export function newHead(head: Bytes, params: ValidationParams): u64 {
  const writer = new Writer(head.length + 32);
  writer.blob(head);
  writer.u8(0); // no new validation code
  writer.compact(0); // no upward messages
  writer.compact(0); // no horizontal messages
  writer.u32(0); // no downward messages processed
  writer.u32(params.relayParentNumber); // the watermark
  const result = writer.view();
  return <u64>result.pointer | ((<u64>result.length) << 32);
}

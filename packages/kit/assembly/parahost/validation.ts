/** The parameters of `validate_block` and its result. */

import { Block } from "./block";
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
  return writer.view().packed();
}

/** As `newHead`, with what the block has to say to the relay chain. */
export function blockResult(head: Bytes, relayNumber: u32, block: Block): u64 {
  const writer = new Writer(head.length + 64);
  writer.blob(head);
  const code = block.newCode;
  writer.bool(code != null);
  if (code) writer.blob(code);
  writer.compact(block.upwardMessages.length);
  for (let index = 0; index < block.upwardMessages.length; index++)
    writer.blob(block.upwardMessages[index]);
  writer.compact(0); // no horizontal messages
  writer.u32(0); // no downward messages processed
  writer.u32(relayNumber); // the watermark
  return writer.view().packed();
}

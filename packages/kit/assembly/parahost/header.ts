/** The head of a parachain: a header in Substrate's layout, so that clients know it. */

import { Bytes } from "./bytes";
import { HASH_BYTES } from "./host";
import { Reader, Writer } from "./scale";

/** The one digest item that blocks of the kit may carry: the code in the state has changed. */
const CODE_CHANGED: u8 = 8;

export class Header {
  constructor(
    readonly parentHash: Bytes,
    readonly number: u32,
    readonly stateRoot: Bytes,
    readonly extrinsicsRoot: Bytes,
    readonly isCodeChanged: bool,
  ) {}

  /** Ends the guest for bytes that are no header of the kit. */
  static read(bytes: Bytes): Header {
    const reader = new Reader(bytes);
    const parentHash = reader.bytes(HASH_BYTES);
    const number = reader.compactU32();
    const stateRoot = reader.bytes(HASH_BYTES);
    const extrinsicsRoot = reader.bytes(HASH_BYTES);
    const itemCount = reader.compact();
    assert(itemCount <= 1, "a head with several digest items");
    if (itemCount == 1) assert(reader.u8() == CODE_CHANGED, "a head with an unknown digest item");
    reader.end();
    return new Header(parentHash, number, stateRoot, extrinsicsRoot, itemCount == 1);
  }

  encode(): Bytes {
    const writer = new Writer(104);
    writer.bytes(this.parentHash);
    writer.compactU32(this.number);
    writer.bytes(this.stateRoot);
    writer.bytes(this.extrinsicsRoot);
    writer.compact(this.isCodeChanged ? 1 : 0);
    if (this.isCodeChanged) writer.u8(CODE_CHANGED);
    return writer.view();
  }
}

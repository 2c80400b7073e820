/** The head of a parachain: a header in Substrate's layout, so that clients know it. */

import { Bytes } from "./bytes";
import { HASH_BYTES } from "./host";
import { Reader, Writer } from "./scale";

export class Header {
  constructor(
    readonly parentHash: Bytes,
    readonly number: u32,
    readonly stateRoot: Bytes,
    readonly extrinsicsRoot: Bytes,
  ) {}

  /** Ends the guest for bytes that are no header, or have digest items: blocks of the kit carry none. */
  static read(bytes: Bytes): Header {
    const reader = new Reader(bytes);
    const parentHash = reader.bytes(HASH_BYTES);
    const number = reader.compactU32();
    const stateRoot = reader.bytes(HASH_BYTES);
    const extrinsicsRoot = reader.bytes(HASH_BYTES);
    assert(reader.compact() == 0, "a head with digest items");
    reader.end();
    return new Header(parentHash, number, stateRoot, extrinsicsRoot);
  }

  encode(): Bytes {
    const writer = new Writer(104);
    writer.bytes(this.parentHash);
    writer.compactU32(this.number);
    writer.bytes(this.stateRoot);
    writer.bytes(this.extrinsicsRoot);
    writer.compact(0);
    return writer.view();
  }
}

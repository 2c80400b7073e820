/** Keys of storage items, as the generated accessors build them. */

import { Bytes } from "./bytes";
import { blake2b128, twox128, twox64 } from "./host";
import { Writer } from "./scale";

/** twox128 of the pallet's name, then of the item's. */
export function itemPrefix(pallet: string, item: string): Bytes {
  const key = new Writer(32);
  key.bytes(twox128(pallet));
  key.bytes(twox128(item));
  return key.view();
}

/** Key of a map's entry: every encoded key behind its hash. */
export class KeyWriter {
  private readonly key: Writer;

  constructor(prefix: Bytes) {
    this.key = new Writer(prefix.length + 64);
    this.key.bytes(prefix);
  }

  blake2_128Concat(encoded: Bytes): KeyWriter {
    this.key.bytes(blake2b128(encoded));
    this.key.bytes(encoded);
    return this;
  }

  twox64Concat(encoded: Bytes): KeyWriter {
    this.key.bytes(twox64(encoded));
    this.key.bytes(encoded);
    return this;
  }

  identity(encoded: Bytes): KeyWriter {
    this.key.bytes(encoded);
    return this;
  }

  done(): Bytes {
    return this.key.view();
  }
}

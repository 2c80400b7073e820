/**
 * A storage value in both its forms: bytes and, once somebody has read or written it with a codec,
 * the decoded object. Each form is made from the other when it is first asked for, so a value read
 * a hundred times is decoded once and a value written a hundred times is encoded once.
 *
 * Decoded objects are shared between all readers, blocks and forks: they are never changed in place.
 */
import { assert } from "@parahost/base";
import { type Codec, decode, encode } from "@parahost/scale";

export class StoredValue {
  #bytes: Uint8Array | undefined;
  #decoded: unknown;
  #codec: Codec<unknown> | undefined;

  private constructor(bytes: Uint8Array | undefined) {
    this.#bytes = bytes;
  }

  static ofBytes(bytes: Uint8Array): StoredValue {
    return new StoredValue(bytes);
  }

  static of<T>(value: T, codec: Codec<T>): StoredValue {
    const stored = new StoredValue(undefined);
    stored.#decoded = value;
    stored.#codec = codec as Codec<unknown>;
    return stored;
  }

  get bytes(): Uint8Array {
    if (this.#bytes === undefined) {
      assert(this.#codec !== undefined, "a stored value has at least one form");
      this.#bytes = encode(this.#codec, this.#decoded);
    }
    return this.#bytes;
  }

  /**
   * The decoded form: the same object for the same codec object. Throws `DecodeError` when the
   * bytes are not an encoding of it.
   */
  as<T>(codec: Codec<T>): T {
    if (this.#codec !== codec) {
      this.#decoded = decode(codec, this.bytes);
      this.#codec = codec as Codec<unknown>;
    }
    return this.#decoded as T;
  }
}

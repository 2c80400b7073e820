/**
 * What a codec is: one declaration that gives the encoder, the strict decoder, the static type
 * (`ValueOf`) and the description that runtime metadata is made from.
 */
import { err, ok, type Result } from "@parahost/base";
import { DecodeError, type DecodeFailure } from "./error.ts";
import { Reader } from "./reader.ts";
import type { TypeDescription } from "./type-description.ts";
import { Writer } from "./writer.ts";

export interface Codec<T> {
  /** Fewest bytes that any value takes; bounds how many items a claimed count may have. */
  readonly sizeMin: number;
  /** The shape for metadata. */
  readonly type: TypeDescription;
  /** Appends the value. A value that the type does not have is our own fault and asserts. */
  write(writer: Writer, value: T): void;
  /** Takes the next value; throws `DecodeError`. */
  read(reader: Reader): T;
  /** Order of values as map keys, where it is not the natural one of `compareKeys`. */
  compare?(a: T, b: T): number;
}

/** The static type of a codec's values. */
export type ValueOf<C> = C extends Codec<infer T> ? T : never;

// biome-ignore lint/suspicious/noExplicitAny: a codec is invariant in its value; only `any` holds all of them
export type AnyCodec = Codec<any>;

/** One writer for top-level calls; a nested `encode` while it is in use takes its own. */
const shared = new Writer(4096);
let sharedInUse = false;

/** The encoding of a value, in bytes of its own. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  if (sharedInUse) {
    const writer = new Writer();
    codec.write(writer, value);
    return writer.finish();
  }
  sharedInUse = true;
  try {
    shared.reset();
    codec.write(shared, value);
    return shared.finish();
  } finally {
    sharedInUse = false;
  }
}

/**
 * Decodes bytes that we wrote ourselves. Consumes all of them or throws `DecodeError`. Byte strings
 * inside the value are views of the input, which must not be changed afterwards.
 */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes);
  const value = codec.read(reader);
  if (reader.remaining > 0)
    throw new DecodeError("trailingBytes", reader.offset, `${reader.remaining} bytes left over`);
  return value;
}

/** Decodes bytes from outside: as `decode`, but a refusal is a value. */
export function tryDecode<T>(codec: Codec<T>, bytes: Uint8Array): Result<T, DecodeFailure> {
  try {
    return ok(decode(codec, bytes));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return err({ code: error.code, offset: error.offset, message: error.message });
  }
}

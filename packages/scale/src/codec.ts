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
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

export type ValueOf<C> = C extends Codec<infer T> ? T : never;

/** One writer for top-level calls; a nested `encode` while it is in use takes its own. */
const shared = new Writer(4096);
let sharedInUse = false;

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

/** Decodes bytes that we wrote ourselves. Consumes all of them or throws `DecodeError`. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes);
  const value = codec.read(reader);
  if (reader.remaining > 0)
    throw new DecodeError("trailingBytes", reader.offset, `${reader.remaining} bytes left over`);
  return value;
}

/** Decodes bytes from outside: a refusal is a value. */
export function tryDecode<T>(codec: Codec<T>, bytes: Uint8Array): Result<T, DecodeFailure> {
  try {
    return ok(decode(codec, bytes));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return err({ code: error.code, offset: error.offset, message: error.message });
  }
}

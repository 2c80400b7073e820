/** How a runtime API is declared: its methods with the codecs of their arguments and answers. */

import { err, ok, type Result } from "@parahost/base";
import type { Hash } from "@parahost/primitives";
import { type Codec, encode, type StructValue, struct, tryDecode } from "@parahost/scale";
import type { AnyCodec, State } from "../framework/index.ts";

/** What a call is asked of. */
export interface CallContext {
  /** After the block. It may be written to within a transaction that is rolled back. */
  readonly state: State;
  readonly blockHash: Hash;
  /** The runtime's metadata in this version. */
  metadata(version: number): Uint8Array | undefined;
}

/** Arguments that are not an encoding of what the method takes. */
export interface BadArguments {
  readonly code: "badArguments";
  readonly message: string;
}

/** A method, its types hidden behind bytes. */
export interface ApiMethod {
  readonly docs: string;
  /** A struct of the arguments. */
  readonly inputs: AnyCodec;
  readonly output: AnyCodec;
  call(context: CallContext, args: Uint8Array): Result<Uint8Array, BadArguments>;
}

/** Methods by their names in camel case; on the wire they are in snake case. */
export interface RuntimeApi {
  readonly docs: string;
  readonly methods: Readonly<Record<string, ApiMethod>>;
}

/** A method that answers with `answer`, which changes nothing. */
export function method<const F extends Readonly<Record<string, AnyCodec>>, T>(
  docs: string,
  inputs: F,
  output: Codec<T>,
  answer: (context: CallContext, args: StructValue<F>) => T,
): ApiMethod {
  const codec = struct(inputs);
  return {
    docs,
    inputs: codec,
    output,
    call: (context, bytes) => {
      const args = tryDecode(codec, bytes);
      if (!args.ok) return err({ code: "badArguments", message: args.error.message });
      return ok(encode(output, answer(context, args.value)));
    },
  };
}

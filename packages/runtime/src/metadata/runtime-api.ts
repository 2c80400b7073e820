/** How a runtime API is declared: its methods with the codecs of their arguments and answers. */

import { describe, err, type Hex, ok, type Result } from "@parahost/base";
import type { KeyTypeId } from "@parahost/crypto";
import type { Hash, OpaqueExtrinsic } from "@parahost/primitives";
import {
  bool,
  type Codec,
  encode,
  option,
  type StructValue,
  struct,
  tryDecode,
  unit,
} from "@parahost/scale";
import type { AnyCodec, State } from "../framework/index.ts";

/** What a node lends to a call that needs more than a state. Everything may be missing. */
export interface RuntimeHost {
  /** Hands a transaction to the node's pool; false if it refuses. Without a pool nothing is taken. */
  submit?(extrinsic: OpaqueExtrinsic): boolean;
  /** Makes a key in the node's keystore, from the secret `seed` if there is one; `undefined` if that is none. */
  newKey?(type: KeyTypeId, seed: string | undefined): Hex | undefined;
}

/** What a call is asked of. */
export interface CallContext {
  /**
   * After the block, or within one that is being built. It may be written to within a transaction that is rolled back.
   */
  readonly state: State;
  readonly blockHash: Hash;
  /** The runtime's metadata in this version. */
  metadata(version: number): Uint8Array | undefined;
  readonly host: RuntimeHost;
}

/** Arguments that are not an encoding of what the method takes. */
export interface BadArguments {
  readonly code: "badArguments";
  readonly message: string;
}

/** There is no answer: what the call was to do is impossible upon this block. */
export interface Trapped {
  readonly code: "trapped";
  readonly message: string;
}

/** A method, its types hidden behind bytes. `C` is what it is asked of. */
export interface ApiMethod<C = CallContext> {
  readonly docs: string;
  /** A struct of the arguments. */
  readonly inputs: AnyCodec;
  readonly output: AnyCodec;
  call(context: C, args: Uint8Array): Result<Uint8Array, BadArguments | Trapped>;
}

/** Methods by their names in camel case; on the wire they are in snake case. */
export interface RuntimeApi {
  readonly docs: string;
  readonly methods: Readonly<Record<string, ApiMethod>>;
}

/** A method that answers with `answer`, which changes nothing. */
export function method<const F extends Readonly<Record<string, AnyCodec>>, T, C = CallContext>(
  docs: string,
  inputs: F,
  output: Codec<T>,
  answer: (context: C, args: StructValue<F>) => T,
): ApiMethod<C> {
  return methodOrTrap(docs, inputs, output, (context, args) => ok(answer(context, args)));
}

/** A method that may have no answer; the error says why. */
export function methodOrTrap<
  const F extends Readonly<Record<string, AnyCodec>>,
  T,
  C = CallContext,
>(
  docs: string,
  inputs: F,
  output: Codec<T>,
  answer: (context: C, args: StructValue<F>) => Result<T, { readonly code: string }>,
): ApiMethod<C> {
  const codec = struct(inputs);
  return {
    docs,
    inputs: codec,
    output,
    call: (context, bytes) => {
      const args = tryDecode(codec, bytes);
      if (!args.ok) return err({ code: "badArguments", message: args.error.message });
      const answered = answer(context, args.value);
      return answered.ok
        ? ok(encode(output, answered.value))
        : err({ code: "trapped", message: describe(answered.error) });
    },
  };
}

/** The pool's answer; nobody's is no. */
export const submit = ({ host }: CallContext, extrinsic: OpaqueExtrinsic): boolean =>
  host.submit?.(extrinsic) ?? false;

/** Whether the pool took what was submitted. A byte as for a boolean, but to clients it is `Some(())` or `None`. */
export const Submitted: Codec<boolean> = { ...bool, type: option(unit).type };

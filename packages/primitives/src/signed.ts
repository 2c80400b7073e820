/** Things that validators sign, and the context that ties a signature to one session and block. */
import { type Codec, encode, struct, type ValueOf } from "@parahost/scale";
import { Hash, SessionIndex, ValidatorIndex, ValidatorSignature } from "./ids.ts";

/** The end of signed payloads. The session comes first. */
export const SigningContext = struct(
  {
    sessionIndex: SessionIndex,
    /** Relay parent of what is signed; for bitfields the parent of the block that will carry them. */
    parentHash: Hash,
  },
  ["polkadot_primitives", "v9", "SigningContext"],
);
export type SigningContext = ValueOf<typeof SigningContext>;

/** A payload with its signer, whose signature the receiver has to check. */
export interface UncheckedSigned<T> {
  readonly payload: T;
  readonly validatorIndex: ValidatorIndex;
  readonly signature: ValidatorSignature;
}

export function uncheckedSigned<T>(payload: Codec<T>): Codec<UncheckedSigned<T>> {
  const codec: Codec<UncheckedSigned<T>> = struct(
    { payload, validatorIndex: ValidatorIndex, signature: ValidatorSignature },
    ["polkadot_primitives", "v9", "signed", "UncheckedSigned"],
  );
  const params = [
    { name: "Payload", type: payload.type },
    { name: "RealPayload", type: payload.type },
  ];
  return { ...codec, type: { ...codec.type, params } };
}

export function encodeSigningContext(context: SigningContext): Uint8Array {
  return encode(SigningContext, context);
}

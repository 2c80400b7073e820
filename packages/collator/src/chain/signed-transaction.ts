/** The parts of a signed transaction of a declared chain, as far as they show without its declaration. */
import { MultiAddress, MultiSignature, SIGNED_V4 } from "@parahost/primitives";
import { SignedExtra } from "@parahost/runtime";
import { DecodeError, Reader } from "@parahost/scale";

export interface SignedParts {
  readonly signer: MultiAddress;
  readonly extra: SignedExtra;
  /** Tag of the pallet, tag of the call, arguments. */
  readonly call: Uint8Array;
}

/** `undefined` for bytes that are no signed transaction. */
export function readSigned(transaction: Uint8Array): SignedParts | undefined {
  const reader = new Reader(transaction);
  try {
    if (reader.u8() !== SIGNED_V4) return undefined;
    const signer = MultiAddress.read(reader);
    MultiSignature.read(reader);
    const extra = SignedExtra.read(reader);
    return { signer, extra, call: reader.view(reader.remaining) };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

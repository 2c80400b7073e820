/** Availability bitfields: which cores' candidates a validator holds its chunk of. */
import { concatBytes } from "@parahost/base";
import { bitVec, encode, newtype, type ValueOf } from "@parahost/scale";
import { SigningContext, uncheckedSigned } from "./signed.ts";

/** Bit i = core i was occupied after the relay parent, and the chunk of its candidate is held. */
export const AvailabilityBitfield = newtype(
  ["polkadot_primitives", "v9", "AvailabilityBitfield"],
  bitVec(),
);
export type AvailabilityBitfield = ValueOf<typeof AvailabilityBitfield>;

export const UncheckedSignedAvailabilityBitfield = uncheckedSigned(AvailabilityBitfield);
export type UncheckedSignedAvailabilityBitfield = ValueOf<
  typeof UncheckedSignedAvailabilityBitfield
>;

/** What a validator signs with its `para` key. The validator's index is bound by the key alone. */
export function bitfieldPayload(
  bitfield: AvailabilityBitfield,
  context: SigningContext,
): Uint8Array {
  return concatBytes(encode(AvailabilityBitfield, bitfield), encode(SigningContext, context));
}

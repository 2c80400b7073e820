/** Availability bitfields between validators. Node-side reference, 3.2, 5.17. */
import { Hash, UncheckedSignedAvailabilityBitfield } from "@parahost/primitives";
import { struct, type ValueOf, variant } from "@parahost/scale";

export const BitfieldDistributionMessage = variant({
  bitfield: [0, struct({ relayParent: Hash, bitfield: UncheckedSignedAvailabilityBitfield })],
});
export type BitfieldDistributionMessage = ValueOf<typeof BitfieldDistributionMessage>;

/** Availability bitfields, ours and those of peers. Guide: Bitfield Distribution. */
import type { BitfieldDistributionMessage as BitfieldWireMessage } from "@parahost/network";
import type { Hash, UncheckedSignedAvailabilityBitfield } from "@parahost/primitives";
import type { NetworkEventMessage } from "../network-bridge/messages.ts";

export type BitfieldDistributionMessage =
  /** Our own bitfield, just signed. */
  | {
      readonly type: "distributeBitfield";
      readonly relayParent: Hash;
      readonly bitfield: UncheckedSignedAvailabilityBitfield;
    }
  | NetworkEventMessage<BitfieldWireMessage>;

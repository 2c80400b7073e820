/** What an author puts into each relay chain block for the parachains. Reference: runtime 1.4. */
import { struct, type ValueOf, vec } from "@parahost/scale";
import { BackedCandidate } from "./backing.ts";
import { UncheckedSignedAvailabilityBitfield } from "./bitfield.ts";
import { DisputeStatementSet } from "./dispute.ts";
import { Header } from "./header.ts";

/** Inherent id `parachn0`. */
export const ParachainsInherentData = struct(
  {
    /** Ascending by validator index. */
    bitfields: vec(UncheckedSignedAvailabilityBitfield),
    backedCandidates: vec(BackedCandidate),
    disputes: vec(DisputeStatementSet),
    /** Of the block's parent, with its seal. */
    parentHeader: Header,
  },
  ["polkadot_primitives", "v9", "InherentData"],
);
export type ParachainsInherentData = ValueOf<typeof ParachainsInherentData>;

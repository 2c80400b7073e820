/** Which of the bitfields heard go into a block, and what they make available. Guide: Provisioner. */
import {
  type CoreIndex,
  type CoreState,
  supermajority,
  type UncheckedSignedAvailabilityBitfield,
} from "@parahost/primitives";
import { type BitVec, bitAt, countOnes } from "@parahost/scale";

/**
 * One bitfield per validator, ascending. A bitfield of the wrong length or with a bit for a core that
 * is not occupied is left out, since the runtime would not count it; of several by one validator the
 * one with the most bits goes in.
 */
export function selectBitfields(
  cores: readonly CoreState[],
  heard: Iterable<UncheckedSignedAvailabilityBitfield>,
): UncheckedSignedAvailabilityBitfield[] {
  const chosen = new Map<number, UncheckedSignedAvailabilityBitfield>();
  for (const bitfield of heard) {
    if (!fits(cores, bitfield.payload)) continue;
    const other = chosen.get(bitfield.validatorIndex);
    if (other !== undefined && countOnes(other.payload) >= countOnes(bitfield.payload)) continue;
    chosen.set(bitfield.validatorIndex, bitfield);
  }
  return [...chosen.values()].sort((a, b) => a.validatorIndex - b.validatorIndex);
}

function fits(cores: readonly CoreState[], bits: BitVec): boolean {
  return (
    bits.length === cores.length &&
    cores.every((core, index) => core.type === "occupied" || !bitAt(bits, index))
  );
}

/** Whether the candidate on an occupied core becomes available once these bitfields are in a block. */
export function becomesAvailable(
  core: CoreIndex,
  availability: BitVec,
  bitfields: readonly UncheckedSignedAvailabilityBitfield[],
): boolean {
  let votes = countOnes(availability);
  for (const { payload, validatorIndex } of bitfields)
    if (bitAt(payload, core) && !bitAt(availability, validatorIndex)) votes += 1;
  return votes >= supermajority(availability.length);
}

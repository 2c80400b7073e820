/**
 * The bitfields that we signed, on disk before the signature leaves the node: two different ones for
 * one block are an offence, and a restart forgets what memory knew. Keyed by block number first, so
 * that finality can drop what lies behind it.
 */
import { concatBytes, hexToBytes } from "@parahost/base";
import { AvailabilityBitfield, type BlockNumber, type Hash } from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import type { KeyValueStore } from "@parahost/storage";

export type BitfieldRecordColumn = "ownBitfields";

export class BitfieldRecord {
  readonly #store: KeyValueStore<BitfieldRecordColumn>;

  constructor(store: KeyValueStore<BitfieldRecordColumn>) {
    this.#store = store;
  }

  /** What to sign on this block: what was signed before, or else `bits`, durably written down. */
  claim(number: BlockNumber, block: Hash, bits: AvailabilityBitfield): AvailabilityBitfield {
    const key = concatBytes(numberKey(number), hexToBytes(block));
    const signed = this.#store.get("ownBitfields", key);
    if (signed !== undefined) return decode(AvailabilityBitfield, signed);
    const value = encode(AvailabilityBitfield, bits);
    this.#store.write([{ column: "ownBitfields", key, value }], { durable: true });
    return bits;
  }

  /** Nothing is signed below the finalized block any more. */
  prune(finalized: BlockNumber): void {
    const gone = [...this.#store.range("ownBitfields", new Uint8Array(0), numberKey(finalized))];
    if (gone.length === 0) return;
    this.#store.write(gone.map(({ key }) => ({ column: "ownBitfields", key })));
  }
}

/** Big-endian, so that keys sort by number. */
function numberKey(number: BlockNumber): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, number);
  return key;
}

/**
 * Our own assignments and votes, on disk before they are sent: a restart announces and says the same
 * again. What others say is not kept here; peers tell it again. Keyed by block number first, so that
 * finality can drop what lies behind it.
 */
import { concatBytes, hexToBytes } from "@parahost/base";
import { ClaimedAssignment } from "@parahost/network";
import { type BlockNumber, type Hash, IndirectSignedApprovalVote } from "@parahost/primitives";
import { decode, encode, type ValueOf, variant } from "@parahost/scale";
import { type KeyValueStore, withPrefix } from "@parahost/storage";

export type ApprovalRecordColumn = "ownApprovals";

export const OwnStatement = variant({
  assignment: [0, ClaimedAssignment],
  vote: [1, IndirectSignedApprovalVote],
});
export type OwnStatement = ValueOf<typeof OwnStatement>;

export class OwnRecord {
  readonly #store: KeyValueStore<ApprovalRecordColumn>;

  constructor(store: KeyValueStore<ApprovalRecordColumn>) {
    this.#store = store;
  }

  /** In the order in which they were written down. */
  ofBlock(number: BlockNumber, hash: Hash): readonly OwnStatement[] {
    const entries = [...withPrefix(this.#store, "ownApprovals", blockKey(number, hash))];
    return entries.map(({ value }) => decode(OwnStatement, value));
  }

  /** Durable when it returns. */
  add(number: BlockNumber, hash: Hash, statement: OwnStatement): void {
    const block = blockKey(number, hash);
    const place = [...withPrefix(this.#store, "ownApprovals", block)].length;
    const key = concatBytes(block, u32(place));
    const value = encode(OwnStatement, statement);
    this.#store.write([{ column: "ownApprovals", key, value }], { durable: true });
  }

  /** Nothing is said about finalized blocks any more. */
  prune(finalized: BlockNumber): void {
    const end = u32(finalized + 1);
    const gone = [...this.#store.range("ownApprovals", new Uint8Array(0), end)];
    if (gone.length === 0) return;
    this.#store.write(gone.map(({ key }) => ({ column: "ownApprovals", key })));
  }
}

const blockKey = (number: BlockNumber, hash: Hash): Uint8Array =>
  concatBytes(u32(number), hexToBytes(hash));

/** Big-endian, so that keys sort by it. */
function u32(value: number): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, value);
  return key;
}

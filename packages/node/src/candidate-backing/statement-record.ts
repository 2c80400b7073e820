/**
 * What we have signed, on disk before it leaves the node: per relay parent and candidate one of
 * "seconded", "valid" and "invalid", never two of them, and no more seconded candidates than allowed, restarts
 * included. Node-side reference, 5.10: operational safety.
 *
 * Records are keyed by relay block number first, so that finality can drop what lies behind it.
 */
import { concatBytes, hexToBytes } from "@parahost/base";
import type { BlockNumber, CandidateHash, Hash } from "@parahost/primitives";
import { type KeyValueStore, withPrefix } from "@parahost/storage";

export type StatementRecordColumn = "ownStatements";

export type RecordedKind = "seconded" | "valid" | "invalid";

const KIND_BYTES: Readonly<Record<RecordedKind, number>> = {
  seconded: 1,
  valid: 2,
  invalid: 3,
};

/** Big-endian, so that keys sort by number. */
function numberKey(number: BlockNumber): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, number);
  return key;
}

export class StatementRecord {
  readonly #store: KeyValueStore<StatementRecordColumn>;

  constructor(store: KeyValueStore<StatementRecordColumn>) {
    this.#store = store;
  }

  /** What we signed about the candidate at this relay parent. */
  signed(
    number: BlockNumber,
    relayParent: Hash,
    candidate: CandidateHash,
  ): RecordedKind | undefined {
    const value = this.#store.get("ownStatements", key(number, relayParent, candidate))?.[0];
    const kinds = Object.keys(KIND_BYTES) as RecordedKind[];
    return kinds.find((kind) => KIND_BYTES[kind] === value);
  }

  /** Candidates that we seconded at this relay parent. */
  secondedCount(number: BlockNumber, relayParent: Hash): number {
    const prefix = concatBytes(numberKey(number), hexToBytes(relayParent));
    let count = 0;
    for (const { value } of withPrefix(this.#store, "ownStatements", prefix))
      if (value[0] === KIND_BYTES.seconded) count += 1;
    return count;
  }

  /** Writes durably that we are about to sign; the signature may leave once this returns. */
  record(
    number: BlockNumber,
    relayParent: Hash,
    candidate: CandidateHash,
    kind: RecordedKind,
  ): void {
    this.#store.write(
      [
        {
          column: "ownStatements",
          key: key(number, relayParent, candidate),
          value: new Uint8Array([KIND_BYTES[kind]]),
        },
      ],
      { durable: true },
    );
  }

  /** Drops records of relay parents below the finalized block: nothing is signed there again. */
  prune(finalized: BlockNumber): void {
    const end = numberKey(finalized);
    const gone = [...this.#store.range("ownStatements", new Uint8Array(0), end)];
    if (gone.length === 0) return;
    this.#store.write(gone.map((entry) => ({ column: "ownStatements", key: entry.key })));
  }
}

function key(number: BlockNumber, relayParent: Hash, candidate: CandidateHash): Uint8Array {
  return concatBytes(numberKey(number), hexToBytes(relayParent), hexToBytes(candidate));
}

/**
 * What the dispute coordinator keeps, and where.
 *
 * | column | key | value |
 * |---|---|---|
 * | candidateVotes | session, candidate | `CandidateVotes` |
 * | recentDisputes | session, candidate | `DisputeStatus` |
 *
 * Sessions in keys are big-endian, so that old ones are one range. A batch is on disk before anything
 * that follows from it is sent: our own votes, and confirmations to peers.
 */
import { bytesToHex, concatBytes, hexToBytes } from "@parahost/base";
import type { CandidateHash, SessionIndex } from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import type { Change, KeyValueStore } from "@parahost/storage";
import { CandidateVotes } from "../dispute-votes/candidate-votes.ts";
import { DisputeStatus } from "../dispute-votes/status.ts";

export const DISPUTE_COLUMNS = ["candidateVotes", "recentDisputes"] as const;
export type DisputeColumn = (typeof DISPUTE_COLUMNS)[number];

/** A dispute's name: a candidate can be disputed once in each session that backed it. */
export interface DisputeKey {
  readonly session: SessionIndex;
  readonly candidateHash: CandidateHash;
}

const SESSION_BYTES = 4;

export class DisputeDatabase {
  readonly #store: KeyValueStore<DisputeColumn>;

  constructor(store: KeyValueStore<DisputeColumn>) {
    this.#store = store;
  }

  votes(key: DisputeKey): CandidateVotes | undefined {
    const bytes = this.#store.get("candidateVotes", keyBytes(key));
    return bytes === undefined ? undefined : decode(CandidateVotes, bytes);
  }

  /** Every dispute that is remembered, oldest session first. */
  *disputes(): Iterable<DisputeKey & { readonly status: DisputeStatus }> {
    for (const { key, value } of this.#store.range("recentDisputes", new Uint8Array(0))) {
      const session = new DataView(key.buffer, key.byteOffset).getUint32(0) as SessionIndex;
      const candidateHash = bytesToHex(key.subarray(SESSION_BYTES)) as CandidateHash;
      yield { session, candidateHash, status: decode(DisputeStatus, value) };
    }
  }

  /** Writes votes and status together; it is on disk when this returns. */
  put(key: DisputeKey, votes: CandidateVotes, status: DisputeStatus | undefined): void {
    const changes: Change<DisputeColumn>[] = [
      { column: "candidateVotes", key: keyBytes(key), value: encode(CandidateVotes, votes) },
    ];
    if (status !== undefined)
      changes.push({
        column: "recentDisputes",
        key: keyBytes(key),
        value: encode(DisputeStatus, status),
      });
    // Backing votes alone can be read from the chain again.
    this.#store.write(changes, { durable: status !== undefined || votes.invalid.size > 0 });
  }

  /** Drops sessions before this one. */
  prune(earliest: SessionIndex): void {
    const changes = DISPUTE_COLUMNS.flatMap((column) =>
      [...this.#store.range(column, new Uint8Array(0), sessionBytes(earliest))].map(({ key }) => ({
        column,
        key,
      })),
    );
    if (changes.length > 0) this.#store.write(changes);
  }
}

function keyBytes({ session, candidateHash }: DisputeKey): Uint8Array {
  return concatBytes(sessionBytes(session), hexToBytes(candidateHash));
}

function sessionBytes(session: SessionIndex): Uint8Array {
  const bytes = new Uint8Array(SESSION_BYTES);
  new DataView(bytes.buffer).setUint32(0, session);
  return bytes;
}

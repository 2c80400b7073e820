/**
 * The votes that we signed, on disk before the signature leaves the node: in one session a validator says
 * one thing about one code, whatever a restart makes it forget. Keyed by session first, so that old ones
 * are easily dropped.
 */
import { concatBytes, hexToBytes } from "@parahost/base";
import type { SessionIndex, ValidationCodeHash } from "@parahost/primitives";
import type { KeyValueStore } from "@parahost/storage";

export type VoteRecordColumn = "ownPvfVotes";

export class VoteRecord {
  readonly #store: KeyValueStore<VoteRecordColumn>;

  constructor(store: KeyValueStore<VoteRecordColumn>) {
    this.#store = store;
  }

  /** What to vote on this code: what was voted before in this session, or else `accept`, written down. */
  claim(session: SessionIndex, subject: ValidationCodeHash, accept: boolean): boolean {
    const key = concatBytes(sessionKey(session), hexToBytes(subject));
    const voted = this.#store.get("ownPvfVotes", key);
    if (voted !== undefined) return voted[0] === 1;
    const value = new Uint8Array([accept ? 1 : 0]);
    this.#store.write([{ column: "ownPvfVotes", key, value }], { durable: true });
    return accept;
  }

  /** The chain takes no votes of sessions before this one any more. */
  prune(session: SessionIndex): void {
    const gone = [...this.#store.range("ownPvfVotes", new Uint8Array(0), sessionKey(session))];
    if (gone.length === 0) return;
    this.#store.write(gone.map(({ key }) => ({ column: "ownPvfVotes", key })));
  }
}

/** Big-endian, so that keys sort by session. */
function sessionKey(session: SessionIndex): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, session);
  return key;
}

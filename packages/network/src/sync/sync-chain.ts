/** What sync is given: the chain as it sees it, and the world. */
import type { Clock, Logger, Random } from "@parahost/base";
import type { Hash, Header, Justifications } from "@parahost/primitives";

export type ImportVerdict =
  /** In the chain now, or already before. */
  | "imported"
  /** Its parent is not known: the way back is fetched first. */
  | "unknownParent"
  /** Refused, through no fault of the peer: too early, or behind finality. */
  | "ignored"
  /** Refused as invalid: whoever sent it pays. */
  | "invalid";

/** The chain as sync sees it. */
export interface SyncChain {
  readonly genesisHash: Hash;
  best(): { readonly hash: Hash; readonly number: number };
  finalized(): { readonly hash: Hash; readonly number: number };
  header(hash: Hash): Header | undefined;
  body(hash: Hash): readonly Uint8Array[] | undefined;
  justifications(hash: Hash): Justifications | undefined;
  /** Hash of the best chain's block with this number. */
  hashByNumber(number: number): Hash | undefined;
  import(
    header: Header,
    body: readonly Uint8Array[],
    justifications: Justifications | undefined,
  ): ImportVerdict;
  /** A justification for a block that we have; false when it does not prove what it claims. */
  importJustifications(hash: Hash, justifications: Justifications): boolean;
}

export interface SyncPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

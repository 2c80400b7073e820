/**
 * Where blocks are kept. What belongs together is written in one batch: after a crash either all of it
 * is there or nothing.
 *
 * `Changes` is what execution did to the state; this room hands it from the executor to the store
 * without looking at it.
 */
import type { Body, Hash, Header } from "@parahost/primitives";
import type { EpochRecord } from "./babe/epochs.ts";
import type { BlockRef } from "./block-tree.ts";
import type { AuthoritySet } from "./grandpa/authority-set.ts";

/** A block with what consensus knows of it. */
export interface StoredBlock {
  readonly header: Header;
  /** Primary blocks up to and including this one. */
  readonly weight: number;
  /** The epochs after it; shared by the blocks of an epoch, by `announcedBy`. */
  readonly epochs: EpochRecord;
}

/** What a chain goes on from after a restart. */
export interface StoredChain {
  readonly finalized: Hash;
  readonly best: Hash;
  readonly authoritySet: AuthoritySet;
  /** Blocks named in reverts. */
  readonly reverted: readonly Hash[];
  /** The highest block missing between genesis and the block that a warp sync began with. */
  readonly gap: BlockRef | undefined;
  /** The finalized block and all that descend from it, in the order in which they were inserted. */
  readonly blocks: readonly StoredBlock[];
}

/** A final block that was never executed here. */
export interface PastBlock {
  readonly hash: Hash;
  readonly header: Header;
  /** `undefined` where only the header is known yet. */
  readonly body: Body | undefined;
}

/** Changes that are written together. What is absent stays as it is. */
export interface StoreBatch<Changes> {
  readonly insert?: StoredBlock & {
    readonly hash: Hash;
    readonly body: Body;
    readonly changes: Changes;
  };
  readonly best?: Hash;
  /** Numbers of the best chain: `undefined` takes one out. */
  readonly canonical?: readonly { readonly number: number; readonly hash: Hash | undefined }[];
  readonly finality?: {
    readonly head: Hash;
    /** Newly final, lowest first. */
    readonly finalized: readonly BlockRef[];
  };
  /** Blocks that left the tree beside finality: their state, body and header go. */
  readonly removed?: readonly BlockRef[];
  /** GRANDPA justifications, encoded; `undefined` takes one out. */
  readonly justifications?: readonly {
    readonly hash: Hash;
    readonly justification: Uint8Array | undefined;
  }[];
  readonly authoritySet?: AuthoritySet;
  readonly reverted?: readonly Hash[];
  /** Final blocks below the tree. */
  readonly past?: readonly PastBlock[];
  /** As in `StoredChain`. */
  readonly gap?: BlockRef | "none";
}

export interface BlockStore<Changes> {
  /** What was kept; `undefined` for an empty store. */
  load(): StoredChain | undefined;
  header(hash: Hash): Header | undefined;
  body(hash: Hash): Body | undefined;
  justification(hash: Hash): Uint8Array | undefined;
  /** The block of the best chain with this number. */
  hashByNumber(number: number): Hash | undefined;
  /** Applies the batch whole. Throws `HostError` when the machine refuses; then nothing was written. */
  commit(batch: StoreBatch<Changes>): void;
}

/** A store that lasts as long as the process. */
export class MemoryBlockStore<Changes> implements BlockStore<Changes> {
  readonly #headers = new Map<Hash, Header>();
  readonly #bodies = new Map<Hash, Body>();
  readonly #justifications = new Map<Hash, Uint8Array>();
  readonly #canonical = new Map<number, Hash>();
  /** Blocks of the tree, in order of insertion. */
  readonly #blocks = new Map<Hash, StoredBlock>();
  #finalized: Hash | undefined;
  #best: Hash | undefined;
  #authoritySet: AuthoritySet | undefined;
  #reverted: readonly Hash[] = [];
  #gap: BlockRef | undefined;
  readonly #onCommit: ((batch: StoreBatch<Changes>) => void) | undefined;

  /** `onCommit` sees every batch, so that the states can be kept beside the blocks. */
  constructor(onCommit?: (batch: StoreBatch<Changes>) => void) {
    this.#onCommit = onCommit;
  }

  load(): StoredChain | undefined {
    if (this.#finalized === undefined || this.#best === undefined) return undefined;
    if (this.#authoritySet === undefined) return undefined;
    return {
      finalized: this.#finalized,
      best: this.#best,
      authoritySet: this.#authoritySet,
      reverted: this.#reverted,
      gap: this.#gap,
      blocks: [...this.#blocks.values()],
    };
  }

  header(hash: Hash): Header | undefined {
    return this.#headers.get(hash);
  }

  body(hash: Hash): Body | undefined {
    return this.#bodies.get(hash);
  }

  justification(hash: Hash): Uint8Array | undefined {
    return this.#justifications.get(hash);
  }

  hashByNumber(number: number): Hash | undefined {
    return this.#canonical.get(number);
  }

  commit(batch: StoreBatch<Changes>): void {
    this.#onCommit?.(batch);
    const { insert, best, canonical, finality, removed, justifications } = batch;
    if (insert !== undefined) {
      const { hash, header, body, weight, epochs } = insert;
      this.#headers.set(hash, header);
      this.#bodies.set(hash, body);
      this.#blocks.set(hash, { header, weight, epochs });
    }
    for (const { hash, header, body } of batch.past ?? []) {
      this.#headers.set(hash, header);
      if (body !== undefined) this.#bodies.set(hash, body);
    }
    if (batch.gap !== undefined) this.#gap = batch.gap === "none" ? undefined : batch.gap;
    for (const { hash } of removed ?? []) {
      this.#headers.delete(hash);
      this.#bodies.delete(hash);
      this.#justifications.delete(hash);
      this.#blocks.delete(hash);
    }
    if (finality !== undefined) {
      this.#finalized = finality.head;
      // Of the finalized chain only the head stays in the tree.
      const head = this.#headers.get(finality.head);
      for (const [hash, { header }] of this.#blocks)
        if (hash !== finality.head && header.number <= (head?.number ?? 0))
          this.#blocks.delete(hash);
    }
    for (const { number, hash } of canonical ?? [])
      if (hash === undefined) this.#canonical.delete(number);
      else this.#canonical.set(number, hash);
    for (const { hash, justification } of justifications ?? [])
      if (justification === undefined) this.#justifications.delete(hash);
      else this.#justifications.set(hash, justification);
    this.#best = best ?? this.#best;
    this.#authoritySet = batch.authoritySet ?? this.#authoritySet;
    this.#reverted = batch.reverted ?? this.#reverted;
  }
}

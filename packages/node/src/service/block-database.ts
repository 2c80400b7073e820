/**
 * Blocks and what consensus knows of them, in the node's store.
 *
 * | column | key | value |
 * |---|---|---|
 * | `headers`, `bodies`, `justifications` | block | `Header`, `Body`, GRANDPA justification |
 * | `canonical` | number (big-endian) | block of the best chain |
 * | `tree` | block | `TreeEntry`: the finalized head and what descends from it |
 * | `epochs` | announcing block | `EpochRecord`, while a block of the tree needs it |
 * | `chain` | `finalized`, `best`, `authoritySet`, `reverted`, `gap` | |
 *
 * Every `commit` is one batch, states included; finality is durable when it returns.
 */
import { asciiBytes, bytesToHex, type Hex, hexToBytes, LruMap } from "@parahost/base";
import {
  AuthoritySet,
  type BlockStore,
  EpochRecord,
  type StoreBatch,
  type StoredBlock,
  type StoredChain,
} from "@parahost/consensus";
import { BlockNumber, Body, Hash, Header } from "@parahost/primitives";
import {
  type Codec,
  decode,
  encode,
  option,
  struct,
  u32,
  type ValueOf,
  vec,
} from "@parahost/scale";
import type { Change, KeyValueStore } from "@parahost/storage";

export const BLOCK_COLUMNS = [
  "headers",
  "bodies",
  "justifications",
  "canonical",
  "tree",
  "epochs",
  "chain",
] as const;
export type BlockColumn = (typeof BLOCK_COLUMNS)[number];

/** A block of the tree. */
export const TreeEntry = struct({
  /** Ascending in the order of insertion. */
  place: u32,
  weight: u32,
  number: BlockNumber,
  /** Names its epoch record. */
  announcedBy: Hash,
});
export type TreeEntry = ValueOf<typeof TreeEntry>;

const Hashes = vec(Hash);
/** The highest missing block; nothing where none is. */
const Gap = option(struct({ hash: Hash, number: BlockNumber }));
const CHAIN = {
  finalized: Hash,
  best: Hash,
  authoritySet: AuthoritySet,
  reverted: Hashes,
  gap: Gap,
} as const;
type ChainKey = keyof typeof CHAIN;

const HEADERS_CACHED_MAX = 4096;
const NO_KEY = new Uint8Array(0);

/** What executions did to states, as it is written with the blocks. */
export interface StateChanges<Changes, Column extends string> {
  /** Takes note of what the batch means for states, and gives what is to be written. */
  apply(batch: StoreBatch<Changes>): readonly Change<Column>[];
}

export class BlockDatabase<Changes, Column extends string> implements BlockStore<Changes> {
  readonly #store: KeyValueStore<BlockColumn | Column>;
  readonly #states: StateChanges<Changes, Column>;
  readonly #headers = new LruMap<Hash, Header>(HEADERS_CACHED_MAX);
  /** As written in `tree`. */
  readonly #tree = new Map<Hash, TreeEntry>();
  #nextPlace = 0;

  constructor(store: KeyValueStore<BlockColumn | Column>, states: StateChanges<Changes, Column>) {
    this.#store = store;
    this.#states = states;
    for (const [hash, entry] of readTree(store)) {
      this.#tree.set(hash, entry);
      this.#nextPlace = entry.place + 1;
    }
  }

  load(): StoredChain | undefined {
    const finalized = readChain(this.#store, "finalized");
    const best = readChain(this.#store, "best");
    const authoritySet = readChain(this.#store, "authoritySet");
    if (finalized === undefined || best === undefined || authoritySet === undefined)
      return undefined;
    const records = new Map<Hash, EpochRecord>();
    const blocks: StoredBlock[] = [];
    for (const [hash, { weight, announcedBy }] of this.#tree) {
      const header = this.header(hash);
      const epochs = records.get(announcedBy) ?? this.#read("epochs", announcedBy, EpochRecord);
      // `chain-check.ts` has seen to it that both are there.
      if (header === undefined || epochs === undefined) continue;
      records.set(announcedBy, epochs);
      blocks.push({ header, weight, epochs });
    }
    const reverted = readChain(this.#store, "reverted") ?? [];
    const gap = readChain(this.#store, "gap");
    return { finalized, best, authoritySet, reverted, gap, blocks };
  }

  header(hash: Hash): Header | undefined {
    const known = this.#headers.get(hash);
    if (known !== undefined) return known;
    const header = this.#read("headers", hash, Header);
    if (header !== undefined) this.#headers.set(hash, header);
    return header;
  }

  body(hash: Hash): Body | undefined {
    return this.#read("bodies", hash, Body);
  }

  justification(hash: Hash): Uint8Array | undefined {
    return this.#store.get("justifications", hexToBytes(hash));
  }

  hashByNumber(number: number): Hash | undefined {
    return readCanonical(this.#store, number);
  }

  commit(batch: StoreBatch<Changes>): void {
    const { insert, canonical, finality, removed, justifications } = batch;
    const changes: Change<BlockColumn | Column>[] = [...this.#states.apply(batch)];
    if (insert !== undefined) this.#insert(changes, insert);
    for (const { hash, header, body } of batch.past ?? []) {
      const key = hexToBytes(hash);
      changes.push({ column: "headers", key, value: encode(Header, header) });
      if (body !== undefined) changes.push({ column: "bodies", key, value: encode(Body, body) });
    }
    const gone = new Set<Hash>();
    for (const { hash } of removed ?? []) {
      gone.add(hash);
      this.#headers.delete(hash);
      for (const column of ["headers", "bodies", "justifications"] as const)
        changes.push({ column, key: hexToBytes(hash) });
    }
    if (finality !== undefined) {
      const head = this.#tree.get(finality.head)?.number ?? 0;
      // Of the finalized chain only the head stays in the tree.
      for (const [hash, { number }] of this.#tree)
        if (hash !== finality.head && number <= head) gone.add(hash);
      changes.push(chainIs("finalized", finality.head));
    }
    this.#leaveTree(changes, gone);
    for (const { number, hash } of canonical ?? [])
      changes.push(
        hash === undefined
          ? { column: "canonical", key: numberKey(number) }
          : canonicalIs(number, hash),
      );
    for (const { hash, justification } of justifications ?? [])
      changes.push({
        column: "justifications",
        key: hexToBytes(hash),
        ...(justification === undefined ? {} : { value: justification }),
      });
    const { best, authoritySet, reverted, gap } = batch;
    if (best !== undefined) changes.push(chainIs("best", best));
    if (authoritySet !== undefined) changes.push(chainIs("authoritySet", authoritySet));
    if (reverted !== undefined) changes.push(chainIs("reverted", reverted));
    if (gap !== undefined) changes.push(chainIs("gap", gap === "none" ? undefined : gap));
    this.#store.write(changes, { durable: finality !== undefined });
  }

  #insert(
    changes: Change<BlockColumn | Column>[],
    insert: NonNullable<StoreBatch<Changes>["insert"]>,
  ): void {
    const { hash, header, body, weight, epochs } = insert;
    const { announcedBy } = epochs;
    const key = hexToBytes(hash);
    const entry = { place: this.#nextPlace, weight, number: header.number, announcedBy };
    changes.push(
      { column: "headers", key, value: encode(Header, header) },
      { column: "bodies", key, value: encode(Body, body) },
      { column: "tree", key, value: encode(TreeEntry, entry) },
    );
    if (!this.#isAnnouncerNeeded(announcedBy))
      changes.push({
        column: "epochs",
        key: hexToBytes(announcedBy),
        value: encode(EpochRecord, epochs),
      });
    this.#nextPlace += 1;
    this.#tree.set(hash, entry);
    this.#headers.set(hash, header);
  }

  #leaveTree(changes: Change<BlockColumn | Column>[], gone: ReadonlySet<Hash>): void {
    const announcers = new Set<Hash>();
    for (const hash of gone) {
      const entry = this.#tree.get(hash);
      if (entry === undefined) continue;
      announcers.add(entry.announcedBy);
      this.#tree.delete(hash);
      changes.push({ column: "tree", key: hexToBytes(hash) });
    }
    for (const announcer of announcers)
      if (!this.#isAnnouncerNeeded(announcer))
        changes.push({ column: "epochs", key: hexToBytes(announcer) });
  }

  #isAnnouncerNeeded(announcer: Hash): boolean {
    for (const { announcedBy } of this.#tree.values()) if (announcedBy === announcer) return true;
    return false;
  }

  #read<T>(column: BlockColumn, hash: Hash, codec: Codec<T>): T | undefined {
    const bytes = this.#store.get(column, hexToBytes(hash));
    return bytes === undefined ? undefined : decode(codec, bytes);
  }
}

/** The tree as it was written, in the order of insertion. */
export function readTree(
  store: KeyValueStore<BlockColumn>,
): readonly (readonly [Hash, TreeEntry])[] {
  return [...store.range("tree", NO_KEY)]
    .map(({ key, value }) => [bytesToHex(key) as Hash, decode(TreeEntry, value)] as const)
    .sort(([, a], [, b]) => a.place - b.place);
}

export function readChain<K extends ChainKey>(
  store: KeyValueStore<BlockColumn>,
  key: K,
): ValueOf<(typeof CHAIN)[K]> | undefined {
  const bytes = store.get("chain", asciiBytes(key));
  const codec = CHAIN[key] as Codec<ValueOf<(typeof CHAIN)[K]>>;
  return bytes === undefined ? undefined : decode(codec, bytes);
}

export function chainIs<K extends ChainKey>(
  key: K,
  value: ValueOf<(typeof CHAIN)[K]>,
): Change<BlockColumn> {
  const codec = CHAIN[key] as Codec<ValueOf<(typeof CHAIN)[K]>>;
  return { column: "chain", key: asciiBytes(key), value: encode(codec, value) };
}

export function readCanonical(store: KeyValueStore<BlockColumn>, number: number): Hash | undefined {
  const bytes = store.get("canonical", numberKey(number));
  return bytes === undefined ? undefined : decode(Hash, bytes);
}

export const canonicalIs = (number: number, hash: Hex): Change<BlockColumn> => ({
  column: "canonical",
  key: numberKey(number),
  value: hexToBytes(hash),
});

export function numberKey(number: number): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, number);
  return key;
}

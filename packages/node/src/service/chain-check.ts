/**
 * A look at the chain in the store before anything stands on it. Batches are whole, so what is found wrong here comes
 * from a damaged disk or from somebody's hand.
 *
 * Blocks above finality that are damaged go, with all that descend from them: peers have them. The index of
 * the best chain is made again. Finality is never taken back: where its head is damaged, the store is refused.
 *
 * Reference: fault-catalogue.md 11.13.
 */
import { type Hex, HostError, hexToBytes } from "@parahost/base";
import { EpochRecord } from "@parahost/consensus";
import { type Hash, Header, headerHash } from "@parahost/primitives";
import { tryDecode } from "@parahost/scale";
import type { Change, KeyValueStore } from "@parahost/storage";
import {
  type BlockColumn,
  canonicalIs,
  chainIs,
  numberKey,
  readCanonical,
  readChain,
  readTree,
  type TreeEntry,
} from "./block-database.ts";

export interface ChainRepair {
  /** Blocks that were dropped, lowest first. */
  readonly dropped: readonly Hash[];
  /** Numbers whose entry in the index was wrong. */
  readonly reindexed: readonly number[];
}

interface GoodBlock {
  readonly entry: TreeEntry;
  readonly parent: Hash;
}

/**
 * Checks and repairs; `undefined` for an empty store. `hasState` says whether the state of a block with this root
 * can be read. Throws `HostError` `chainDamaged`.
 */
export function checkChain(
  store: KeyValueStore<BlockColumn>,
  hasState: (block: Hash, root: Hex) => boolean,
): ChainRepair | undefined {
  const finalized = readChain(store, "finalized");
  const tree = readTree(store);
  if (finalized === undefined && tree.length === 0) return undefined;
  const best = readChain(store, "best");
  if (
    finalized === undefined ||
    best === undefined ||
    readChain(store, "authoritySet") === undefined
  )
    throw damaged("does not say what is final, what is best or who decides");

  const good = new Map<Hash, GoodBlock>();
  const dropped: Hash[] = [];
  const inOrder = [...tree].sort(([, a], [, b]) => a.number - b.number);
  for (const [hash, entry] of inOrder) {
    const header = readWhole(() => headerOf(store, hash));
    const isGood =
      header !== undefined &&
      header.number === entry.number &&
      (hash === finalized || good.has(header.parentHash)) &&
      readWhole(() => hasEpochs(store, entry)) === true &&
      readWhole(() => hasState(hash, header.stateRoot)) === true;
    if (isGood) good.set(hash, { entry, parent: header.parentHash });
    else dropped.push(hash);
  }
  if (!good.has(finalized)) throw damaged(`lacks the finalized block ${finalized} or its state`);

  const changes: Change<BlockColumn>[] = dropped.flatMap((hash) =>
    (["tree", "headers", "bodies", "justifications"] as const).map((column) => ({
      column,
      key: hexToBytes(hash),
    })),
  );
  const reverted = new Set(readChain(store, "reverted") ?? []);
  const head = good.has(best) ? best : bestOf(good, finalized, reverted);
  if (head !== best) changes.push(chainIs("best", head));
  const reindexed = reindex(store, good, finalized, head, changes);
  if (changes.length > 0) store.write(changes, { durable: true });
  return { dropped, reindexed };
}

/** The chain's own order: most primary blocks, then the highest, then the first that came. */
function bestOf(
  good: ReadonlyMap<Hash, GoodBlock>,
  finalized: Hash,
  reverted: ReadonlySet<Hash>,
): Hash {
  const viable = new Set<Hash>([finalized]);
  const heads = [...good].filter(([hash, { parent }]) => {
    if (reverted.has(hash) || (hash !== finalized && !viable.has(parent))) return false;
    viable.add(hash);
    return true;
  });
  const [[first]] = heads.sort(
    ([, { entry: a }], [, { entry: b }]) =>
      b.weight - a.weight || b.number - a.number || a.place - b.place,
  ) as [[Hash, GoodBlock]];
  return first;
}

/** Makes the index say what the chain of `head` is, down to where it does. */
function reindex(
  store: KeyValueStore<BlockColumn>,
  good: ReadonlyMap<Hash, GoodBlock>,
  finalized: Hash,
  head: Hash,
  changes: Change<BlockColumn>[],
): number[] {
  const wrong: number[] = [];
  const top = good.get(head)?.entry.number ?? 0;
  for (const { key } of store.range("canonical", numberKey(top + 1))) {
    wrong.push(new DataView(key.buffer, key.byteOffset).getUint32(0));
    changes.push({ column: "canonical", key });
  }
  const finalizedNumber = good.get(finalized)?.entry.number ?? 0;
  let at: Hash | undefined = head;
  for (let number = top; number >= 0 && at !== undefined; number--) {
    const isRight = readWhole(() => readCanonical(store, number)) === at;
    const header = readWhole(() => headerOf(store, at as Hash));
    // Below a warp sync's beginning lie blocks that are not here yet.
    if (header === undefined) break;
    if (!isRight) {
      wrong.push(number);
      changes.push(canonicalIs(number, at));
    } else if (number < finalizedNumber) break;
    at = header.parentHash;
  }
  return wrong;
}

function headerOf(store: KeyValueStore<BlockColumn>, hash: Hash): Header | undefined {
  const bytes = store.get("headers", hexToBytes(hash));
  const header = bytes === undefined ? undefined : tryDecode(Header, bytes);
  return header?.ok === true && headerHash(header.value) === hash ? header.value : undefined;
}

function hasEpochs(store: KeyValueStore<BlockColumn>, { announcedBy }: TreeEntry): boolean {
  const bytes = store.get("epochs", hexToBytes(announcedBy));
  return bytes !== undefined && tryDecode(EpochRecord, bytes).ok;
}

/** A record whose checksum is wrong counts as missing. */
function readWhole<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof HostError && error.code === "corruptRecord") return undefined;
    throw error;
  }
}

const damaged = (how: string): HostError =>
  new HostError("chainDamaged", {
    message: `the database ${how}: restore it from a copy, or remove it with "parahost purge-chain" and sync again; keys stay`,
  });

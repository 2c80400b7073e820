/**
 * What a node knows of the chain: the tree of unfinalized blocks, their epochs, the authority set, and
 * the store behind them. Changes come from `import.ts` (blocks) and from GRANDPA (finality), verified.
 *
 * Each change is made in memory and written as one batch. Should the write fail, memory knows more than
 * the disk; nothing further is taken in then, and the process must end and start from what is written.
 *
 * Reference: consensus 4.9, 5.
 */
import { assert, err, ok, type Result } from "@parahost/base";
import type { VrfInOut } from "@parahost/crypto";
import {
  type BabeConfiguration,
  type BabeId,
  type BabePreDigest,
  type Body,
  type GrandpaAuthorities,
  GrandpaJustification,
  type Hash,
  type Header,
  headerHash,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import type { Announcement } from "./babe/digest.ts";
import { weightOf } from "./babe/digest.ts";
import { type EpochRecord, EpochTree, type SlotEpoch } from "./babe/epochs.ts";
import type { BlockStore, PastBlock, StoreBatch, StoredChain } from "./block-store.ts";
import { type BlockRef, BlockTree, type TreeBlock, type TreeRoute } from "./block-tree.ts";
import {
  type BlockOrigin,
  type ChainEvent,
  ChainEvents,
  type ChainListener,
} from "./chain-events.ts";
import {
  type AuthoritySet,
  afterFinality,
  afterForcedChange,
  type BeyondChange,
  changeBlocks,
  effectiveNumber,
  genesisAuthoritySet,
  nextChangeOn,
} from "./grandpa/authority-set.ts";
import type { GrandpaChain, SelectChain } from "./grandpa/ports.ts";
import type { WarpPosition } from "./grandpa/warp-proof.ts";

/** Of every so many blocks one keeps its justification, so that finality can be shown to others. */
export const JUSTIFICATION_PERIOD = 512;

/** Finalized blocks looked back over when votes of an old round are placed. */
const PATH_BELOW_FINALITY_MAX = 4096;

export interface Genesis<Changes> {
  readonly header: Header;
  readonly configuration: BabeConfiguration;
  readonly authorities: GrandpaAuthorities;
  /** The state of genesis, as the store takes it. */
  readonly changes: Changes;
}

/** A block that `import.ts` found good. */
export interface VerifiedBlock<Changes> {
  readonly hash: Hash;
  readonly header: Header;
  readonly body: Body;
  readonly origin: BlockOrigin;
  readonly author: BabeId;
  readonly preDigest: BabePreDigest;
  readonly vrf: VrfInOut | undefined;
  readonly slotEpoch: SlotEpoch;
  readonly announcement: Announcement | undefined;
  /** The authority set with what the block announces. */
  readonly authoritySet: AuthoritySet;
  readonly changes: Changes;
}

export type FinalizeError =
  /** The block is not in the tree: never seen, or beside finality. */
  { readonly code: "unknownBlock" } | { readonly code: "alreadyFinalized" } | BeyondChange;

export class Chain<Changes> implements GrandpaChain, SelectChain {
  readonly tree: BlockTree;
  readonly epochs: EpochTree;
  readonly configuration: BabeConfiguration;
  readonly genesisHash: Hash;
  readonly #store: BlockStore<Changes>;
  readonly #events = new ChainEvents();
  #authoritySet: AuthoritySet;
  #gap: BlockRef | undefined;
  #isBroken = false;

  /** Goes on with what is in the store, or begins it with genesis. */
  constructor(genesis: Genesis<Changes>, store: BlockStore<Changes>) {
    this.#store = store;
    this.configuration = genesis.configuration;
    this.genesisHash = headerHash(genesis.header);
    const stored = store.load() ?? beginStore(genesis, store);
    assert(store.hashByNumber(0) === this.genesisHash, "the store is of another chain");
    this.#authoritySet = stored.authoritySet;
    this.#gap = stored.gap;

    const byHash = new Map(stored.blocks.map((block) => [headerHash(block.header), block]));
    const root = byHash.get(stored.finalized);
    assert(root !== undefined, `the finalized block ${stored.finalized} is not in the store`);
    const { header, weight, epochs } = root;
    const { finalized: hash } = stored;
    this.tree = new BlockTree({ hash, number: header.number, parent: header.parentHash, weight });
    this.epochs = new EpochTree(genesis.configuration, hash, epochs);
    // The best chain first: between equal heads the one that was best is to stay so.
    const best = new Set<Hash>();
    for (let at = stored.best; at !== hash; ) {
      const block = byHash.get(at);
      assert(block !== undefined, `block ${at} of the best chain is not in the store`);
      best.add(at);
      at = block.header.parentHash;
    }
    const inOrder = [...byHash].filter(([at]) => at !== hash);
    for (const isBest of [true, false])
      for (const [at, block] of inOrder) {
        if (best.has(at) !== isBest) continue;
        const { number, parentHash: parent } = block.header;
        this.tree.insert({ hash: at, number, parent, weight: block.weight });
        this.epochs.restore(at, block.epochs);
      }
    for (const reverted of stored.reverted) this.tree.revert(reverted);
    assert(this.tree.best.hash === stored.best, "the best block is not the one that was stored");
  }

  subscribe(listener: ChainListener): () => void {
    return this.#events.subscribe(listener);
  }

  /** For what happens beside the chain but belongs into its order. */
  tell(event: ChainEvent): void {
    this.#events.tell(event);
  }

  // Questions

  best(): TreeBlock {
    return this.tree.best;
  }

  finalized(): TreeBlock {
    return this.tree.finalized;
  }

  header(hash: Hash): Header | undefined {
    return this.#store.header(hash);
  }

  body(hash: Hash): Body | undefined {
    return this.#store.body(hash);
  }

  /** The encoded GRANDPA justification, for blocks that keep one. */
  justification(hash: Hash): Uint8Array | undefined {
    return this.#store.justification(hash);
  }

  /** The block of the best chain with this number. */
  hashByNumber(number: number): Hash | undefined {
    return this.#store.hashByNumber(number);
  }

  /** A block of the tree or of the finalized chain. */
  block(hash: Hash): BlockRef | undefined {
    const inTree = this.tree.get(hash);
    if (inTree !== undefined) return inTree;
    const number = this.#store.header(hash)?.number;
    if (number === undefined || this.#finalizedHash(number) !== hash) return undefined;
    return { hash, number };
  }

  /**
   * The highest block missing between genesis and the block that a warp sync began with; `undefined` when the history is
   * whole.
   */
  gap(): BlockRef | undefined {
    return this.#gap;
  }

  isDescendant(ancestor: Hash, hash: Hash): boolean {
    if (this.tree.has(ancestor)) return this.tree.isDescendant(ancestor, hash);
    const low = this.block(ancestor);
    const high = low && this.block(hash);
    return low !== undefined && high !== undefined && low.number <= high.number;
  }

  path(base: BlockRef, block: BlockRef): readonly Hash[] | undefined {
    if (this.block(block.hash)?.number !== block.number) return undefined;
    const root = this.tree.finalized;
    if (base.number >= root.number) return this.#treePath(base.hash, block.hash);
    if (this.#finalizedHash(base.number) !== base.hash || block.number < base.number)
      return undefined;
    const top = Math.min(block.number, root.number);
    if (top - base.number > PATH_BELOW_FINALITY_MAX) return undefined;
    const path: Hash[] = [];
    for (let number = base.number + 1; number <= top; number++) {
      const hash = this.#finalizedHash(number);
      if (hash === undefined) return undefined;
      path.push(hash);
    }
    return block.number <= root.number
      ? path
      : [...path, ...(this.#treePath(root.hash, block.hash) as Hash[])];
  }

  bestContaining(hash: Hash): BlockRef | undefined {
    return this.tree.bestContaining(hash);
  }

  authoritySet(): AuthoritySet {
    return this.#authoritySet;
  }

  finalityLimit(head: Hash): number | undefined {
    const change = nextChangeOn(this.#authoritySet, head, (a, b) => this.isDescendant(a, b));
    return change && effectiveNumber(change);
  }

  changeBlocks(): readonly BlockRef[] {
    return changeBlocks(
      this.#authoritySet,
      (number) => this.tree.atNumber(number),
      (a, b) => this.isDescendant(a, b),
    );
  }

  // Changes

  /** Adds a verified block whose parent is in the tree. */
  insert(block: VerifiedBlock<Changes>): void {
    const { hash, header, body, author, preDigest, vrf, origin, changes } = block;
    const { parentHash: parent, number } = header;
    this.#assertWritten();
    const bestBefore = this.tree.best;
    const weight = (this.tree.get(parent)?.weight ?? 0) + weightOf(preDigest);
    this.tree.insert({ hash, number, parent, weight });
    const epochs = this.epochs.insert(hash, parent, block.slotEpoch, block.announcement);
    const setBefore = this.#authoritySet;
    this.#authoritySet = block.authoritySet;
    this.#applyForcedChange();
    const evicted = this.tree.evict();
    for (const gone of evicted) this.epochs.remove(gone.hash);
    const route = this.tree.route(bestBefore.hash, this.tree.best.hash);
    const removed = evicted.length > 0 ? { removed: evicted } : {};
    const insert = { hash, header, body, weight, epochs, changes };
    const moved = this.#bestMoved(route);
    this.#commit({ insert, ...removed }, route, setBefore);
    const isBest = this.tree.best.hash === hash;
    const ref = { hash, number };
    this.#events.tell(
      { type: "imported", block: ref, header, origin, author, preDigest, vrf, isBest },
      ...(evicted.length > 0 ? [{ type: "evicted", blocks: evicted } as const] : []),
      ...moved,
      ...this.#setChanged(setBefore),
    );
  }

  /** Makes a block final by votes that were verified. */
  finalize(justification: GrandpaJustification): Result<void, FinalizeError> {
    const { targetHash: hash, targetNumber: number } = justification.commit;
    const rootBefore = this.tree.finalized;
    const target = this.tree.get(hash);
    if (target === undefined || target.number !== number) return err({ code: "unknownBlock" });
    if (target === rootBefore) return err({ code: "alreadyFinalized" });
    this.#assertWritten();
    const bestBefore = this.tree.best;
    const setBefore = this.#authoritySet;
    const set = afterFinality(setBefore, target, (a, b) => this.isDescendant(a, b));
    if (!set.ok) return set;

    const chainBefore = this.tree.pathTo(rootBefore.hash, bestBefore.hash) ?? [];
    const { finalized, pruned } = this.tree.finalize(hash);
    const chainAfter = [...finalized, ...(this.tree.pathTo(hash, this.tree.best.hash) ?? [])];
    const route = routeBetween(rootBefore, chainBefore, chainAfter);
    this.#authoritySet = set.value;
    this.#applyForcedChange();
    for (const gone of [rootBefore, ...finalized.slice(0, -1), ...pruned])
      this.epochs.remove(gone.hash);
    const isKept =
      rootBefore.number % JUSTIFICATION_PERIOD === 0 ||
      setBefore.history.at(-1)?.lastBlock === rootBefore.number;
    const proof = { hash, justification: encode(GrandpaJustification, justification) };
    const batch: StoreBatch<Changes> = {
      finality: { head: hash, finalized },
      removed: pruned,
      justifications: isKept
        ? [proof]
        : [proof, { hash: rootBefore.hash, justification: undefined }],
      reverted: this.tree.reverted(),
    };
    const moved = this.#bestMoved(route);
    this.#commit(batch, route, setBefore);
    this.#events.tell(
      ...moved,
      { type: "finalized", head: target, finalized, pruned, justification },
      ...this.#setChanged(setBefore),
    );
    return ok(undefined);
  }

  /** Marks a block and what stands on it as not viable. False when it is final, unknown or marked. */
  revert(hash: Hash): boolean {
    this.#assertWritten();
    const bestBefore = this.tree.best;
    const block = this.tree.get(hash);
    if (block === undefined || !this.tree.revert(hash)) return false;
    const route = this.tree.route(bestBefore.hash, this.tree.best.hash);
    this.#commit({ reverted: this.tree.reverted() }, route, this.#authoritySet);
    this.#events.tell({ type: "reverted", block }, ...this.#bestMoved(route));
    return true;
  }

  /** Takes in what lies in the gap, from its highest block downwards, each the parent of the one before. */
  fillGap(blocks: readonly PastBlock[]): void {
    this.#assertWritten();
    let gap = this.#gap;
    for (const { hash, header } of blocks) {
      assert(hash === gap?.hash, `${hash} is not the next missing block`);
      gap = { hash: header.parentHash, number: header.number - 1 };
    }
    const isClosed = gap === undefined || gap.hash === this.genesisHash;
    assert(isClosed || (gap?.number ?? 0) > 0, "the history leads to another genesis");
    this.#gap = isClosed ? undefined : gap;
    this.#isBroken = true;
    this.#store.commit({
      past: blocks,
      canonical: blocks.map(({ hash, header: { number } }) => ({ number, hash })),
      gap: this.#gap ?? "none",
    });
    this.#isBroken = false;
  }

  // Within

  #finalizedHash(number: number): Hash | undefined {
    return number <= this.tree.finalized.number ? this.#store.hashByNumber(number) : undefined;
  }

  #treePath(from: Hash, to: Hash): readonly Hash[] | undefined {
    return this.tree.pathTo(from, to)?.map(({ hash }) => hash);
  }

  #applyForcedChange(): void {
    const isDescendant = (a: Hash, b: Hash): boolean => this.isDescendant(a, b);
    const set = afterForcedChange(this.#authoritySet, this.tree.best, isDescendant);
    if (set !== undefined) this.#authoritySet = set;
  }

  #assertWritten(): void {
    assert(!this.#isBroken, "an earlier change of the chain could not be written");
  }

  /** Writes a change together with what follows from it for the best chain and the authority set. */
  #commit(batch: StoreBatch<Changes>, route: TreeRoute, setBefore: AuthoritySet): void {
    const { retracted, enacted } = route;
    const isMoved = retracted.length > 0 || enacted.length > 0;
    const canonical = [
      ...retracted.map(({ number }) => ({ number, hash: undefined })),
      ...enacted.map(({ number, hash }) => ({ number, hash })),
    ];
    this.#isBroken = true;
    this.#store.commit({
      ...batch,
      ...(isMoved ? { canonical, best: this.tree.best.hash } : {}),
      ...(this.#authoritySet === setBefore ? {} : { authoritySet: this.#authoritySet }),
    });
    this.#isBroken = false;
  }

  /** To be asked before the change is written, which may take the bodies of a fork that died. */
  #bestMoved({ common, retracted: left, enacted }: TreeRoute): ChainEvent[] {
    if (left.length === 0 && enacted.length === 0) return [];
    const retracted = left.map(({ hash, number }) => ({
      hash,
      number,
      body: this.#store.body(hash) ?? [],
    }));
    const moved: ChainEvent = { type: "newBest", head: this.tree.best, retracted, enacted };
    return retracted.length === 0
      ? [moved]
      : [{ type: "reorg", common, retracted, enacted }, moved];
  }

  #setChanged(before: AuthoritySet): ChainEvent[] {
    const { setId } = this.#authoritySet;
    if (setId === before.setId) return [];
    return [{ type: "authoritySetChanged", setId, at: this.tree.finalized }];
  }
}

/** From the head of one chain to that of another, both above `root` and lowest first. */
function routeBetween(
  root: TreeBlock,
  before: readonly TreeBlock[],
  after: readonly TreeBlock[],
): TreeRoute {
  let shared = 0;
  while (shared < before.length && before[shared]?.hash === after[shared]?.hash) shared += 1;
  return {
    common: before[shared - 1] ?? root,
    retracted: before.slice(shared).reverse(),
    enacted: after.slice(shared),
  };
}

/** Writes genesis into an empty store. */
function beginStore<Changes>(
  { header, authorities, changes }: Genesis<Changes>,
  store: BlockStore<Changes>,
): StoredChain {
  const hash = headerHash(header);
  const block = { header, weight: 0, epochs: EpochTree.genesis(hash) };
  const authoritySet = genesisAuthoritySet(authorities);
  store.commit({
    insert: { ...block, hash, body: [], changes },
    best: hash,
    canonical: [{ number: 0, hash }],
    finality: { head: hash, finalized: [{ hash, number: 0 }] },
    authoritySet,
    reverted: [],
  });
  return {
    ...{ finalized: hash, best: hash, authoritySet, reverted: [], gap: undefined },
    blocks: [block],
  };
}

/** What a chain goes on from after a warp sync. */
export interface WarpStart<Changes> {
  /** The final block that the proofs led to; it has a header. */
  readonly position: WarpPosition & { readonly header: Header };
  readonly body: Body;
  /** By the state after the block. */
  readonly epochs: EpochRecord;
  /** The whole state after the block, as the store takes it. */
  readonly changes: Changes;
}

/** Writes into an empty store that the chain begins with a block far from genesis. */
export function beginAtWarp<Changes>(
  genesis: Header,
  { position, body, epochs, changes }: WarpStart<Changes>,
  store: BlockStore<Changes>,
): void {
  const { hash, number, header, setId, authorities, justification, ended } = position;
  assert(store.load() === undefined, "the store has a chain already");
  assert(number > 0, "a chain that begins with genesis needs no warp sync");
  const genesisHash = headerHash(genesis);
  const passed = ended
    .map((set) => ({ ...set, hash: headerHash(set.header), number: set.header.number }))
    .filter((set) => set.hash !== hash);
  const proofs = [...passed, ...(justification === undefined ? [] : [{ hash, justification }])];
  store.commit({
    // Weights are compared among descendants only.
    insert: { hash, header, body, weight: 0, epochs, changes },
    past: [
      { hash: genesisHash, header: genesis, body: [] },
      ...passed.map((set) => ({ hash: set.hash, header: set.header, body: undefined })),
    ],
    best: hash,
    canonical: [
      { number: 0, hash: genesisHash },
      ...passed.map((set) => ({ number: set.number, hash: set.hash })),
      { number, hash },
    ],
    finality: { head: hash, finalized: [{ hash, number }] },
    justifications: proofs.map((proof) => ({
      hash: proof.hash,
      justification: encode(GrandpaJustification, proof.justification),
    })),
    authoritySet: {
      ...{ setId, authorities, scheduled: [], forced: [] },
      history: ended.map((set) => ({ setId: set.setId, lastBlock: set.header.number })),
    },
    reverted: [],
    gap: number === 1 ? "none" : { hash: header.parentHash, number: number - 1 },
  });
}

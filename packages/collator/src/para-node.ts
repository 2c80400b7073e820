/**
 * A parachain's own node beside a relay chain node: it keeps the parachain's states, pool and blocks, builds a block
 * whenever it is asked for a collation, and follows the relay chain, which alone decides what the parachain is. The
 * head in the state of the best relay chain block is the best head, the one in the last finalized relay chain block
 * is final.
 *
 * A block that another collator built arrives here as a head without contents. Until its contents are imported, or
 * the relay chain has gone back to a head that is known, nothing can be built, and `status` says so.
 *
 * Guide: Collators. Node-side reference, 5.6; runtime reference, 3.5.
 */
import {
  assert,
  type Clock,
  describe,
  err,
  expectOk,
  type Hex,
  type Logger,
  type LogLevel,
  ok,
  type Result,
} from "@parahost/base";
import { decompressBlob } from "@parahost/executor";
import type {
  BuiltBlock,
  ImportError,
  ParaAccount,
  ParaStateMachine,
  ParaSummary,
  RelayParent,
  TransactionProblem,
  UnknownHead,
} from "@parahost/kit";
import {
  type CollationResult,
  type CollationSecondedSignal,
  type NodeEventData,
  oneShot,
  type Reply,
  unlessCancelled,
} from "@parahost/node";
import {
  type BlockNumber,
  type CandidateEvent,
  type Hash,
  type HeadData,
  type ParaId,
  type PersistedValidationData,
  paraHeadHash,
  type ValidationCodeHash,
} from "@parahost/primitives";
import { ForeignBlocks, type IncludedCandidate, type RecoveredBlock } from "./foreign-blocks.ts";
import { ParaChain } from "./para-chain.ts";
import {
  ParaPool,
  type ParaPoolLimits,
  type PoolTransaction,
  type SubmitError,
  type TransactionListener,
  type TransactionStatus,
} from "./para-pool.ts";
import { type ParaBlock, ParaTree, type Route } from "./para-tree.ts";
import { type SiblingBlock, Siblings, type SiblingsPorts } from "./siblings.ts";

const TARGET = "parachain::para-node";

/** Bytes of a PoV before its block data: their length, which is below 2^30. */
const POV_LENGTH_BYTES = 4;
/** Blocks in one answer. */
const BLOCKS_ANSWERED_MAX = 256;

export interface ParaNodeConfig {
  readonly paraId: ParaId;
  readonly machine: ParaStateMachine;
  readonly poolLimits?: ParaPoolLimits | undefined;
  /** Transactions of one block; as many as its bytes and the time of its backers allow without it. */
  readonly transactionsMax?: number;
  /** Blocks kept that are not final. */
  readonly blocksMax?: number | undefined;
  /** Among several collators of the para: whose turn this one has. It builds at every opportunity without it. */
  readonly turn?: CollatorTurn | undefined;
  /** Final blocks behind the last one whose states are kept. */
  readonly statesKept?: number | undefined;
}

/** A block of a para takes two of the relay chain's slots: one to be backed, one to be included. */
const SLOTS_PER_TURN = 2;

/** A collator builds in the turns, each of `SLOTS_PER_TURN` slots, whose number leaves `index` when divided by `count`. */
export interface CollatorTurn {
  readonly index: number;
  readonly count: number;
}

export interface ParaNodePorts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes the node's events. */
  readonly emit: (event: NodeEventData) => void;
  /** A node, by hash, of the relay chain's state after a block; `undefined` where it is not to be had. */
  readonly relayNode?: (relayBlock: Hash, node: Hex) => Uint8Array | undefined;
  /** Validation code by its hash, as a relay chain block has it; `undefined` where it is not to be had. */
  readonly codeByHash?: (relayBlock: Hash, hash: ValidationCodeHash) => Uint8Array | undefined;
  /** Slot of a relay chain block, for collators that take turns. */
  readonly slotOf?: (relayBlock: Hash) => number | undefined;
  /** The other collators of the para, for those that have any: where they are, and who. */
  readonly siblings?: Pick<SiblingsPorts, "network" | "peers"> | undefined;
  /** A block of another collator, from whoever holds pieces of it; `undefined` where it is not to be had now. */
  readonly recover?: (candidate: IncludedCandidate) => Promise<RecoveredBlock | undefined>;
  /** Head of the para in the state after a relay chain block; `undefined` without such a state or such a head. */
  readonly headAt: (relayBlock: Hash) => HeadData | undefined;
}

/** A relay chain block that the node has imported. */
export interface RelayBlock {
  readonly hash: Hash;
  readonly parentHash: Hash;
  readonly number: BlockNumber;
  readonly candidateEvents: readonly CandidateEvent[];
  /** Whether it is the best block now. */
  readonly isBest: boolean;
}

/**
 * A head of the parachain by its meaning: of the best relay chain, of the finalized relay chain, or the block that
 * was built last on the best one, which the relay chain may yet include.
 */
export type ParaPlace = "best" | "finalized" | "latest";

export interface ParaHead {
  readonly hash: Hash;
  readonly head: HeadData;
  /** Absent where the chain that leads there is not known. */
  readonly number: number | undefined;
  /** Whether its state is here. */
  readonly isKnown: boolean;
}

/** A block of another collator whose contents are not here. */
export interface ForeignBlock {
  readonly head: Hash;
  readonly stage: "backed" | "included";
  readonly relayNumber: BlockNumber;
}

export interface ParaStatus {
  readonly best: ParaHead;
  readonly finalized: ParaHead;
  readonly latest: ParaHead;
  /** The newest block that the relay chain has and that is not known here; nothing can be built on it. */
  readonly foreign: ForeignBlock | undefined;
  /** Blocks that may still become part of the chain. */
  readonly blockCount: number;
  readonly waitingCount: number;
  readonly waitingBytes: number;
  /** Why the last attempt to build a block came to nothing; `undefined` when there is a block. */
  readonly problem: string | undefined;
}

/** A head and its number, as far as known. */
type HeadRef = Omit<ParaHead, "isKnown">;

export class ParaNode {
  readonly paraId: ParaId;
  /** Of the state machine: `adder`, `ledger`. */
  readonly name: string;
  /** The blocks that are known here, as clients follow them. */
  readonly chain: ParaChain;
  readonly #machine: ParaStateMachine;
  readonly #transactionsMax: number;
  readonly #ports: ParaNodePorts;
  readonly #tree: ParaTree;
  readonly #pool: ParaPool;
  #best: HeadRef;
  /** Relay chain block that brought the best head. */
  #bestSince: BlockNumber = 0;
  #finalized: HeadRef;
  /** The newest block of the best chain that stands in the tree: the best one, unless nobody knows how it is reached. */
  #tip: Hash;
  /** The newest block on the way to the tip whose state is here. */
  #known: ParaBlock;
  #lastBuilt: Hash;
  #foreignBacked: ForeignBlock | undefined;
  readonly #turn: CollatorTurn | undefined;
  readonly #foreign: ForeignBlocks | undefined;
  readonly #siblings: Siblings | undefined;
  #problem: string | undefined;

  constructor(config: ParaNodeConfig, ports: ParaNodePorts) {
    const { paraId, machine } = config;
    this.paraId = paraId;
    this.name = machine.name;
    this.#machine = machine;
    this.#transactionsMax = config.transactionsMax ?? Number.POSITIVE_INFINITY;
    this.#ports = ports;
    this.#turn = config.turn;
    const { recover, siblings } = ports;
    this.#foreign =
      recover &&
      new ForeignBlocks({
        fetch: async (head) => (await this.#fetch(head)) ?? "later",
        recover,
        import: (head, block) => this.#onRecovered(head, block),
        isKnown: (head) => this.chain.block(head) !== undefined,
      });
    this.#tree = new ParaTree(machine.genesisHead, config.blocksMax);
    this.#known = this.#tree.root;
    this.chain = new ParaChain(this.#tree, machine, config.statesKept);
    this.#pool = new ParaPool(
      machine,
      (sender) => this.#nonceAt(this.#known, sender),
      ports.clock,
      config.poolLimits,
    );
    this.#best = this.#tree.root;
    this.#finalized = this.#best;
    this.#tip = this.#best.hash;
    this.#lastBuilt = this.#best.hash;
    this.#siblings =
      siblings &&
      new Siblings({
        ...siblings,
        genesisHash: this.#tree.root.hash,
        take: (transaction) => this.#take(transaction),
        waiting: () => this.pending().map(({ bytes }) => bytes),
        block: (head) => this.#shown(head),
        transactionHash: (transaction) => machine.transactionHash(transaction),
      });
  }

  // Collating

  /**
   * The collator function: the next block on `validationData.parentHead`, also when no transaction waits, so that the
   * chain advances with the relay chain. Asked again for the same head it builds anew, since the pool may have changed
   * and a candidate names its relay parent. `codeHash` names what validators will run for the block. `undefined` when
   * the state of that head is not here.
   */
  async collate(
    relayParent: Hash,
    validationData: PersistedValidationData,
    codeHash?: ValidationCodeHash,
  ): Promise<CollationResult | undefined> {
    this.#pool.dropExpired();
    if (!this.#hasTurn(relayParent)) return undefined;
    const { parentHead, relayParentNumber, maxPovSize } = validationData;
    // What another collator built has to come first.
    if (this.chain.block(paraHeadHash(parentHead)) === undefined) await this.#foreign?.look();
    const hasRoom = this.#makeRoom();
    const parent = this.#tree.get(paraHeadHash(parentHead));
    if (parent?.isKnown !== true || !hasRoom) {
      this.#log("debug", "the state of the head to build on is not here", {
        head: paraHeadHash(parentHead),
        relayParent,
      });
      return undefined;
    }
    const built = this.#build(parent, maxPovSize - POV_LENGTH_BYTES, {
      number: relayParentNumber,
      storageRoot: validationData.relayParentStorageRoot,
      node: (hash) => this.#ports.relayNode?.(relayParent, hash),
      ...(codeHash === undefined
        ? {}
        : {
            code: {
              hash: codeHash,
              bytes: () => this.#ports.codeByHash?.(relayParent, codeHash),
            },
          }),
    });
    if (built === undefined) return undefined;
    return {
      collation: {
        upwardMessages: built.upwardMessages ?? [],
        horizontalMessages: [],
        newValidationCode: built.newValidationCode,
        headData: built.head,
        pov: { blockData: built.blockData },
        processedDownwardMessages: 0,
        hrmpWatermark: relayParentNumber,
      },
      onSeconded: this.#whenSeconded(paraHeadHash(built.head)),
    };
  }

  /** Takes in another collator's block: the one with the `expected` head, if given. Its parent must be known here. */
  importBlock(
    parentHead: HeadData,
    blockData: Uint8Array,
    expected?: Hash,
  ): Result<Hash, ImportError | { readonly code: "noRoom" | "otherBlock" }> {
    const hasRoom = this.#makeRoom();
    const parent = this.#tree.get(paraHeadHash(parentHead));
    if (parent?.isKnown !== true)
      return err({ code: "unknownHead", head: paraHeadHash(parentHead) });
    const imported = this.#machine.importBlock(parentHead, blockData);
    if (!imported.ok) return imported;
    const { head, included } = imported.value;
    const hash = paraHeadHash(head);
    const there = this.#tree.get(hash);
    const isOther = expected !== undefined && hash !== expected;
    if (there?.isKnown === true) return isOther ? err({ code: "otherBlock" }) : ok(hash);
    if (isOther || (there === undefined && !hasRoom)) {
      this.#machine.forget(head);
      return err({ code: isOther ? "otherBlock" : "noRoom" });
    }
    this.#add(parent, head, { blockData: blockData.slice(), transactions: included });
    return ok(hash);
  }

  // The relay chain

  /** Every relay chain block that is imported, parents first. */
  onRelayBlock({ hash, parentHash, number, candidateEvents, isBest }: RelayBlock): void {
    const before = this.#ports.headAt(parentHash);
    // Where one block includes several candidates of a para, they stand in the order of the chain.
    let parent = before === undefined ? undefined : paraHeadHash(before);
    for (const { type, value } of candidateEvents) {
      if (value.receipt.descriptor.paraId !== this.paraId) continue;
      const head = paraHeadHash(value.headData);
      if (type === "backed") this.#onBacked(head, number);
      else if (this.#foreignBacked?.head === head) this.#foreignBacked = undefined;
      if (type === "timedOut") this.#log("debug", "a block was not available in time", { head });
      if (type !== "included") continue;
      if (parent !== undefined) this.#note(parent, value.headData);
      parent = head;
      if (this.chain.block(head) === undefined && "group" in value)
        this.#foreign?.want(head, value);
    }
    if (isBest) this.onRelayBest({ hash, number });
  }

  /** The best relay chain block is another now; `onRelayBlock` has had it before. */
  onRelayBest({ hash, number }: { readonly hash: Hash; readonly number: BlockNumber }): void {
    const head = this.#ports.headAt(hash);
    if (head === undefined) this.#log("debug", "a relay chain block without our head", { hash });
    else this.#setBest(head, number);
    this.#pool.dropExpired();
    void this.#foreign?.look();
  }

  /** The relay chain is final up to this block. */
  onRelayFinalized({ hash }: { readonly hash: Hash; readonly number: BlockNumber }): void {
    const head = this.#ports.headAt(hash);
    if (head === undefined) {
      this.#log("debug", "a finalized relay chain block without our head", { hash });
      return;
    }
    this.#finalized = this.#refOf(head);
    this.#finalize();
  }

  // Transactions

  /** Takes a transaction for one of the next blocks. */
  submit(transaction: Uint8Array): Result<Hex, SubmitError> {
    this.#pool.dropExpired();
    const taken = this.#pool.submit(transaction);
    if (taken.ok) this.#siblings?.propagate(transaction);
    return taken;
  }

  /** A transaction that another collator passes on. */
  #take(transaction: Uint8Array): "taken" | "known" | "bad" {
    const taken = this.#pool.submit(transaction);
    if (taken.ok) return "taken";
    const { code } = taken.error;
    return code === "undecodable" || code === "badSignature" || code === "tooLarge"
      ? "bad"
      : "known";
  }

  /** Transactions that wait for a block, as they came. */
  waitingTransactions(): Uint8Array[] {
    return this.#pool.waiting();
  }

  /** `undefined` for a transaction that was never here, or so long ago that it is forgotten. */
  transactionStatus(hash: Hex): TransactionStatus | undefined {
    return this.#pool.status(hash);
  }

  /** Calls `listener` for what becomes of any transaction from now on; the answer ends it. */
  watchTransactions(listener: TransactionListener): () => void {
    return this.#pool.watch(listener);
  }

  /** As `watchTransactions`, of one transaction, whether it is here or not. */
  watchTransaction(hash: Hex, listener: TransactionListener): () => void {
    return this.#pool.watch(listener, hash);
  }

  /** What may go into the next block, in order. */
  pending(): readonly PoolTransaction[] {
    return this.#readyFor(this.#known);
  }

  // Questions

  head(at: ParaPlace): ParaHead {
    const ref = { best: this.#best, finalized: this.#finalized, latest: this.#latest() }[at];
    const { hash, head, number } = ref;
    return { hash, head, number, isKnown: this.#tree.get(hash)?.isKnown === true };
  }

  /** Zeros where there is no account. */
  account(id: Hex, at: ParaPlace): Result<ParaAccount, UnknownHead> {
    return this.#machine.account(this.head(at).head, id);
  }

  /** What the block says about itself. */
  summary(at: ParaPlace): Result<ParaSummary, UnknownHead> {
    return this.#machine.summary(this.head(at).head);
  }

  /** Blocks of the best chain from a number on, oldest first, as far as they are kept; at most 256 of them. */
  blocks(from: number, count: number): readonly ParaBlock[] {
    return this.#tree.chain(this.#tip, from, Math.min(count, BLOCKS_ANSWERED_MAX));
  }

  get status(): ParaStatus {
    const best = this.head("best");
    return {
      best,
      finalized: this.head("finalized"),
      latest: this.head("latest"),
      foreign: best.isKnown
        ? this.#foreignBacked
        : { head: best.hash, stage: "included", relayNumber: this.#bestSince },
      blockCount: this.#tree.size,
      waitingCount: this.#pool.waitingCount,
      waitingBytes: this.#pool.waitingBytes,
      problem: this.#problem,
    };
  }

  // Building

  #build(
    parent: ParaBlock,
    maxBlockDataBytes: number,
    relayParent: RelayParent,
  ): BuiltBlock | undefined {
    const offered = this.#readyFor(parent);
    const limits = { maxBlockDataBytes, maxTransactions: this.#transactionsMax };
    const transactions = offered.map(({ bytes }) => bytes);
    const built = this.#machine.buildBlock(parent.head, transactions, limits, relayParent);
    if (!built.ok) return this.#failed("it could not be built", built.error);
    const { blockData, head, included, dropped } = built.value;
    if (blockData.length > maxBlockDataBytes)
      return this.#failed(`its ${blockData.length} bytes are too many`, { maxBlockDataBytes });
    const imported = this.#machine.importBlock(parent.head, blockData, relayParent.code);
    if (!imported.ok) return this.#failed("it does not pass its own checks", imported.error);
    const hash = paraHeadHash(head);
    if (paraHeadHash(imported.value.head) !== hash) {
      this.#machine.forget(imported.value.head);
      return this.#failed("executing it again leads to another head", { head: hash });
    }
    this.#problem = undefined;
    this.#settleOffered(offered, built.value, maxBlockDataBytes);
    this.#lastBuilt = hash;
    if (this.#tree.get(hash)?.isKnown === true) return built.value;
    const { number } = this.#add(parent, head, { blockData, transactions: included });
    this.#log("debug", "built a block", {
      number,
      head: hash,
      bytes: blockData.length,
      transactions: included.length,
      dropped: dropped.length,
    });
    this.#ports.emit({ event: "para.block", para: this.paraId, number, head: hash });
    return built.value;
  }

  #readyFor(parent: ParaBlock): PoolTransaction[] {
    const included = new Set(
      this.#tree.path(parent.hash).flatMap(({ transactions }) => transactions),
    );
    return this.#pool.ready({
      nonceOf: (sender) => this.#nonceAt(parent, sender),
      isIncluded: (hash) => included.has(hash),
    });
  }

  /** What a block that was built says about the transactions that it was offered. */
  #settleOffered(
    offered: readonly PoolTransaction[],
    { blockData, included, dropped, isFull = false }: BuiltBlock,
    maxBlockDataBytes: number,
  ): void {
    for (const { hash, problem } of dropped) {
      if (!isOfNonces(problem)) this.#pool.drop(hash, problem);
      if (problem.code === "trap")
        this.#log("error", `a transaction ends the chain's code: ${problem.message}`, { hash });
    }
    const hadRoom =
      !isFull &&
      included.length < this.#transactionsMax &&
      blockData.length * 2 <= maxBlockDataBytes;
    if (!hadRoom) return;
    const settled = new Set([...included, ...dropped.map(({ hash }) => hash)]);
    this.#pool.onPassedOver(offered.map(({ hash }) => hash).filter((hash) => !settled.has(hash)));
  }

  #failed(what: string, detail: unknown): undefined {
    const reason = isTrap(detail) ? detail.message : describe(detail);
    this.#problem = `${what}: ${reason}`;
    this.#log("error", `no block: ${what}: ${reason}`, {});
    return undefined;
  }

  #whenSeconded(head: Hash): Reply<CollationSecondedSignal> {
    const { reply, answer } = oneShot<CollationSecondedSignal>("a collation that is seconded");
    void unlessCancelled(answer).then((signal) => {
      if (signal === undefined) return;
      const { relayParent } = signal;
      this.#log("debug", "a validator seconded our block", { head, relayParent });
    });
    return reply;
  }

  #hasTurn(relayParent: Hash): boolean {
    if (this.#turn === undefined) return true;
    const slot = this.#ports.slotOf?.(relayParent);
    if (slot === undefined) return false;
    return Math.floor(slot / SLOTS_PER_TURN) % this.#turn.count === this.#turn.index;
  }

  // Following

  /** A block as it is shown to other collators. */
  #shown(head: Hash): SiblingBlock | undefined {
    const block = this.chain.block(head);
    const parent = block?.parent === undefined ? undefined : this.chain.block(block.parent);
    return block?.blockData === undefined || parent === undefined
      ? undefined
      : { parentHead: parent.head, blockData: block.blockData };
  }

  /** Asks the other collators for a block. */
  #fetch(head: Hash): Promise<"done" | "later" | undefined> {
    return this.#siblings === undefined
      ? Promise.resolve(undefined)
      : this.#siblings.fetch(head, ({ parentHead, blockData }) => {
          if (this.chain.block(head) !== undefined) return "done";
          const imported = this.importBlock(parentHead, blockData, head);
          if (imported.ok) return "done";
          return isForLater(imported.error.code) ? "later" : "bad";
        });
  }

  #onRecovered(head: Hash, recovered: RecoveredBlock): "done" | "later" {
    const { parentHead, maxPovSize } = recovered;
    const blockData = decompressBlob(recovered.blockData, "pov", maxPovSize);
    const imported = blockData.ok ? this.importBlock(parentHead, blockData.value) : blockData;
    if (imported.ok) {
      this.#log("debug", "a block of another collator is here", { head });
      return "done";
    }
    const { code } = imported.error;
    if (isForLater(code)) return "later";
    this.#log("warn", "a block of another collator cannot be executed", {
      head,
      why: describe(imported.error),
    });
    return "done";
  }

  #onBacked(head: Hash, relayNumber: BlockNumber): void {
    if (this.#tree.get(head)?.isKnown === true) {
      this.#foreignBacked = undefined;
      return;
    }
    this.#foreignBacked = { head, stage: "backed", relayNumber };
    this.#log("debug", "a block that is not known here was backed", { head, relayNumber });
    // Validators have no pieces of it yet, but who built it may show it.
    void this.#fetch(head);
  }

  /** Remembers a head that the relay chain includes. */
  #note(parent: Hash, head: HeadData): void {
    if (this.#tree.get(paraHeadHash(head)) === undefined && this.#makeRoom())
      this.#tree.add(parent, head);
  }

  #setBest(head: HeadData, relayNumber: BlockNumber): void {
    const best = this.#refOf(head);
    if (best.hash === this.#best.hash) return;
    this.#best = best;
    this.#bestSince = relayNumber;
    const block = this.#tree.get(best.hash);
    if (block?.isKnown !== true)
      this.#log("info", "nothing can be built on a block of another collator", {
        head: best.hash,
        relayNumber,
      });
    if (block !== undefined) this.#moveTip(block.hash);
  }

  #moveTip(to: Hash): void {
    const route = this.#tree.route(this.#tip, to);
    this.#tip = to;
    this.#enact(route);
  }

  #enact(route: Route): void {
    this.#known = this.#tree.path(this.#tip).findLast(({ isKnown }) => isKnown) ?? this.#tree.root;
    this.#pool.onBestChain(route);
    this.chain.onBest(this.#known);
  }

  #finalize(): void {
    const { hash, head } = this.#finalized;
    if (hash === this.#tree.root.hash || this.#tree.get(hash) === undefined) return;
    // The relay chain's best block has the finalized one behind it; the news of it may come later.
    if (!this.#tree.isDescendant(this.#tip, hash)) {
      if (this.#tree.get(this.#best.hash) !== undefined) this.#best = this.#refOf(head);
      this.#moveTip(hash);
    }
    const change = this.#tree.finalize(hash);
    this.chain.onRootChange(change, true);
    if (change.passed.length === 0) return;
    this.#pool.onFinalized(change.passed, (sender) => this.#nonceAt(this.#tree.root, sender));
  }

  /** The parent is in the tree, with room for one more. */
  #add(
    parent: ParaBlock,
    head: HeadData,
    contents: { readonly blockData: Uint8Array; readonly transactions: readonly Hex[] },
  ): ParaBlock {
    const block = this.#tree.add(parent.hash, head, contents);
    assert(block !== undefined, "a block is added to a parent that is in the tree");
    this.chain.onImported(block);
    // It may be what the relay chain has been at for a while.
    if (this.#tip !== block.hash && this.#best.hash === block.hash) this.#moveTip(block.hash);
    else if (this.#tree.isDescendant(this.#tip, block.hash))
      this.#enact({ retracted: [], enacted: [block] });
    this.#finalize();
    return block;
  }

  #makeRoom(): boolean {
    const { hasRoom, ...change } = this.#tree.makeRoom(this.#tip);
    this.chain.onRootChange(change, false);
    this.#pool.onFinalityTimeout(change.passed);
    return hasRoom;
  }

  #refOf(head: HeadData): HeadRef {
    const hash = paraHeadHash(head);
    return { hash, head, number: this.#tree.get(hash)?.number };
  }

  #latest(): HeadRef {
    const built = this.#tree.get(this.#lastBuilt);
    const isOnBest =
      built !== undefined &&
      this.#tip === this.#best.hash &&
      this.#tree.isDescendant(built.hash, this.#tip);
    return isOnBest ? built : this.#best;
  }

  #nonceAt(block: ParaBlock, sender: Hex): number {
    return expectOk(this.#machine.account(block.head, sender), "a known block's state is here")
      .nonce;
  }

  #log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#ports.logger.log(level, TARGET, message, { para: this.paraId, ...fields });
  }
}

/** The block before it, the room or the code may yet come. */
const isForLater = (code: string): boolean =>
  code === "unknownHead" || code === "noRoom" || code === "noCode";

const isTrap = (detail: unknown): detail is { readonly message: string } =>
  typeof detail === "object" && detail !== null && "message" in detail;

/** About the block that was built on, which may not be the one that the relay chain includes. */
const isOfNonces = (problem: TransactionProblem): boolean =>
  problem.code === "staleNonce" ||
  problem.code === "futureNonce" ||
  (problem.code === "refused" && (problem.validity === "stale" || problem.validity === "future"));

/**
 * One client following the head of the chain: it is told of every block once, parents first, and of what
 * becomes of them; it asks about blocks that it was told of until it unpins them.
 *
 * Bounds: pinned blocks and operations at one time. A follower that does not unpin is told to stop.
 *
 * Reference: json-rpc-and-metadata.md 6.1.
 */
import { assert, bytesToHex, describe, type Hex } from "@parahost/base";
import { type Hash, Header } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import type { ChildId } from "@parahost/trie";
import type { ChainView, ViewEvent } from "../../chain-view.ts";
import { type Json, RpcError } from "../../json-rpc.ts";
import type { Send, Session, Subscriber } from "../../method.ts";
import { bodyJson, versionJson } from "../relay.ts";
import { callRuntime } from "../state.ts";
import { queryStorage, type StorageItem } from "../storage-query.ts";
import { Pins } from "./pins.ts";

export const PINNED_MAX = 512;
export const OPERATIONS_MAX = 16;
/** Finalized blocks that a new follower is told of: about a minute's worth. */
const FINALIZED_TOLD_MAX = 10;

/** Codes of the specification. */
export const ChainHeadError = {
  tooManyFollows: -32800,
  notPinned: -32801,
  withoutRuntime: -32802,
  notWaiting: -32803,
  duplicates: -32804,
} as const;

/** An operation that has begun: what it does next, and what it holds. */
interface Operation {
  /** True while it waits to be told to go on. */
  isWaiting: boolean;
  proceed(): void;
  release(): void;
}

/** The last event of an operation. */
interface OperationEnd {
  readonly [key: string]: Json;
  readonly event: string;
}

const LIMIT_REACHED: Json = { result: "limitReached" };

export class Follow {
  readonly #node: ChainView;
  readonly #withRuntime: boolean;
  readonly #send: Send;
  readonly #end: () => void;
  readonly #afterAnswer: Session["afterAnswer"];
  readonly #pins: Pins;
  readonly #operations = new Map<string, Operation>();
  /** Told of, neither final nor known to be dead. */
  readonly #undecided = new Set<Hash>();
  /** Died without finality having decided against them; told as pruned with the next finality. */
  #evicted: Hash[] = [];
  #nextOperation = 1;
  #unsubscribe: (() => void) | undefined;

  constructor(node: ChainView, withRuntime: boolean, send: Send, { end, session }: Subscriber) {
    this.#node = node;
    this.#withRuntime = withRuntime;
    this.#send = send;
    this.#end = end;
    this.#afterAnswer = session.afterAnswer;
    this.#pins = new Pins(node);
  }

  /** Tells of the chain as it is, and from then on of what happens to it. */
  start(): void {
    const { chain } = this.#node;
    this.#unsubscribe = chain.subscribe((event) => this.#onChain(event));
    const finalized = this.#recentlyFinalized();
    for (const block of finalized) this.#pins.add(block);
    this.#send({
      event: "initialized",
      finalizedBlockHashes: finalized,
      ...(this.#withRuntime
        ? { finalizedBlockRuntime: this.#runtimeOf(chain.finalized().hash) }
        : {}),
    });
    const open = [...chain.tree.children(chain.finalized().hash)];
    for (let block = open.shift(); block !== undefined; block = open.shift()) {
      if (!this.#newBlock(block.hash)) return;
      open.push(...chain.tree.children(block.hash));
    }
    this.#send({ event: "bestBlockChanged", bestBlockHash: chain.best().hash });
  }

  /** Lets go of everything. */
  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#pins.releaseAll();
    for (const { release } of this.#operations.values()) release();
    this.#operations.clear();
  }

  // Blocks

  #recentlyFinalized(): Hash[] {
    const { chain, states } = this.#node;
    const { number } = chain.finalized();
    const blocks: Hash[] = [];
    for (let at = number; at >= 0 && blocks.length < FINALIZED_TOLD_MAX; at--) {
      const block = chain.hashByNumber(at);
      if (block === undefined || !states.has(block)) break;
      blocks.unshift(block);
    }
    return blocks;
  }

  #onChain(event: ViewEvent): void {
    switch (event.type) {
      case "imported":
        this.#newBlock(event.block.hash);
        break;
      case "newBest":
        this.#send({ event: "bestBlockChanged", bestBlockHash: event.head.hash });
        break;
      case "evicted":
        this.#evicted.push(...event.blocks.map(({ hash }) => hash));
        break;
      case "finalized": {
        const finalizedBlockHashes = event.finalized.map(({ hash }) => hash);
        const dead = [...this.#evicted, ...event.pruned.map(({ hash }) => hash)];
        const prunedBlockHashes = dead.filter((block) => this.#undecided.has(block));
        this.#evicted = [];
        for (const block of [...finalizedBlockHashes, ...dead]) this.#undecided.delete(block);
        this.#send({ event: "finalized", finalizedBlockHashes, prunedBlockHashes });
        break;
      }
      default:
        break;
    }
  }

  /** False when the follower has been told to stop. */
  #newBlock(blockHash: Hash): boolean {
    if (this.#pins.size >= PINNED_MAX) {
      this.#send({ event: "stop" });
      this.#end();
      return false;
    }
    const pinned = this.#pins.add(blockHash);
    // A fork that was given up in the moment of its import never was, to its followers.
    if (pinned === undefined) return true;
    this.#undecided.add(blockHash);
    const parentBlockHash = pinned.header.parentHash;
    const newRuntime = this.#withRuntime ? this.#newRuntime(blockHash, parentBlockHash) : null;
    this.#send({ event: "newBlock", blockHash, parentBlockHash, newRuntime });
    return true;
  }

  #runtimeOf(block: Hash): Json {
    const version = this.#node.runtime.version(block);
    assert(version !== undefined, "the state of a block that is told of is kept");
    return { type: "valid", spec: versionJson(version) };
  }

  /** The runtime of a block, where it is not the parent's. */
  #newRuntime(block: Hash, parent: Hash): Json {
    const [mine, before] = [block, parent].map(
      (hash) => this.#node.runtime.version(hash)?.specVersion,
    );
    return mine === before || before === undefined ? null : this.#runtimeOf(block);
  }

  #pinned(block: Hash) {
    const found = this.#pins.get(block);
    if (found !== undefined) return found;
    throw new RpcError(ChainHeadError.notPinned, `block ${block} is not pinned`);
  }

  header(block: Hash): Hex {
    return bytesToHex(encode(Header, this.#pinned(block).header));
  }

  /** Lets go of all of them, or of none when one is not pinned. */
  unpin(blocks: readonly Hash[]): void {
    if (new Set(blocks).size < blocks.length)
      throw new RpcError(ChainHeadError.duplicates, "a block is named twice");
    for (const block of blocks) this.#pinned(block);
    for (const block of blocks) this.#pins.release(block);
  }

  // Operations

  body(block: Hash): Json {
    const { body } = this.#pinned(block);
    return this.#operate(block, {}, (operationId) => {
      this.#finish(operationId, { event: "operationBodyDone", value: bodyJson(body) });
    });
  }

  call(block: Hash, name: string, args: Uint8Array): Json {
    this.#pinned(block);
    if (!this.#withRuntime)
      throw new RpcError(
        ChainHeadError.withoutRuntime,
        "the chain is followed without its runtime",
      );
    return this.#operate(block, {}, (operationId) => {
      const output = bytesToHex(callRuntime(this.#node, block, name, args));
      this.#finish(operationId, { event: "operationCallDone", output });
    });
  }

  storage(
    block: Hash,
    items: readonly StorageItem[],
    discardedItems: number,
    child: ChildId | undefined,
  ): Json {
    this.#pinned(block);
    let pages: Iterator<Json[]> | undefined;
    return this.#operate(block, { discardedItems }, (operationId, operation) => {
      if (pages === undefined) {
        const state = this.#node.states.reader(block);
        if (state === undefined) {
          this.#finish(operationId, { event: "operationInaccessible" });
          return;
        }
        pages = queryStorage(state, items, child);
      }
      const page = pages.next();
      if (page.done === true) {
        this.#finish(operationId, { event: "operationStorageDone" });
        return;
      }
      this.#send({ event: "operationStorageItems", operationId, items: page.value });
      operation.isWaiting = true;
      this.#send({ event: "operationWaitingForContinue", operationId });
    });
  }

  /** Goes on with an operation that waits for it. */
  proceed(operationId: string): void {
    const operation = this.#operations.get(operationId);
    if (operation?.isWaiting !== true)
      throw new RpcError(ChainHeadError.notWaiting, `operation ${operationId} does not wait`);
    operation.isWaiting = false;
    this.#afterAnswer(operation.proceed);
  }

  stopOperation(operationId: string): void {
    this.#operations.get(operationId)?.release();
    this.#operations.delete(operationId);
  }

  /** Begins an operation upon a pinned block, whose state stays until its end. */
  #operate(
    block: Hash,
    extra: { readonly discardedItems?: number },
    step: (operationId: string, operation: Operation) => void,
  ): Json {
    if (this.#operations.size >= OPERATIONS_MAX) return LIMIT_REACHED;
    const operationId = String(this.#nextOperation++);
    const operation: Operation = {
      isWaiting: false,
      release: this.#node.states.pin(block) ?? (() => undefined),
      proceed: () => {
        // Stopped before it could begin.
        if (!this.#operations.has(operationId)) return;
        try {
          step(operationId, operation);
        } catch (error) {
          this.#finish(operationId, { event: "operationError", error: describe(error) });
        }
      },
    };
    this.#operations.set(operationId, operation);
    this.#afterAnswer(operation.proceed);
    return { result: "started", operationId, ...extra };
  }

  #finish(operationId: string, { event, ...rest }: OperationEnd): void {
    this.stopOperation(operationId);
    this.#send({ event, operationId, ...rest });
  }
}

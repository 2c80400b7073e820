/**
 * What becomes of submitted transactions, for those who follow them: from the pool into a block of the
 * best chain, out of it again by a re-organisation, and to finality. The pool tells what happens while a
 * transaction waits; where it is included is read from the chain itself, since it may come back in
 * another branch without passing through the pool.
 *
 * Reference: json-rpc-and-metadata.md 10.2.
 */
import { type Hash, transactionHash } from "@parahost/primitives";
import type { ChainView, ViewEvent, ViewPoolEvent } from "../chain-view.ts";
import type { Json } from "../json-rpc.ts";

/** After so many blocks without finality nobody waits any longer. */
const FINALITY_TIMEOUT_BLOCKS = 512;

export type StatusListener = (status: Json, isLast: boolean) => void;

interface Watched {
  readonly hash: Hash;
  readonly tell: StatusListener;
  /** Where it is on the best chain. */
  included: { readonly block: Hash; readonly number: number } | undefined;
  /** Its block left the best chain and it was not seen since. */
  isRetracted: boolean;
}

export class TransactionWatch {
  readonly #node: ChainView;
  readonly #watched = new Map<Hash, Set<Watched>>();
  /** Ends listening to pool and chain, while somebody watches. */
  #unlisten: (() => void) | undefined;

  constructor(node: ChainView) {
    this.#node = node;
  }

  /** Follows a transaction that is about to be submitted; the answer ends it, as the last status does. */
  add(hash: Hash, tell: StatusListener): () => void {
    const watched: Watched = { hash, tell, included: undefined, isRetracted: false };
    const same = this.#watched.get(hash) ?? new Set();
    same.add(watched);
    this.#watched.set(hash, same);
    this.#unlisten ??= this.#listen();
    return () => this.#forget(watched);
  }

  #forget(watched: Watched): void {
    const same = this.#watched.get(watched.hash);
    same?.delete(watched);
    if (same?.size === 0) this.#watched.delete(watched.hash);
    if (this.#watched.size > 0) return;
    this.#unlisten?.();
    this.#unlisten = undefined;
  }

  #listen(): () => void {
    const { pool, chain } = this.#node;
    const ends = [
      pool.watch((event) => this.#onPool(event)),
      chain.subscribe((event) => this.#onChain(event)),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  #of(hash: Hash): Watched[] {
    return [...(this.#watched.get(hash) ?? [])];
  }

  #all(): Watched[] {
    return [...this.#watched.values()].flatMap((same) => [...same]);
  }

  #end(watched: Watched, status: Json): void {
    this.#forget(watched);
    watched.tell(status, true);
  }

  #onPool(event: ViewPoolEvent): void {
    for (const watched of this.#of(event.hash))
      switch (event.type) {
        case "ready":
        case "future":
          watched.isRetracted = false;
          watched.tell(event.type, false);
          break;
        case "usurped":
          this.#end(watched, { usurped: event.by });
          break;
        case "dropped":
        case "invalid":
          this.#end(watched, event.type);
          break;
        case "inBlock":
        case "retracted":
          // The chain itself says so, with the branches that the pool does not see.
          break;
      }
  }

  #onChain(event: ViewEvent): void {
    switch (event.type) {
      case "reorg": {
        const retracted = new Set(event.retracted.map(({ hash }) => hash));
        for (const watched of this.#all()) {
          const { included } = watched;
          if (included === undefined || !retracted.has(included.block)) continue;
          watched.included = undefined;
          watched.isRetracted = true;
          watched.tell({ retracted: included.block }, false);
        }
        break;
      }
      case "newBest":
        for (const block of event.enacted) this.#onEnacted(block.hash, block.number);
        this.#giveUp(event.head.number);
        break;
      case "finalized": {
        const final = new Set(event.finalized.map(({ hash }) => hash));
        for (const watched of this.#all()) {
          const { included } = watched;
          if (included !== undefined && final.has(included.block))
            this.#end(watched, { finalized: included.block });
        }
        break;
      }
      default:
        break;
    }
  }

  #onEnacted(block: Hash, number: number): void {
    for (const extrinsic of this.#node.chain.body(block) ?? [])
      for (const watched of this.#of(transactionHash(extrinsic))) {
        watched.included = { block, number };
        watched.isRetracted = false;
        watched.tell({ inBlock: block }, false);
      }
  }

  /** What the pool did not take back is not coming; what is not final by now nobody waits for. */
  #giveUp(best: number): void {
    for (const watched of this.#all()) {
      const { included, isRetracted, hash } = watched;
      if (isRetracted && !this.#node.pool.has(hash)) this.#end(watched, "invalid");
      else if (included !== undefined && best > included.number + FINALITY_TIMEOUT_BLOCKS)
        this.#end(watched, { finalityTimeout: included.block });
    }
  }
}

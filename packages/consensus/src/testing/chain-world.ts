/** For tests: one node's chain and importer over the test runtime, at a virtual time. */
import { VirtualClock } from "@parahost/base";
import { CachingVerifier, DirectVerifier } from "@parahost/crypto";
import { GrandpaJustification, type Header, headerHash } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { type BlockStore, MemoryBlockStore } from "../block-store.ts";
import { Chain } from "../chain.ts";
import type { BlockOrigin, ChainEvent } from "../chain-events.ts";
import { makeJustification } from "../grandpa/justification.ts";
import { BlockImporter, type ImportableBlock } from "../import.ts";
import { refOf } from "./headers.ts";
import {
  type BlockOptions,
  blockOf,
  genesisOf,
  type TestChanges,
  TestExecutor,
} from "./test-runtime.ts";
import { voteOf } from "./voters.ts";

export const NAMES = ["Alice", "Bob", "Charlie", "Dave"];

const verifier = new CachingVerifier(new DirectVerifier());

export class ChainWorld {
  readonly clock = new VirtualClock(0);
  readonly executor = new TestExecutor();
  readonly store: BlockStore<TestChanges>;
  readonly chain: Chain<TestChanges>;
  readonly importer: BlockImporter<TestChanges>;
  readonly events: ChainEvent[] = [];

  /** At slot 100 of `slotDuration` 6000, unless told; over a store that may hold a chain already. */
  constructor(store: BlockStore<TestChanges> = new MemoryBlockStore(), nowSlot = 100) {
    this.store = store;
    this.clock.setTimer(nowSlot * 6000, () => {});
    void this.clock.step(async () => {});
    this.chain = new Chain(genesisOf(NAMES), store);
    const { clock, executor } = this;
    this.importer = new BlockImporter(this.chain, { clock, verifier, executor });
    this.chain.subscribe((event) => this.events.push(event));
  }

  /** The code of the refusal, or `imported`. */
  import(block: ImportableBlock, origin: BlockOrigin = "network"): string {
    const result = this.importer.importBlock(block, origin);
    return result.ok ? "imported" : result.error.code;
  }

  block(parent: Header, at: number, options: BlockOptions = {}): ImportableBlock {
    return blockOf(this.chain, parent, at, NAMES, options);
  }

  /** Imports a block of slot `at` and returns its header. */
  add(parent: Header, at: number, options: BlockOptions = {}): Header {
    const block = this.block(parent, at, options);
    const outcome = this.import(block);
    if (outcome !== "imported") throw new Error(outcome);
    return block.header;
  }

  /** A justification of the block by Alice, Bob and Charlie, encoded. */
  justify(header: Header, round = 1, setId = this.chain.authoritySet().setId): Uint8Array {
    const target = refOf(header);
    const votes = NAMES.slice(0, 3).map((name) =>
      voteOf(name, "precommit", target, { setId, round }),
    );
    const made = makeJustification(round, target, votes, this.chain);
    if (made === undefined) throw new Error("no justification");
    return encode(GrandpaJustification, made);
  }

  /** Finalizes the block; the code of the refusal, or `finalized`. */
  finalize(header: Header): string {
    const result = this.importer.importJustification(headerHash(header), this.justify(header));
    return result.ok ? "finalized" : result.error.code;
  }

  /** Events since the last call, as words. */
  told(): string[] {
    const numbered = (blocks: readonly { readonly number: number }[]): string =>
      blocks.map(({ number }) => number).join(",");
    const word = (event: ChainEvent): string => {
      switch (event.type) {
        case "imported":
          return `imported ${event.block.number}${event.isBest ? " best" : ""}`;
        case "newBest":
          return `newBest +${numbered(event.enacted)} -${numbered(event.retracted)}`;
        case "reorg":
          return `reorg at ${event.common.number}`;
        case "finalized":
          return `finalized ${numbered(event.finalized)} pruned ${numbered(event.pruned)}`;
        case "authoritySetChanged":
          return `set ${event.setId}`;
        case "reverted":
          return `reverted ${event.block.number}`;
        case "evicted":
          return `evicted ${numbered(event.blocks)}`;
        case "equivocation":
          return `equivocation in ${event.proof.slot}`;
      }
    };
    return this.events.splice(0).map(word);
  }
}

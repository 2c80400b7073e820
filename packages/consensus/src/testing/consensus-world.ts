/**
 * For tests: whole consensus nodes, that author, import, vote and finalize, on virtual time over links
 * that delay and lose messages. Blocks travel whole; a missing parent is asked of who sent the child.
 */
import {
  type Random,
  randomUnit,
  SeededRandom,
  type Settle,
  silentLogger,
  VirtualClock,
} from "@parahost/base";
import { CachingVerifier, DirectVerifier } from "@parahost/crypto";
import type { DigestItem, Hash } from "@parahost/primitives";
import { BabeAuthor } from "../babe/author.ts";
import { MemoryBlockStore } from "../block-store.ts";
import { Chain } from "../chain.ts";
import { GrandpaVoter } from "../grandpa/voter.ts";
import { BlockImporter, type ImportableBlock } from "../import.ts";
import { ImportQueue } from "../import-queue.ts";
import { MemoryJournal } from "../journal.ts";
import { genesisOf, type TestChanges, TestExecutor, TestProposer } from "./test-runtime.ts";
import { voterKeystore } from "./voters.ts";

const verifier = new CachingVerifier(new DirectVerifier());

export interface ConsensusNode {
  readonly name: string;
  readonly chain: Chain<TestChanges>;
  readonly queue: ImportQueue<TestChanges>;
  readonly author: BabeAuthor<TestChanges>;
  readonly voter: GrandpaVoter;
  isSilent: boolean;
}

export interface ConsensusWorldOptions {
  readonly seed: number;
  readonly loss?: number;
  readonly slotDuration?: number;
  /** Digest items that execution deposits, by number of the block. */
  readonly logs?: (number: number) => readonly DigestItem[];
}

export class ConsensusWorld {
  readonly clock = new VirtualClock(0);
  readonly nodes: ConsensusNode[] = [];
  readonly punished: string[] = [];
  readonly #random: Random;
  readonly #options: ConsensusWorldOptions;
  readonly #settle: Settle;
  readonly #lastArrival = new Map<string, number>();

  constructor(names: readonly string[], settle: Settle, options: ConsensusWorldOptions) {
    this.#options = options;
    this.#settle = settle;
    this.#random = new SeededRandom(options.seed);
    for (const name of names) this.nodes.push(this.#node(name, names));
    for (const node of this.nodes)
      for (const peer of this.nodes) if (peer !== node) node.voter.onPeerConnected(peer.name);
    for (const { author, voter } of this.nodes) {
      author.start();
      voter.start();
    }
  }

  #node(name: string, names: readonly string[]): ConsensusNode {
    const { clock } = this;
    const { slotDuration = 2000 } = this.#options;
    const chain = new Chain(
      genesisOf(names, { slotDuration, epochLength: 8 }),
      new MemoryBlockStore(),
    );
    const importer = new BlockImporter(chain, { clock, verifier, executor: new TestExecutor() });
    const keystore = voterKeystore(name);
    const queue = new ImportQueue<TestChanges>(importer, {
      clock,
      requestBlock: (parent, source) => source !== undefined && this.#fetch(name, source, parent),
      onImported: (result, source) => {
        if (!result.ok && result.error.code !== "known")
          this.#punish(name, source ?? "", result.error.code);
      },
    });
    const send = (to: string, bytes: Uint8Array): void =>
      this.#send(name, to, (node) => {
        const verdict = node.voter.onMessage(name, bytes);
        if (verdict.type === "punish") this.#punish(to, name, verdict.reason);
      });
    const voter = new GrandpaVoter(
      {
        clock,
        random: this.#random,
        logger: silentLogger,
        keystore,
        verifier,
        network: {
          sendTo: send,
          gossip: (peers, bytes) => {
            for (const peer of peers) send(peer, bytes);
          },
        },
        chain,
        selectChain: chain,
        journal: new MemoryJournal(),
        hooks: {
          requestBlock: (hash, peer) => this.#fetch(name, peer, hash),
          requestJustification: ({ hash }) => this.#fetchJustification(name, hash),
        },
      },
      { slotDurationMs: slotDuration },
    );
    const author = new BabeAuthor<TestChanges>({
      clock,
      logger: silentLogger,
      keystore,
      importer,
      selectParent: () => chain.best(),
      proposer: new TestProposer(chain, () => [], this.#options.logs),
      journal: new MemoryJournal(),
    });
    chain.subscribe((event) => {
      if (event.type === "finalized") voter.onFinalized();
      if (event.type !== "imported") return;
      voter.onImported(event.block.hash);
      const block = { header: event.header, body: chain.body(event.block.hash) ?? [] };
      for (const peer of this.nodes)
        if (peer.name !== name) this.#deliverBlock(name, peer.name, block);
    });
    return { name, chain, queue, author, voter, isSilent: false };
  }

  #deliverBlock(from: string, to: string, block: ImportableBlock): void {
    this.#send(from, to, (node) => {
      const result = node.queue.submit(block, "network", from);
      if (result.ok) return;
      const { code } = result.error;
      const passing = ["known", "unknownParent", "slotInFuture", "belowFinalized"];
      if (!passing.includes(code)) this.#punish(to, from, code);
    });
  }

  /** Asks a peer for a block, as sync does. */
  #fetch(by: string, from: string, hash: Hash): void {
    this.#send(by, from, ({ chain }) => {
      const header = chain.header(hash);
      const body = chain.body(hash);
      if (header !== undefined && body !== undefined)
        this.#deliverBlock(from, by, { header, body });
    });
  }

  #fetchJustification(by: string, hash: Hash): void {
    for (const { name } of this.nodes)
      this.#send(by, name, ({ chain }) => {
        const justification = chain.justification(hash);
        if (justification === undefined) return;
        this.#send(
          name,
          by,
          ({ queue }) => void queue.importer.importJustification(hash, justification),
        );
      });
  }

  #punish(by: string, whom: string, reason: string): void {
    this.punished.push(`${by} ← ${whom}: ${reason}`);
  }

  #send(from: string, to: string, arrive: (node: ConsensusNode) => void): void {
    const sender = this.nodes.find(({ name }) => name === from);
    const receiver = this.nodes.find(({ name }) => name === to);
    if (sender === undefined || receiver === undefined || from === to) return;
    if (sender.isSilent || receiver.isSilent) return;
    if (randomUnit(this.#random) < (this.#options.loss ?? 0)) return;
    const link = `${from} ${to}`;
    const earliest = this.clock.now() + 10 + randomUnit(this.#random) * 90;
    const arrival = Math.max(earliest, this.#lastArrival.get(link) ?? 0);
    this.#lastArrival.set(link, arrival);
    this.clock.setTimer(arrival - this.clock.now(), () => {
      if (!receiver.isSilent) arrive(receiver);
    });
  }

  run(ms: number): Promise<void> {
    return this.clock.runUntil(this.clock.now() + ms, this.#settle);
  }

  finalized(): number[] {
    return this.nodes.map(({ chain }) => chain.finalized().number);
  }

  /** Throws when two nodes finalized different blocks of one number. */
  assertAgreement(): void {
    for (let number = 0; number <= Math.min(...this.finalized()); number++) {
      const hashes = new Set(this.nodes.map(({ chain }) => chain.hashByNumber(number)));
      if (hashes.size > 1) throw new Error(`${hashes.size} finalized blocks of number ${number}`);
    }
  }

  stop(): void {
    for (const { author, voter, queue } of this.nodes) {
      author.stop();
      voter.stop();
      queue.stop();
    }
  }
}

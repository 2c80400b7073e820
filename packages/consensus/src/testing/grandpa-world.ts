/**
 * For tests: several voters on virtual time, with chains of their own that grow block by block, and a
 * network that delays, loses and withholds messages.
 */
import {
  err,
  ok,
  type Random,
  type Result,
  randomUnit,
  SeededRandom,
  type Settle,
  silentLogger,
  VirtualClock,
} from "@parahost/base";
import { CachingVerifier, DirectVerifier } from "@parahost/crypto";
import {
  type GrandpaEquivocationProof,
  type GrandpaJustification,
  type Hash,
  type Header,
  headerHash,
} from "@parahost/primitives";
import { type BlockRef, BlockTree } from "../block-tree.ts";
import {
  type AuthoritySet,
  afterFinality,
  announcedChanges,
  changeBlocks,
  effectiveNumber,
  genesisAuthoritySet,
  nextChangeOn,
  withAnnounced,
} from "../grandpa/authority-set.ts";
import type { VoteJournal } from "../grandpa/journal.ts";
import { verifyJustification } from "../grandpa/justification.ts";
import type { GrandpaChain, SelectChain, Verdict } from "../grandpa/ports.ts";
import { GrandpaVoter } from "../grandpa/voter.ts";
import { VoterSet } from "../grandpa/voter-set.ts";
import type { VotingRule } from "../grandpa/voting-rule.ts";
import { MemoryJournal } from "../journal.ts";
import { GENESIS } from "./authored.ts";
import { refOf } from "./headers.ts";
import { grandpaAuthorities, voterKeystore } from "./voters.ts";

/** All nodes of all worlds share what was verified once: verification is not what is tested here. */
const verifier = new CachingVerifier(new DirectVerifier());

/** A chain that believes every header and verifies every justification. */
export class TestChain implements GrandpaChain, SelectChain {
  readonly tree = new BlockTree({ ...refOf(GENESIS), parent: GENESIS.parentHash, weight: 0 });
  readonly justifications = new Map<Hash, GrandpaJustification>();
  readonly #headers = new Map<Hash, Header>([[headerHash(GENESIS), GENESIS]]);
  readonly #final: Hash[] = [headerHash(GENESIS)];
  #set: AuthoritySet;
  onFinalized: () => void = () => {};

  constructor(voters: readonly string[]) {
    this.#set = genesisAuthoritySet(grandpaAuthorities(...voters));
  }

  insert(header: Header): void {
    const hash = headerHash(header);
    if (this.tree.has(hash) || !this.tree.has(header.parentHash)) return;
    this.tree.insert({ ...refOf(header), parent: header.parentHash, weight: 0 });
    this.#headers.set(hash, header);
    const changes = announcedChanges(header, hash);
    if (!changes.ok) throw new Error(changes.error.code);
    const set = withAnnounced(this.#set, changes.value, (a, b) => this.isDescendant(a, b));
    if (!set.ok) throw new Error(set.error.code);
    this.#set = set.value;
  }

  finalized(): BlockRef {
    return this.tree.finalized;
  }

  finalHash(number: number): Hash | undefined {
    return this.#final[number];
  }

  header(hash: Hash): Header | undefined {
    return this.#headers.get(hash);
  }

  block(hash: Hash): BlockRef | undefined {
    const known = this.tree.get(hash);
    if (known !== undefined) return known;
    const number = this.#final.indexOf(hash);
    return number < 0 ? undefined : { hash, number };
  }

  path(base: BlockRef, block: BlockRef): readonly Hash[] | undefined {
    const root = this.tree.finalized;
    if (base.number >= root.number)
      return this.tree.pathTo(base.hash, block.hash)?.map(({ hash }) => hash);
    if (this.#final[base.number] !== base.hash) return undefined;
    if (block.number <= root.number)
      return this.#final[block.number] === block.hash && block.number >= base.number
        ? this.#final.slice(base.number + 1, block.number + 1)
        : undefined;
    const above = this.tree.pathTo(root.hash, block.hash);
    return above && [...this.#final.slice(base.number + 1), ...above.map(({ hash }) => hash)];
  }

  /** Headers from the one above genesis up to the block. */
  headersTo(hash: Hash): Header[] {
    const headers: Header[] = [];
    for (let at = this.#headers.get(hash); at !== undefined && at.number > 0; ) {
      headers.push(at);
      at = this.#headers.get(at.parentHash);
    }
    return headers.reverse();
  }

  isDescendant(ancestor: Hash, hash: Hash): boolean {
    const low = this.block(ancestor);
    const high = this.block(hash);
    return low !== undefined && high !== undefined && this.path(low, high) !== undefined;
  }

  bestContaining(hash: Hash): BlockRef | undefined {
    return this.tree.bestContaining(hash);
  }

  authoritySet(): AuthoritySet {
    return this.#set;
  }

  finalityLimit(head: Hash): number | undefined {
    const change = nextChangeOn(this.#set, head, (a, b) => this.isDescendant(a, b));
    return change && effectiveNumber(change);
  }

  changeBlocks(): readonly BlockRef[] {
    return changeBlocks(
      this.#set,
      (number) => this.tree.atNumber(number),
      (a, b) => this.isDescendant(a, b),
    );
  }

  finalize(justification: GrandpaJustification): Result<void, { readonly code: string }> {
    const { setId, authorities } = this.#set;
    const valid = verifyJustification(
      justification,
      setId,
      VoterSet.from(authorities) as VoterSet,
      verifier,
    );
    if (!valid.ok) return valid;
    const { targetHash: hash, targetNumber: number } = justification.commit;
    if (!this.tree.isDescendant(this.tree.finalized.hash, hash)) return err({ code: "conflict" });
    const set = afterFinality(this.#set, { hash, number }, (a, b) => this.isDescendant(a, b));
    if (!set.ok) return set;
    const { finalized } = this.tree.finalize(hash);
    for (const block of finalized) this.#final[block.number] = block.hash;
    this.#set = set.value;
    this.justifications.set(hash, justification);
    this.onFinalized();
    return ok(undefined);
  }
}

export interface TestVoter {
  readonly name: string;
  chain: TestChain;
  readonly journal: VoteJournal;
  voter: GrandpaVoter;
  readonly equivocations: GrandpaEquivocationProof[];
  /** Messages from and to it are dropped. */
  isSilent: boolean;
  mayVote: boolean;
}

export interface GrandpaWorldOptions {
  readonly seed?: number;
  readonly slotDurationMs?: number;
  /** Part of the messages that never arrive. */
  readonly loss?: number;
  readonly rules?: readonly VotingRule[];
  /** Voters of the genesis set, when not everybody. */
  readonly voters?: readonly string[];
}

/** `new GrandpaWorld(["Alice", …], settle)`: connected, started, at time 0. */
export class GrandpaWorld {
  readonly clock = new VirtualClock(0);
  readonly nodes: TestVoter[] = [];
  /** Everything that peers were found at fault for. */
  readonly punished: string[] = [];
  readonly verdicts: Verdict[] = [];
  loss: number;
  readonly #random: Random;
  readonly #lastArrival = new Map<string, number>();
  readonly #settle: Settle;
  readonly #options: GrandpaWorldOptions;
  messages = 0;

  /** `settle` lets promises run; the test takes it from the host. */
  constructor(names: readonly string[], settle: Settle, options: GrandpaWorldOptions = {}) {
    this.#options = options;
    this.#settle = settle;
    this.#random = new SeededRandom(options.seed ?? 1);
    this.loss = options.loss ?? 0;
    for (const name of names) this.join(name, names);
  }

  get slotDurationMs(): number {
    return this.#options.slotDurationMs ?? 6000;
  }

  node(name: string): TestVoter {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`no node ${name}`);
    return found;
  }

  /** Adds a node that knows nothing but genesis, and connects it with the others. */
  join(name: string, voters: readonly string[]): TestVoter {
    const chain = new TestChain(this.#options.voters ?? voters);
    const journal = new MemoryJournal();
    const equivocations: GrandpaEquivocationProof[] = [];
    const node: TestVoter = {
      name,
      chain,
      journal,
      equivocations,
      isSilent: false,
      mayVote: true,
      voter: this.#voter(name, chain, journal, equivocations),
    };
    this.#start(node);
    return node;
  }

  /** Ends a voter and starts another one on the same chain and journal. */
  restart(name: string): void {
    const node = this.node(name);
    node.voter.stop();
    this.nodes.splice(this.nodes.indexOf(node), 1);
    for (const other of this.nodes) other.voter.onPeerDisconnected(name);
    node.voter = this.#voter(name, node.chain, node.journal, node.equivocations);
    this.#start(node);
  }

  /** Restarts a voter whose disk lost the chain, but not the journal. */
  replaceChain(name: string): void {
    this.node(name).chain = new TestChain(this.nodes.map((node) => node.name));
    this.restart(name);
  }

  #start(node: TestVoter): void {
    node.chain.onFinalized = () => node.voter.onFinalized();
    for (const other of this.nodes) {
      other.voter.onPeerConnected(node.name);
      node.voter.onPeerConnected(other.name);
    }
    this.nodes.push(node);
    node.voter.start();
  }

  #voter(
    name: string,
    chain: TestChain,
    journal: VoteJournal,
    equivocations: GrandpaEquivocationProof[],
  ): GrandpaVoter {
    const send = (to: string, bytes: Uint8Array): void => this.#send(name, to, bytes);
    return new GrandpaVoter(
      {
        clock: this.clock,
        random: this.#random,
        logger: silentLogger,
        keystore: voterKeystore(name),
        verifier,
        network: {
          sendTo: send,
          gossip: (peers, bytes) => {
            for (const peer of peers) send(peer, bytes);
          },
        },
        chain,
        selectChain: chain,
        journal,
        hooks: {
          mayVote: () => this.nodes.find((node) => node.name === name)?.mayVote ?? true,
          reportEquivocation: (proof) => equivocations.push(proof),
          requestJustification: ({ hash }) => this.#fetchJustification(name, hash),
        },
      },
      { slotDurationMs: this.slotDurationMs, rules: this.#options.rules ?? [] },
    );
  }

  #send(from: string, to: string, bytes: Uint8Array): void {
    this.messages += 1;
    const sender = this.nodes.find((node) => node.name === from);
    const receiver = this.nodes.find((node) => node.name === to);
    if (sender === undefined || receiver === undefined) return;
    if (sender.isSilent || receiver.isSilent || randomUnit(this.#random) < this.loss) return;
    const ends = [sender.voter, receiver.voter];
    // As on a stream, messages between two nodes keep their order.
    const link = `${from} ${to}`;
    const earliest = this.clock.now() + 20 + randomUnit(this.#random) * 80;
    const arrival = Math.max(earliest, this.#lastArrival.get(link) ?? 0);
    this.#lastArrival.set(link, arrival);
    this.clock.setTimer(arrival - this.clock.now(), () => {
      // What was under way when an end restarted is lost with the stream.
      const isSame = sender.voter === ends[0] && receiver.voter === ends[1];
      if (isSame && !receiver.isSilent) this.deliver(from, receiver, bytes);
    });
  }

  deliver(from: string, to: TestVoter, bytes: Uint8Array): Verdict {
    const verdict = to.voter.onMessage(from, bytes);
    if (verdict.type === "punish") this.punished.push(`${to.name} ← ${from}: ${verdict.reason}`);
    return verdict;
  }

  /** What sync does: asks the others, and hands the proof to the chain. */
  #fetchJustification(name: string, hash: Hash): void {
    this.clock.setTimer(200, () => {
      const justification = this.nodes
        .filter((node) => !node.isSilent)
        .map(({ chain }) => chain.justifications.get(hash))
        .find((found) => found !== undefined);
      if (justification !== undefined) this.node(name).chain.finalize(justification);
    });
  }

  /** Hands a block to the nodes (all unless named), each after a delay of its own, behind its parent. */
  publish(header: Header, to: readonly string[] = this.nodes.map(({ name }) => name)): void {
    for (const name of to) {
      const link = `blocks ${name}`;
      const earliest = this.clock.now() + randomUnit(this.#random) * 300;
      const arrival = Math.max(earliest, this.#lastArrival.get(link) ?? 0);
      this.#lastArrival.set(link, arrival);
      this.clock.setTimer(arrival - this.clock.now(), () => {
        const node = this.node(name);
        node.chain.insert(header);
        node.voter.onImported(headerHash(header));
      });
    }
  }

  run(ms: number): Promise<void> {
    return this.clock.runUntil(this.clock.now() + ms, this.#settle);
  }

  /** Publishes a block on `parent` at each slot, `count` of them, and returns the last. */
  async grow(count: number, parent: Header, make: (parent: Header) => Header): Promise<Header> {
    let head = parent;
    for (let i = 0; i < count; i++) {
      head = make(head);
      this.publish(head);
      await this.run(this.slotDurationMs);
    }
    return head;
  }

  /** Numbers that the nodes have finalized. */
  finalized(): number[] {
    return this.nodes.map(({ chain }) => chain.finalized().number);
  }

  /** Throws when two nodes finalized different blocks of one number. */
  assertAgreement(): void {
    const highest = Math.max(...this.finalized());
    for (let number = 0; number <= highest; number++) {
      const hashes = new Set(this.nodes.map(({ chain }) => chain.finalHash(number)));
      hashes.delete(undefined);
      if (hashes.size > 1) throw new Error(`${hashes.size} finalized blocks of number ${number}`);
    }
  }

  stop(): void {
    for (const { voter } of this.nodes) voter.stop();
  }
}

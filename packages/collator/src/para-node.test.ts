/** A ledger through its own node: built, included, finalized, on forks, and under hostile hands. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bytesToHex, expectOk, type Hex, type LogLevel, VirtualClock } from "@parahost/base";
import { type Sr25519Pair, sr25519PairFromSeed } from "@parahost/crypto";
import { InlineExecutor } from "@parahost/executor";
import {
  AdderStateMachine,
  adderTransaction,
  LedgerStateMachine,
  type ParaStateMachine,
  signTransfer,
} from "@parahost/kit";
import { ledgerCode } from "@parahost/kit/artifacts";
import type { NodeEventData } from "@parahost/node";
import {
  asAccountId,
  asCoreIndex,
  asHash,
  asParaId,
  asSessionIndex,
  asValidationCodeHash,
  type CandidateEvent,
  type Hash,
  type HeadData,
  type PersistedValidationData,
  paraHeadHash,
  validationCodeHash,
  ZERO_HASH,
} from "@parahost/primitives";
import { ParaNode, type ParaPlace } from "./para-node.ts";
import type { TransactionEvent } from "./para-pool.ts";

const PARA = asParaId(2000);
const pairs: readonly Sr25519Pair[] = Array.from({ length: 3 }, (_, index) =>
  sr25519PairFromSeed(new Uint8Array(32).fill(index + 1)),
);
const [alice, bob, carol] = pairs as [Sr25519Pair, Sr25519Pair, Sr25519Pair];
const newLedger = (): LedgerStateMachine =>
  new LedgerStateMachine({ paraId: PARA, endowments: [[alice.publicKey, 1000n]] });

function candidateEvent(
  type: CandidateEvent["type"],
  headData: HeadData,
  paraId = PARA,
): CandidateEvent {
  const core = asCoreIndex(0);
  const descriptor = {
    version: 2,
    paraId,
    relayParent: ZERO_HASH,
    coreIndex: core,
    sessionIndex: asSessionIndex(0),
    persistedValidationDataHash: ZERO_HASH,
    povHash: ZERO_HASH,
    erasureRoot: ZERO_HASH,
    paraHead: paraHeadHash(headData),
    validationCodeHash: asValidationCodeHash(ZERO_HASH),
  } as const;
  const receipt = { descriptor, commitmentsHash: ZERO_HASH };
  return type === "timedOut"
    ? { type, value: { receipt, headData, core } }
    : { type, value: { receipt, headData, core, group: 0 as never } };
}

/** Relay chain blocks by short names, each with the para's head in its state. */
class RelayChain {
  readonly heads = new Map<Hash, HeadData>();
  readonly numbers = new Map<Hash, number>();
  readonly #para: ParaNode;

  constructor(
    para: (headAt: (block: Hash) => HeadData | undefined) => ParaNode,
    genesis: HeadData,
  ) {
    this.#para = para((block) => this.heads.get(block));
    this.heads.set(this.hash("0"), genesis);
    this.numbers.set(this.hash("0"), 0);
  }

  hash(name: string): Hash {
    return asHash(bytesToHex(new TextEncoder().encode(name.padEnd(32, "."))));
  }

  /** A block on `parent` that includes a head, or none. */
  block(
    name: string,
    parent: string,
    {
      included,
      backed,
      isBest = true,
    }: {
      included?: HeadData | undefined;
      backed?: HeadData;
      isBest?: boolean;
    } = {},
  ): void {
    const [hash, parentHash] = [this.hash(name), this.hash(parent)];
    const number = (this.numbers.get(parentHash) as number) + 1;
    const head = included ?? this.heads.get(parentHash);
    if (head !== undefined) this.heads.set(hash, head);
    this.numbers.set(hash, number);
    const candidateEvents = [
      ...(included === undefined ? [] : [candidateEvent("included", included)]),
      ...(backed === undefined ? [] : [candidateEvent("backed", backed)]),
    ];
    this.#para.onRelayBlock({ hash, parentHash, number, candidateEvents, isBest });
  }

  best(name: string): void {
    const hash = this.hash(name);
    this.#para.onRelayBest({ hash, number: this.numbers.get(hash) as number });
  }

  finalize(name: string): void {
    const hash = this.hash(name);
    this.#para.onRelayFinalized({ hash, number: this.numbers.get(hash) as number });
  }
}

function world<M extends ParaStateMachine>(
  machine: M,
  config: { transactionsMax?: number; blocksMax?: number; statesKept?: number } = {},
) {
  const clock = new VirtualClock(0);
  const events: NodeEventData[] = [];
  const logs: string[] = [];
  const logger = {
    log: (level: LogLevel, _: string, message: string) => void logs.push(`${level} ${message}`),
  };
  let para: ParaNode | undefined;
  const relay = new RelayChain((headAt) => {
    para = new ParaNode(
      { paraId: PARA, machine, ...config },
      { clock, logger, emit: (event) => void events.push(event), headAt },
    );
    return para;
  }, machine.genesisHead);
  assert.ok(para !== undefined);
  const node = para;
  const news: TransactionEvent[] = [];
  node.watchTransactions((event) => void news.push(event));
  const validationData = (parentHead: HeadData, rest = {}): PersistedValidationData => ({
    parentHead,
    relayParentNumber: 7,
    relayParentStorageRoot: ZERO_HASH,
    maxPovSize: 1_000_000,
    ...rest,
  });
  const collate = (parentHead: HeadData, rest = {}) =>
    node.collate(relay.hash("?"), validationData(parentHead, rest));
  /** The head of the next block on a head that is known. */
  const build = async (parentHead: HeadData): Promise<HeadData> => {
    const result = await collate(parentHead);
    assert.ok(result !== undefined, "a block on a known head");
    return result.collation.headData;
  };
  const submit = (transaction: Uint8Array): string => {
    const taken = node.submit(transaction);
    return taken.ok ? taken.value : taken.error.code;
  };
  const balance = (pair: Sr25519Pair, at: ParaPlace): bigint =>
    expectOk(node.account(pair.publicKey, at), at).balance;
  const told = (hash: string): string[] =>
    news.filter((event) => event.hash === hash).map(({ status }) => status.type);
  return { machine, node, relay, clock, events, logs, collate, build, submit, balance, told };
}

const transferOn =
  (ledger: LedgerStateMachine) =>
  (from: Sr25519Pair, to: Sr25519Pair, amount: bigint, nonce: number): Uint8Array =>
    signTransfer(from, ledger.domain, { to: asAccountId(to.publicKey), amount, nonce });

function ledgerWorld(
  config: { transactionsMax?: number; blocksMax?: number; statesKept?: number } = {},
) {
  const made = world(newLedger(), config);
  return { ...made, genesis: made.machine.genesisHead, transfer: transferOn(made.machine) };
}

const numberOf = (node: ParaNode, at: ParaPlace): number | undefined => node.head(at).number;

// Building

test("a transfer is built into a block, included, finalized, and told at each step", async () => {
  const { node, relay, build, submit, balance, told, transfer, genesis } = ledgerWorld();
  const hash = submit(transfer(alice, bob, 100n, 0));
  const head = await build(genesis);
  assert.deepEqual([balance(bob, "latest"), balance(bob, "best")], [100n, 0n]);
  relay.block("1", "0", { backed: head });
  assert.equal(balance(bob, "best"), 0n);
  relay.block("2", "1", { included: head });
  assert.deepEqual([balance(bob, "best"), balance(bob, "finalized")], [100n, 0n]);
  relay.finalize("1");
  assert.equal(balance(bob, "finalized"), 0n);
  relay.finalize("2");
  assert.equal(balance(bob, "finalized"), 100n);
  assert.deepEqual(told(hash), ["ready", "inBlock", "finalized"]);
  assert.deepEqual(node.transactionStatus(hash as Hex), {
    type: "finalized",
    block: paraHeadHash(head),
    number: 1,
  });
});

test("blocks are built without transactions too, and announced once", async () => {
  const { build, events, genesis } = ledgerWorld();
  const head = await build(genesis);
  assert.deepEqual(await build(genesis), head);
  const next = await build(head);
  assert.deepEqual(events, [
    { event: "para.block", para: PARA, number: 1, head: paraHeadHash(head) },
    { event: "para.block", para: PARA, number: 2, head: paraHeadHash(next) },
  ]);
});

test("a collation commits to the relay parent's number and to no messages", async () => {
  const { collate, genesis } = ledgerWorld();
  const result = await collate(genesis, { relayParentNumber: 42 });
  assert.ok(result !== undefined);
  const { pov, headData, ...rest } = result.collation;
  assert.ok(pov.blockData.length > 0 && headData.length > 0);
  assert.deepEqual(rest, {
    upwardMessages: [],
    horizontalMessages: [],
    newValidationCode: undefined,
    processedDownwardMessages: 0,
    hrmpWatermark: 42,
  });
});

let executor: InlineExecutor;
before(() => {
  executor = new InlineExecutor();
});
after(() => executor.close());

test("what a node builds its validation function accepts, with the commitments that it makes", async () => {
  const { collate, submit, transfer, genesis } = ledgerWorld();
  const code = ledgerCode();
  let parentHead = genesis;
  for (let nonce = 0; nonce < 3; nonce++) {
    submit(transfer(alice, bob, 10n, nonce));
    const result = await collate(parentHead, { relayParentNumber: 40 + nonce });
    assert.ok(result !== undefined);
    const { collation } = result;
    const outcome = await executor.validate({
      codeHash: validationCodeHash(code),
      code,
      params: {
        parentHead,
        blockData: collation.pov.blockData,
        relayParentNumber: 40 + nonce,
        relayParentStorageRoot: ZERO_HASH,
      },
      executorParams: [],
      kind: "backing",
    });
    assert.ok(outcome.type === "valid", JSON.stringify(outcome));
    const { pov: _, ...commitments } = collation;
    assert.deepEqual(outcome.result, commitments);
    parentHead = collation.headData;
  }
});

test("asked again for the same head, a block has what has been submitted since", async () => {
  const { build, submit, transfer, genesis, node, balance } = ledgerWorld();
  const empty = await build(genesis);
  submit(transfer(alice, bob, 5n, 0));
  const full = await build(genesis);
  assert.notDeepEqual(full, empty);
  assert.equal(node.head("latest").hash, paraHeadHash(full));
  assert.equal(balance(bob, "latest"), 5n);
});

test("a block on one that is not included yet does not repeat its transactions", async () => {
  const { build, submit, transfer, genesis, balance } = ledgerWorld();
  submit(transfer(alice, bob, 5n, 0));
  const first = await build(genesis);
  submit(transfer(alice, bob, 6n, 1));
  await build(first);
  assert.equal(balance(bob, "latest"), 11n);
});

test("transactions without nonces are not repeated either", async () => {
  const { build, submit, node, machine } = world(new AdderStateMachine());
  submit(adderTransaction(5n));
  const first = await build(machine.genesisHead);
  await build(first);
  assert.deepEqual(expectOk(node.summary("latest"), "latest"), { number: 2n, state: 5n });
});

test("blocks keep to the limit of transactions", async () => {
  const { build, submit, transfer, genesis, node } = ledgerWorld({ transactionsMax: 2 });
  for (let nonce = 0; nonce < 3; nonce++) submit(transfer(alice, bob, 1n, nonce));
  const first = await build(genesis);
  assert.equal(expectOk(node.account(alice.publicKey, "latest"), "first").nonce, 2);
  await build(first);
  assert.equal(expectOk(node.account(alice.publicKey, "latest"), "second").nonce, 3);
});

test("blocks keep to the size that a PoV may have", async () => {
  const { collate, submit, transfer, genesis } = ledgerWorld();
  for (let nonce = 0; nonce < 20; nonce++) submit(transfer(alice, bob, 1n, nonce));
  const result = await collate(genesis, { maxPovSize: 1500 });
  assert.ok(result !== undefined);
  const { length } = result.collation.pov.blockData;
  assert.ok(length > 800 && length <= 1496, `${length} bytes`);
});

test("where not even an empty block has room there is none", async () => {
  const { collate, genesis, logs, events } = ledgerWorld();
  assert.equal(await collate(genesis, { maxPovSize: 5 }), undefined);
  assert.match(logs.join(), /error no block: its 2 bytes are too many/);
  assert.deepEqual(events, []);
});

test("being seconded is logged, and not being answered is no failure", async () => {
  const { collate, genesis, logs } = ledgerWorld();
  const first = await collate(genesis);
  const second = await collate(genesis);
  first?.onSeconded?.({ relayParent: ZERO_HASH, statement: {} as never });
  second?.onSeconded?.cancel();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(logs.filter((line) => /seconded/.test(line)).length, 1);
});

test("a state machine that does not accept its own block gives no collation", async () => {
  const ledger = newLedger();
  const broken: ParaStateMachine = Object.assign(Object.create(ledger), {
    name: ledger.name,
    genesisHead: ledger.genesisHead,
    buildBlock: (...args: Parameters<ParaStateMachine["buildBlock"]>) => {
      const [parent, transactions, limits] = args;
      const built = expectOk(ledger.buildBlock(parent, transactions, limits), "built");
      return { ok: true, value: { ...built, blockData: built.blockData.subarray(1) } };
    },
    importBlock: ledger.importBlock.bind(ledger),
    account: ledger.account.bind(ledger),
  });
  const { collate, logs } = world(broken);
  assert.equal(await collate(ledger.genesisHead), undefined);
  assert.match(logs.join(), /error no block: it does not pass its own checks/);
});

// Forks

test("the chain follows the relay chain to a fork and back, and no transfer is lost", async () => {
  const { node, relay, build, submit, balance, told, transfer, genesis } = ledgerWorld();
  const [first, second] = [transfer(alice, bob, 100n, 0), transfer(alice, carol, 10n, 1)];
  const hash = submit(first);
  const left = await build(genesis);
  relay.block("1", "0", { included: left });
  assert.equal(balance(bob, "best"), 100n);

  // The other fork has included nothing of ours.
  relay.block("1'", "0", { isBest: false });
  relay.block("2'", "1'", { isBest: false });
  relay.best("2'");
  assert.deepEqual([balance(bob, "best"), numberOf(node, "best")], [0n, 0]);
  submit(second);
  const right = await build(genesis);
  relay.block("3'", "2'", { included: right });
  assert.deepEqual([balance(bob, "best"), balance(carol, "best")], [100n, 10n]);

  // And back: the block there has the first transfer only, the next one gets the second.
  relay.block("2", "1", { isBest: false });
  relay.best("2");
  assert.deepEqual([balance(bob, "best"), balance(carol, "best")], [100n, 0n]);
  const next = await build(left);
  relay.block("3", "2", { included: next });
  relay.finalize("3");
  assert.deepEqual([balance(bob, "finalized"), balance(carol, "finalized")], [100n, 10n]);
  assert.deepEqual(told(hash), [
    "ready",
    "inBlock",
    "retracted",
    "ready",
    "inBlock",
    "inBlock",
    "finalized",
  ]);
  assert.equal(node.status.blockCount, 1);
});

test("a block that is never included leaves its transfers to the next", async () => {
  const { relay, build, submit, balance, transfer, genesis } = ledgerWorld();
  submit(transfer(alice, bob, 100n, 0));
  const lost = await build(genesis);
  relay.block("1", "0", { backed: lost });
  relay.block("2", "1");
  submit(transfer(alice, bob, 1n, 1));
  const head = await build(genesis);
  relay.block("3", "2", { included: head });
  assert.equal(balance(bob, "best"), 101n);
});

test("finality prunes the blocks beside it and their states, and keeps some below", async () => {
  const { machine, node, relay, build, submit, transfer, genesis } = ledgerWorld({ statesKept: 1 });
  const beside = await build(genesis);
  submit(transfer(alice, bob, 1n, 0));
  const head = await build(genesis);
  const above = await build(head);
  relay.block("1", "0", { included: head });
  relay.finalize("1");
  assert.deepEqual(
    [genesis, beside, head, above].map((each) => machine.has(each)),
    [true, false, true, true],
  );
  assert.equal(node.status.blockCount, 2);
  assert.equal(node.head("latest").number, 2);
  relay.block("2", "1", { included: above });
  relay.finalize("2");
  assert.deepEqual(
    [genesis, head, above].map((each) => machine.has(each)),
    [false, true, true],
  );
});

test("who follows the chain is told of every block once, parents first, and of forks", async () => {
  const { node, relay, build, submit, transfer, genesis } = ledgerWorld();
  const told: string[] = [];
  const names = new Map<string, string>([[paraHeadHash(genesis), "g"]]);
  const namesOf = (blocks: readonly { readonly hash: Hash }[]) =>
    blocks.map(({ hash }) => names.get(hash)).join("");
  const stop = node.chain.subscribe((event) => {
    if (event.type === "imported") told.push("imported");
    else if (event.type === "evicted") told.push(`evicted ${namesOf(event.blocks)}`);
    else if (event.type === "finalized")
      told.push(`finalized ${namesOf(event.finalized)}, not ${namesOf(event.pruned)}`);
    else told.push(`${event.type} +${namesOf(event.enacted)} -${namesOf(event.retracted)}`);
  });
  const a = await build(genesis);
  names.set(paraHeadHash(a), "a");
  submit(transfer(alice, bob, 1n, 0));
  const b = await build(genesis);
  names.set(paraHeadHash(b), "b");
  relay.block("1a", "0", { included: a });
  relay.block("1b", "0", { included: b });
  relay.block("2b", "1b");
  assert.equal(node.chain.best().hash, paraHeadHash(b));
  assert.equal(node.chain.hashByNumber(1), paraHeadHash(b));
  relay.finalize("1b");
  assert.deepEqual(told, [
    "imported",
    "imported",
    "newBest +a -",
    "reorg +b -a",
    "newBest +b -a",
    "finalized b, not a",
  ]);
  assert.equal(node.chain.hashByNumber(0), paraHeadHash(genesis));
  assert.equal(node.chain.block(paraHeadHash(a)), undefined);
  stop();
});

test("a state that somebody looks at outlives its fork", async () => {
  const { machine, node, relay, build, submit, transfer, genesis } = ledgerWorld();
  const a = await build(genesis);
  submit(transfer(alice, bob, 1n, 0));
  const b = await build(genesis);
  const unpin = node.chain.pin(paraHeadHash(a));
  assert.ok(unpin !== undefined);
  relay.block("1", "0", { included: b });
  relay.finalize("1");
  assert.equal(machine.has(a), true);
  unpin();
  unpin();
  assert.equal(machine.has(a), false);
  assert.equal(node.chain.pin(paraHeadHash(a)), undefined);
});

test("finality may come before the news of the best block", async () => {
  const { node, relay, build, submit, told, transfer, genesis } = ledgerWorld();
  const hash = submit(transfer(alice, bob, 1n, 0));
  const head = await build(genesis);
  relay.block("1", "0", { included: head, isBest: false });
  relay.finalize("1");
  assert.deepEqual([numberOf(node, "best"), numberOf(node, "finalized")], [1, 1]);
  relay.best("1");
  assert.deepEqual(told(hash), ["ready", "inBlock", "finalized"]);
});

test("a relay chain block without our head changes nothing", async () => {
  const { node, relay, logs } = ledgerWorld();
  relay.heads.delete(relay.hash("0"));
  relay.block("1", "0");
  relay.finalize("1");
  assert.deepEqual([numberOf(node, "best"), numberOf(node, "finalized")], [0, 0]);
  assert.equal(logs.filter((line) => /without our head/.test(line)).length, 2);
});

test("candidates of other parachains are none of our business", async () => {
  const { node, relay } = ledgerWorld();
  node.onRelayBlock({
    hash: relay.hash("1"),
    parentHash: relay.hash("0"),
    number: 1,
    candidateEvents: [
      candidateEvent("backed", new Uint8Array([1]), asParaId(2001)),
      candidateEvent("included", new Uint8Array([1]), asParaId(2001)),
    ],
    isBest: false,
  });
  assert.deepEqual([node.status.blockCount, node.status.foreign], [1, undefined]);
});

// Other collators

test("on another collator's block nothing is built until it is imported", async () => {
  const { node, relay, collate, build, submit, told, transfer, genesis, logs } = ledgerWorld();
  const hash = submit(transfer(alice, bob, 1n, 0));
  const other = ledgerWorld();
  other.submit(transfer(alice, bob, 1n, 0));
  const theirs = await other.collate(genesis);
  assert.ok(theirs !== undefined);
  const head = theirs.collation.headData;

  relay.block("1", "0", { backed: head });
  const foreign = { head: paraHeadHash(head), relayNumber: 1 };
  assert.deepEqual(node.status.foreign, { ...foreign, stage: "backed" });
  relay.block("2", "1", { included: head });
  assert.deepEqual(node.status.foreign, { ...foreign, stage: "included", relayNumber: 2 });
  assert.deepEqual(node.head("best"), {
    hash: paraHeadHash(head),
    head,
    number: 1,
    isKnown: false,
  });
  assert.equal(await collate(head), undefined);
  assert.match(logs.join(), /info nothing can be built on a block of another collator/);
  const account = node.account(bob.publicKey, "best");
  assert.deepEqual(account, {
    ok: false,
    error: { code: "unknownHead", head: paraHeadHash(head) },
  });

  const imported = node.importBlock(genesis, theirs.collation.pov.blockData);
  assert.deepEqual(imported, { ok: true, value: paraHeadHash(head) });
  assert.equal(node.status.foreign, undefined);
  assert.equal(expectOk(node.account(bob.publicKey, "best"), "imported").balance, 1n);
  assert.deepEqual(told(hash), ["ready", "inBlock"]);
  await build(head);
  relay.finalize("2");
  assert.deepEqual(told(hash), ["ready", "inBlock", "finalized"]);
});

test("several blocks of another collator are imported one after the other, even when they are final", async () => {
  const { node, relay, build, genesis } = ledgerWorld();
  const other = ledgerWorld();
  const blocks: { head: HeadData; data: Uint8Array }[] = [];
  let parent = genesis;
  for (let number = 1; number <= 3; number++) {
    other.submit(other.transfer(alice, bob, BigInt(number), number - 1));
    const result = await other.collate(parent);
    assert.ok(result !== undefined);
    const { headData: head, pov } = result.collation;
    blocks.push({ head, data: pov.blockData });
    relay.block(`${number}`, `${number - 1}`, { included: head });
    parent = head;
  }
  relay.finalize("3");
  assert.deepEqual([numberOf(node, "best"), numberOf(node, "finalized")], [3, 3]);
  assert.equal(node.head("finalized").isKnown, false);
  const [first, second, third] = blocks as [
    (typeof blocks)[0],
    (typeof blocks)[0],
    (typeof blocks)[0],
  ];
  const early = node.importBlock(first.head, second.data);
  assert.equal(!early.ok && early.error.code, "unknownHead");
  expectOk(node.importBlock(genesis, first.data), "first");
  expectOk(node.importBlock(first.head, second.data), "second");
  expectOk(node.importBlock(second.head, third.data), "third");
  assert.equal(expectOk(node.account(bob.publicKey, "finalized"), "caught up").balance, 6n);
  assert.equal(node.status.blockCount, 1);
  await build(third.head);
});

test("when the relay chain goes back to a known head, building goes on", async () => {
  const { node, relay, build, collate, genesis } = ledgerWorld();
  const strange = new Uint8Array([1, 2, 3]);
  relay.block("1", "0", { included: strange });
  assert.equal(await collate(strange), undefined);
  relay.block("1'", "0", { isBest: false });
  relay.block("2'", "1'");
  assert.equal(node.status.foreign, undefined);
  await build(genesis);
});

test("a head that nobody knows the way to is the best head all the same", async () => {
  const { node, relay, collate } = ledgerWorld();
  const strange = new Uint8Array([9]);
  relay.heads.set(relay.hash("1"), strange);
  relay.numbers.set(relay.hash("1"), 1);
  relay.best("1");
  relay.finalize("1");
  for (const at of ["best", "finalized", "latest"] as const)
    assert.deepEqual(node.head(at), {
      hash: paraHeadHash(strange),
      head: strange,
      number: undefined,
      isKnown: false,
    });
  assert.equal(await collate(strange), undefined);
  assert.equal(node.status.blockCount, 1);
});

test("a foreign block that was backed and timed out is forgotten", () => {
  const { node, relay } = ledgerWorld();
  const strange = new Uint8Array([1]);
  relay.block("1", "0", { backed: strange });
  assert.equal(node.status.foreign?.stage, "backed");
  node.onRelayBlock({
    hash: relay.hash("2"),
    parentHash: relay.hash("1"),
    number: 2,
    candidateEvents: [candidateEvent("timedOut", strange)],
    isBest: false,
  });
  assert.equal(node.status.foreign, undefined);
});

test("a foreign block that does not hold is refused with its reason", () => {
  const { node, genesis } = ledgerWorld();
  const imported = node.importBlock(genesis, new Uint8Array([4]));
  assert.equal(!imported.ok && imported.error.code, "undecodable");
});

// Hostile transactions

test("a transfer is not replayed: not while it waits, not when it is included, not when it is final", async () => {
  const { relay, build, submit, transfer, genesis, balance } = ledgerWorld();
  const bytes = transfer(alice, bob, 100n, 0);
  submit(bytes);
  assert.equal(submit(bytes), "alreadyInPool");
  const head = await build(genesis);
  relay.block("1", "0", { included: head });
  assert.equal(submit(bytes), "alreadyInBlock");
  relay.finalize("1");
  assert.equal(submit(bytes), "alreadyInBlock");
  assert.equal(submit(transfer(alice, bob, 99n, 0)), "staleNonce");
  relay.block("2", "1", { included: await build(head) });
  assert.equal(balance(bob, "best"), 100n);
});

test("forged, foreign, empty and endless transactions are refused and cost nothing twice", () => {
  const { submit, transfer, node } = ledgerWorld();
  const good = transfer(alice, bob, 100n, 0);
  const forged = good.slice();
  forged[70] = (forged[70] as number) ^ 1;
  assert.equal(submit(forged), "badSignature");
  assert.equal(submit(forged), "temporarilyBanned");
  const elsewhere = new LedgerStateMachine({ paraId: asParaId(2001), endowments: [] });
  assert.equal(submit(transferOn(elsewhere)(alice, bob, 1n, 0)), "badSignature");
  assert.equal(submit(transfer(alice, bob, 0n, 0)), "zeroAmount");
  assert.equal(submit(new Uint8Array()), "undecodable");
  assert.equal(submit(good.subarray(1)), "undecodable");
  assert.equal(submit(new Uint8Array(1 << 20)), "tooLarge");
  assert.equal(node.status.waitingCount, 0);
});

test("a transfer of what the sender does not have holds nobody else up", async () => {
  const { build, submit, transfer, genesis, balance, node } = ledgerWorld();
  const poor = submit(transfer(bob, carol, 500n, 0));
  submit(transfer(alice, carol, 1n, 0));
  const first = await build(genesis);
  assert.equal(balance(carol, "latest"), 1n);
  assert.deepEqual(node.transactionStatus(poor as Hex), { type: "ready" });
  submit(transfer(alice, bob, 600n, 1));
  const second = await build(first);
  await build(second);
  assert.equal(balance(carol, "latest"), 501n);
});

test("a transfer that would overflow is dropped with its reason", async () => {
  const ledger = new LedgerStateMachine({
    paraId: PARA,
    endowments: [
      [alice.publicKey, 1n],
      [bob.publicKey, (1n << 128n) - 1n],
    ],
  });
  const { build, submit, node } = world(ledger);
  const hash = submit(transferOn(ledger)(alice, bob, 1n, 0));
  await build(ledger.genesisHead);
  assert.deepEqual(node.transactionStatus(hash as Hex), {
    type: "dropped",
    reason: { code: "balanceOverflow" },
  });
});

// Bounds and questions

test("a node whose relay chain does not finalize stays bounded and goes on", async () => {
  const { node, relay, build, submit, told, transfer, machine, genesis } = ledgerWorld({
    blocksMax: 50,
    statesKept: 10,
  });
  const hash = submit(transfer(alice, bob, 1n, 0));
  let head = genesis;
  for (let number = 1; number <= 120; number++) {
    head = await build(head);
    relay.block(`${number}`, `${number - 1}`, { included: head });
  }
  assert.equal(node.status.blockCount, 50);
  assert.equal(machine.has(genesis), false);
  assert.equal(numberOf(node, "best"), 120);
  assert.deepEqual(told(hash), ["ready", "inBlock", "finalityTimeout"]);
  relay.finalize("120");
  assert.deepEqual([numberOf(node, "finalized"), node.status.blockCount], [120, 1]);
});

test("a node whose blocks are never included stays bounded and goes on", async () => {
  const { node, build, submit, transfer, genesis, machine } = ledgerWorld({ blocksMax: 10 });
  const first = await build(genesis);
  let last = first;
  for (let nonce = 0; nonce < 30; nonce++) {
    submit(transfer(alice, bob, 1n, nonce));
    last = await build(genesis);
  }
  assert.equal(node.status.blockCount, 10);
  assert.deepEqual(
    [first, last, genesis].map((head) => machine.has(head)),
    [false, true, true],
  );
});

test("another collator's blocks without end leave what is needed to catch up", async () => {
  const { node, relay, build, genesis } = ledgerWorld({ blocksMax: 10 });
  for (let number = 1; number <= 30; number++)
    relay.block(`${number}`, `${number - 1}`, { included: new Uint8Array([number]) });
  assert.equal(node.status.blockCount, 10);
  assert.equal(node.status.foreign?.relayNumber, 30);
  const other = ledgerWorld();
  const theirs = await other.collate(genesis);
  const refused = node.importBlock(genesis, theirs?.collation.pov.blockData as Uint8Array);
  assert.deepEqual(refused, { ok: false, error: { code: "noRoom" } });
  relay.block("1'", "0");
  await build(genesis);
});

test("blocks are listed from the past to the best", async () => {
  const { node, relay, build, submit, transfer, genesis } = ledgerWorld();
  const hash = submit(transfer(alice, bob, 1n, 0));
  const first = await build(genesis);
  relay.block("1", "0", { included: first });
  relay.finalize("1");
  const second = await build(first);
  relay.block("2", "1", { included: second });
  await build(second);
  const blocks = node.blocks(0, 10);
  assert.deepEqual(
    blocks.map(({ number, transactions }) => [number, transactions]),
    [
      [0, []],
      [1, [hash]],
      [2, []],
    ],
  );
  assert.deepEqual(
    node.blocks(2, 1).map((block) => block.hash),
    [paraHeadHash(second)],
  );
  assert.deepEqual(node.blocks(0, 0), []);
});

test("the summary says what the block says of itself", async () => {
  const { node, build, genesis } = ledgerWorld();
  await build(genesis);
  assert.equal(expectOk(node.summary("latest"), "latest")["number"], 1);
  assert.equal(expectOk(node.summary("best"), "best")["number"], 0);
});

/**
 * A checker that cannot fail checks nothing. One honest network is recorded; each test forges one thing
 * in what the observer was shown and expects exactly that to be found.
 */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { assert as ensure } from "@parahost/base";
import { branches, obtainChunks } from "@parahost/erasure";
import { AdderStateMachine } from "@parahost/kit";
import {
  AvailableData,
  asCoreIndex,
  asGroupIndex,
  asParaId,
  asValidatorIndex,
  type Hash,
  headerHash,
} from "@parahost/primitives";
import { bitsAt, encode, onesOf, withBit } from "@parahost/scale";
import { planPara } from "../para-plan.ts";
import { Simulation } from "../simulation.ts";
import { type ChunkHolder, checkAvailability } from "./checkers/availability.ts";
import { type BackingContext, checkBacking } from "./checkers/backing.ts";
import { checkBitfields } from "./checkers/bitfields.ts";
import { checkExecution } from "./checkers/execution.ts";
import { checkProof, FinalityChecker } from "./checkers/finality.ts";
import { checkHeadChain, relayParentOf } from "./checkers/head-chain.ts";
import { Liveness } from "./checkers/liveness.ts";
import { ChunkStores } from "./chunk-stores.ts";
import {
  advance,
  type Fork,
  genesisFork,
  type NewlyBacked,
  type PendingCandidate,
} from "./fork.ts";
import { type ObservedBlock, observeBlock } from "./observed-block.ts";
import { readRelayState } from "./relay-state.ts";
import { groupOfCore } from "./rotation.ts";
import type { Problem } from "./violation.ts";

const VALIDATORS = 4;
const SLOT_MS = 6000;
const otherHash = `0x${"ab".repeat(32)}` as Hash;
const machine = () => new AdderStateMachine();

/** The first block that includes a candidate and backs the next one, and what belongs to it. */
interface Recorded {
  readonly parent: Fork;
  readonly block: ObservedBlock;
  readonly included: PendingCandidate;
  readonly holders: readonly ChunkHolder[];
  readonly data: AvailableData;
  readonly backed: NewlyBacked;
  readonly backing: BackingContext;
}
let world: Recorded;

before(async () => {
  const plan = planPara(asParaId(1000), "adder");
  const simulation = new Simulation({
    seed: 1,
    validators: VALIDATORS,
    groupSize: VALIDATORS,
    paras: [plan],
  });
  const [node] = simulation.validators;
  ensure(node !== undefined, "a network has validators");
  const chunks = new ChunkStores(simulation);
  const { header, top } = simulation.network.genesis;
  const genesis = { hash: headerHash(header), number: 0, stateRoot: header.stateRoot };
  const forks = new Map([[genesis.hash, genesisFork(genesis, readRelayState(top).heads)]]);
  let found: Recorded | undefined;
  node.chain.subscribe((event) => {
    if (event.type !== "imported" || found !== undefined) return;
    const block = observeBlock(node, event);
    const parent = forks.get(block.header.parentHash);
    ensure(parent !== undefined, "parents come first");
    const { fork, included, backed, problems } = advance(parent, block);
    assert.deepEqual(problems, []);
    forks.set(block.hash, fork);
    const [[firstIncluded], [firstBacked]] = [included, backed];
    if (firstIncluded === undefined || firstBacked === undefined) return;
    const { session, sessionInfo, configuration } = block.before;
    const holders = chunks
      .holders(sessionInfo.validators, firstIncluded.hash)
      .toSorted((a, b) => a.validator - b.validator);
    const { data } = checkAvailability(firstIncluded, VALIDATORS, holders);
    ensure(data !== undefined, "honest chunks rebuild the data");
    const { minimumBackingVotes } = configuration;
    const backing = { session, sessionInfo, group: asGroupIndex(0), minimumBackingVotes };
    found = {
      parent,
      block,
      included: firstIncluded,
      holders,
      data,
      backed: firstBacked,
      backing,
    };
  });
  await simulation.runUntil(() => found !== undefined, 20 * SLOT_MS);
  await simulation.stop();
  ensure(found !== undefined, "no block includes one candidate and backs another");
  world = found;
});

/** Exactly these are found, in order; of each problem a part of its text. */
function found(problems: readonly Problem[], ...expected: readonly string[]): void {
  assert.equal(problems.length, expected.length, problems.map(({ text }) => text).join("; "));
  for (const [i, { property, text }] of problems.entries())
    assert.ok(`${property} ${text}`.includes(expected[i] ?? ""), `${property} ${text}`);
}

const flipped = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, index) => (index === 0 ? byte ^ 1 : byte));

// What is not forged

test("nothing is found in what an honest network did", () => {
  const { parent, block, included, holders, data, backed, backing } = world;
  const relayParent = relayParentOf(parent, backed, block.before.configuration);
  found(advance(parent, block).problems);
  found(checkBitfields(block));
  found(checkBacking(backed, backing));
  found(checkHeadChain(backed, relayParent, block.before.configuration));
  const { problems, faults } = checkAvailability(included, VALIDATORS, holders);
  found(problems);
  assert.deepEqual(faults, []);
  assert.equal(checkExecution(included, data, machine()), undefined);
});

// Finality

test("two final blocks of one height are found, whichever nodes have them", () => {
  const finality = new FinalityChecker();
  found(finality.finalized("alice", 1, world.block.hash));
  found(finality.finalized("bob", 1, world.block.hash));
  found(finality.finalized("charlie", 1, otherHash), "S1 charlie finalizes");
});

test("finality that goes back or leaves a gap is found", () => {
  const finality = new FinalityChecker();
  found(finality.finalized("alice", 1, world.block.hash));
  found(finality.finalized("alice", 1, world.block.hash), "S1 alice finalizes #1 after #1");
  found(finality.finalized("alice", 3, otherHash), "S1 alice finalizes #3 after #1");
});

// Backing

const backedWith = (change: Partial<NewlyBacked["backed"]>): NewlyBacked => ({
  ...world.backed,
  backed: { ...world.backed.backed, ...change },
});

test("a vote that its validator did not sign is found", () => {
  const [first, ...rest] = world.backed.backed.validityVotes;
  ensure(first !== undefined, "a backed candidate has votes");
  const forged = backedWith({
    validityVotes: [{ ...first, value: flipped(first.value) }, ...rest],
  });
  found(checkBacking(forged, world.backing), "did not sign");
  const otherKind = first.type === "implicit" ? "explicit" : "implicit";
  const relabelled = backedWith({ validityVotes: [{ ...first, type: otherKind }, ...rest] });
  found(checkBacking(relabelled, world.backing), "did not sign");
});

test("votes for another relay parent or of another session are found", () => {
  const { candidate, validityVotes } = world.backed.backed;
  const descriptor = { ...candidate.descriptor, relayParent: otherHash };
  const moved = backedWith({ candidate: { ...candidate, descriptor } });
  const { session } = world.backing;
  for (const [backed, context] of [
    [moved, world.backing],
    [world.backed, { ...world.backing, session: session + 1 } as BackingContext],
  ] as const)
    found(checkBacking(backed, context), ...validityVotes.map(() => "did not sign"));
});

test("too few backers are found", () => {
  const { backed, voters } = world.backed;
  const [first] = onesOf(voters);
  ensure(first !== undefined, "a backed candidate has voters");
  const alone: NewlyBacked = {
    ...world.backed,
    voters: bitsAt(voters.length, [first]),
    backed: { ...backed, validityVotes: backed.validityVotes.slice(0, 1) },
  };
  found(checkBacking(alone, world.backing), "is backed by 1 of 3");
});

test("backers of another group are found", () => {
  const { sessionInfo } = world.backing;
  const group = asGroupIndex(1);
  const swapped = [...sessionInfo.validators].reverse();
  const own = sessionInfo.validatorGroups[0] ?? [];
  const groups = { ...sessionInfo, validatorGroups: [own, own.slice(1)] };
  found(checkBacking(world.backed, { ...world.backing, sessionInfo: groups, group }), "of a group");
  const strangers = { ...world.backing, sessionInfo: { ...sessionInfo, validators: swapped } };
  found(
    checkBacking(world.backed, strangers),
    ...world.backed.backed.validityVotes.map(() => "did not sign"),
  );
  found(checkBacking(world.backed, { ...world.backing, group: undefined }), "without a group");
});

test("votes that do not fit their voters are found", () => {
  const { validityVotes } = world.backed.backed;
  const short = backedWith({ validityVotes: validityVotes.slice(1) });
  found(checkBacking(short, world.backing), "voters");
});

test("groups move up one core with each rotation and begin anew with each session", () => {
  const rotation = { sessionStart: 11, frequency: 5, groupCount: 3 };
  const groupsAt = (at: number) =>
    [0, 1, 2].map((core) => groupOfCore(asCoreIndex(core), at, rotation));
  assert.deepEqual(groupsAt(11), [0, 1, 2]);
  assert.deepEqual(groupsAt(15), [0, 1, 2]);
  assert.deepEqual(groupsAt(16), [2, 0, 1]);
  assert.deepEqual(groupsAt(21), [1, 2, 0]);
  assert.deepEqual(groupsAt(26), [0, 1, 2]);
  assert.deepEqual(groupsAt(10), [undefined, undefined, undefined]);
  assert.equal(groupOfCore(asCoreIndex(3), 11, rotation), undefined);
  assert.equal(groupOfCore(asCoreIndex(1), 99, { ...rotation, frequency: 0 }), 1);
});

// Bitfields

const withBitfields = (bitfields: ObservedBlock["inherent"]["bitfields"]): ObservedBlock => ({
  ...world.block,
  inherent: { ...world.block.inherent, bitfields },
});

test("bitfields of others, for other blocks, of another length, twice or out of order are found", () => {
  const [first, second, ...rest] = world.block.inherent.bitfields;
  ensure(first !== undefined && second !== undefined, "bitfields of several validators");
  const stolen = { ...first, validatorIndex: asValidatorIndex(VALIDATORS) };
  found(checkBitfields(withBitfields([stolen])), "is not signed");
  const longer = { ...first, payload: bitsAt(first.payload.length + 1, []) };
  found(checkBitfields(withBitfields([longer])), "bits for 1 cores", "is not signed");
  found(checkBitfields(withBitfields([first, first])), "does not come after");
  found(checkBitfields(withBitfields([second, first, ...rest])), "does not come after");
  const header = { ...world.block.header, parentHash: otherHash };
  found(checkBitfields({ ...withBitfields([first]), header }), "is not signed");
});

// The chain's claims

test("inclusion without two thirds of the bitfields is found", () => {
  const { parent } = world;
  const { bitfields } = world.block.inherent;
  found(
    advance(parent, withBitfields(bitfields.slice(0, 2))).problems,
    `S3 ${world.included.hash} is included with 2 votes of 3`,
  );
  const silent = bitfields.map((signed) => ({
    ...signed,
    payload: withBit(signed.payload, 0, false),
  }));
  found(advance(parent, withBitfields(silent)).problems, "is included with 0 votes of 3");
});

test("inclusion of what was never backed is found", () => {
  const { parent, block } = world;
  found(
    advance({ ...parent, pending: new Map() }, block).problems,
    "is included on core 0, where it never was",
    "the head of para 1000",
  );
});

test("a candidate on a core of another para is found", () => {
  const { parent, block } = world;
  const parachains = [asParaId(999)];
  found(
    advance(parent, { ...block, before: { ...block.before, parachains } }).problems,
    "is backed on core 0, which is not its own",
    "and the chain says",
  );
});

test("a candidate of a parathread that has no paid block is found", () => {
  const { parent, block } = world;
  const onlyThreads = { ...block.before, parachains: [] };
  const parathreads = new Set([asParaId(1000)]);
  found(advance(parent, { ...block, before: { ...onlyThreads, parathreads } }).problems);
  found(
    advance(parent, { ...block, before: { ...onlyThreads, parathreads: new Set() } }).problems,
    "is backed on core 0, which is not its own",
    "and the chain says",
  );
});

test("a candidate on an occupied core is found", () => {
  const { parent, block } = world;
  const claims = block.claims.filter(({ type }) => type !== "included");
  found(
    advance(parent, { ...block, claims }).problems,
    "which is occupied",
    "the head of para 1000",
  );
});

test("a candidate that the chain does not own up to is found", () => {
  const { parent, block } = world;
  const claims = block.claims.filter(({ type }) => type !== "backed");
  found(advance(parent, { ...block, claims }).problems, "and the chain says");
});

test("a head that nothing included leads to is found", () => {
  const { parent, block } = world;
  const heads = new Map([[asParaId(1000), new Uint8Array([1])]]);
  found(
    advance(parent, { ...block, after: { ...block.after, heads } }).problems,
    "is not that of what was included",
  );
});

// Heads

test("a candidate on another head than the included one is found", () => {
  const { parent, block, backed } = world;
  const { configuration } = block.before;
  const relayParent = relayParentOf(parent, backed, configuration);
  const check = (candidate: NewlyBacked, at = relayParent, config = configuration) =>
    checkHeadChain(candidate, at, config);
  found(check({ ...backed, parentHead: new Uint8Array([1]) }), "does not build on");
  ensure(relayParent !== undefined, "an honest candidate has a relay parent");
  found(check(backed, { ...relayParent, number: 99 }), "does not build on");
  found(check(backed, { ...relayParent, stateRoot: otherHash }), "does not build on");
  found(check(backed, relayParent, { ...configuration, maxPovSize: 1 }), "does not build on");
  found(checkHeadChain(backed, undefined, configuration), "a relay parent that is none");
  const { candidate } = backed.backed;
  const commitments = { ...candidate.commitments, headData: new Uint8Array([1]) };
  found(check(backedWith({ candidate: { ...candidate, commitments } })), "names another head");
});

test("a relay parent that is too old or of another fork is none", () => {
  const { parent, block, backed } = world;
  const { configuration } = block.before;
  const [newest, ...older] = parent.relayParents;
  ensure(newest !== undefined, "a fork has blocks");
  const stale = { relayParents: [{ ...newest, hash: otherHash }, newest, ...older] };
  assert.equal(relayParentOf(stale, backed, configuration), undefined);
  const lenient = { asyncBackingParams: { maxCandidateDepth: 1, allowedAncestryLen: 1 } };
  assert.equal(relayParentOf(stale, backed, lenient), newest);
});

test("a proof of finality with too few voters is found, also where one of them is repeated", () => {
  const vote = (byte: number) => ({ id: `0x${`0${byte}`.repeat(32)}` }) as never;
  const proof = (...votes: readonly never[]) =>
    ({ commit: { targetNumber: 7, precommits: votes } }) as never;
  found(checkProof("alice", proof(vote(1), vote(2), vote(3)), 4));
  found(checkProof("alice", proof(vote(1), vote(2), vote(2)), 4), "by 2 voters of 3");
});

// Availability

const chunksOf = (change: (holder: ChunkHolder, index: number) => ChunkHolder) =>
  checkAvailability(world.included, VALIDATORS, world.holders.map(change));

test("a validator that votes without having its chunk is found", () => {
  const check = chunksOf((holder, index) =>
    index === 0 ? { ...holder, chunk: undefined } : holder,
  );
  const [first] = world.holders;
  ensure(first !== undefined, "validators hold chunks");
  found(check.problems, ...(world.included.voters.has(first.validator) ? ["no chunk"] : []));
  assert.equal(check.chunks, VALIDATORS - 1);
  assert.deepEqual(check.data, world.data);
});

test("too few chunks to rebuild the data are found", () => {
  const unvoted = { ...world.included, voters: new Set<never>() };
  const holders = world.holders.map((holder, index) =>
    index === 0 ? holder : { ...holder, chunk: undefined },
  );
  const check = checkAvailability(unvoted, VALIDATORS, holders);
  found(check.problems, "is included with 1 chunks of 2");
  assert.equal(check.data, undefined);
});

test("a chunk of other data or at another place is found", () => {
  const forged = chunksOf((holder, index) =>
    index === 0 && holder.chunk !== undefined
      ? { ...holder, chunk: { ...holder.chunk, chunk: flipped(holder.chunk.chunk) } }
      : holder,
  );
  found(forged.problems, "is not of its erasure root");
  const [, second] = world.holders;
  const doubled = chunksOf((holder, index) =>
    index === 0 ? { ...holder, chunk: second?.chunk } : holder,
  );
  found(doubled.problems, "twice");
});

test("chunks of other data than the descriptor names are found", () => {
  const pov = { blockData: new Uint8Array([1, 2, 3]) };
  const made = obtainChunks(VALIDATORS, encode(AvailableData, { ...world.data, pov }));
  ensure(made.ok, "data gives chunks");
  const commitment = branches(made.value);
  const { receipt } = world.included;
  const descriptor = { ...receipt.descriptor, erasureRoot: commitment.root as Hash };
  const included = { ...world.included, receipt: { ...receipt, descriptor } };
  const holders = world.holders.map((holder, index) => ({
    ...holder,
    chunk: {
      index,
      chunk: made.value[index] ?? new Uint8Array(),
      proof: commitment.proof(index),
    },
  }));
  const { problems, faults } = checkAvailability(included, VALIDATORS, holders);
  found(problems);
  assert.match(faults.join(), /^0x[0-9a-f]{64} has another PoV than its descriptor names$/);
});

test("chunks that are no code word are found", () => {
  // Right proofs under a root over chunks that do not belong together.
  const odd = world.holders.map(({ chunk }, index) =>
    index === 3 ? flipped(chunk?.chunk ?? new Uint8Array()) : (chunk?.chunk ?? new Uint8Array()),
  );
  const commitment = branches(odd);
  const { receipt } = world.included;
  const descriptor = { ...receipt.descriptor, erasureRoot: commitment.root as Hash };
  const included = { ...world.included, receipt: { ...receipt, descriptor } };
  const holders = world.holders.map((holder, index) => ({
    ...holder,
    chunk: { index, chunk: odd[index] ?? new Uint8Array(), proof: commitment.proof(index) },
  }));
  const { problems, faults } = checkAvailability(included, VALIDATORS, holders);
  found(problems);
  assert.match(faults.join(), /another erasure root/);
});

// Execution

test("an included block that the state machine refuses is found", () => {
  const { included, data } = world;
  const nonsense = { ...data, pov: { blockData: new Uint8Array([1]) } };
  assert.match(checkExecution(included, nonsense, machine()) ?? "", /is no valid block/);
  const other = new AdderStateMachine(5n);
  assert.match(checkExecution(included, data, other) ?? "", /is no valid block/);
  const bomb = {
    ...data,
    pov: { blockData: new Uint8Array([0x52, 0xbc, 0x53, 0x76, 0x46, 0xdb, 0x8e, 0x06, 1]) },
  };
  assert.match(checkExecution(included, bomb, machine()) ?? "", /does not decompress/);
});

test("an included block that leads to another head is found", () => {
  const { included, data } = world;
  const commitments = { ...included.receipt.commitments, headData: new Uint8Array([1]) };
  const forged = { ...included, receipt: { ...included.receipt, commitments } };
  assert.match(checkExecution(forged, data, machine()) ?? "", /leads to another head/);
});

// Liveness

test("slots without blocks, finality that lags and paras that stand still show in the counts", () => {
  const para = asParaId(1000);
  const liveness = new Liveness([para, asParaId(1001)]);
  const hashes = [1, 2, 3].map((byte) => `0x${`0${byte}`.repeat(32)}` as Hash);
  for (const [i, slot] of [10, 11, 19].entries())
    liveness.block(hashes[i] as Hash, slot, i === 2 ? [para] : []);
  liveness.progress(3, 0);
  for (const hash of hashes) liveness.finalized(hash);
  liveness.progress(4, 3);
  assert.deepEqual(liveness.report(), [
    "L1: 3 finalized blocks in 10 slots (30 %)",
    "L2: finality was up to 3 blocks behind",
    "L3: para 1000: 1 blocks included by 3 relay blocks (33 %)",
    "L3: para 1001: 0 blocks included by 3 relay blocks (0 %)",
  ]);
});

/**
 * What approval costs a node for one block of a network of 1,000 validators and 100 cores: drawing its own checks,
 * checking what the others say, and counting it. Budgets are those of performance-budget.md 3: a proof of randomness
 * 110 us, a signature of a batch 20 us, tally and logic 5 ms.
 */
import assert from "node:assert/strict";
import { hexToBytes } from "@parahost/base";
import { DirectVerifier, MemoryKeystore } from "@parahost/crypto";
import {
  approvalPayload,
  asAssignmentId,
  asCoreIndex,
  asGroupIndex,
  asSessionIndex,
  asValidatorId,
  type CandidateReceipt,
  candidateHash,
  type SessionInfo,
  type Slot,
  type ValidatorIndex,
} from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import * as wasmCrypto from "@polkadot/wasm-crypto";
import type { Bench } from "../../../test/bench.ts";
import { type OwnAssignment, ownAssignments } from "../src/approval-criteria/assign.ts";
import { checkAssignments } from "../src/approval-criteria/check.ts";
import type { ApprovalBlock } from "../src/approval-distribution/messages.ts";
import { ApprovalBook } from "../src/approval-voting/book.ts";
import { sampleHash, sampleReceipt } from "../src/sample-candidate.ts";

await wasmCrypto.waitReady();

const VALIDATORS = 1_000;
const CORES = 100;
/** Votes for the candidates of one validator: its six or so, four to a signature. */
const COALESCED = 4;
const WASM = "@polkadot/wasm-crypto 7.5.4";
const CRITERIA = { profile: "modern", isCompactOn: true } as const;
const BLOCK_TICK = 1_000;
const NO_SHOW = 36;

const validator = (index: number): ValidatorIndex => index as ValidatorIndex;

interface Vote {
  readonly validator: ValidatorIndex;
  readonly candidates: readonly number[];
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** A session, a block that includes a candidate of every core, and what everybody says about it. */
function world() {
  const keystores = Array.from({ length: VALIDATORS }, (_, index) => {
    const keystore = new MemoryKeystore();
    for (const type of ["asgn", "para"] as const) keystore.insert(type, `//bench//${index}`);
    return keystore;
  });
  const keys = keystores.map((keystore) => keystore.publicKeys("para")[0] ?? assert.fail());
  const size = VALIDATORS / CORES;
  const sessionInfo: SessionInfo = {
    activeValidatorIndices: [],
    randomSeed: new Uint8Array(32),
    disputePeriod: asSessionIndex(6),
    validators: keys.map(asValidatorId),
    discoveryKeys: [],
    assignmentKeys: keys.map(asAssignmentId),
    validatorGroups: Array.from({ length: CORES }, (_, group) =>
      Array.from({ length: size }, (_, place) => validator(group * size + place)),
    ),
    nCores: CORES,
    zerothDelayTrancheWidth: 0,
    relayVrfModuloSamples: 6,
    nDelayTranches: 89,
    noShowSlots: 3,
    neededApprovals: 30,
  };
  const receipts: CandidateReceipt[] = Array.from({ length: CORES }, (_, core) =>
    sampleReceipt({ paraId: 2000 + core }),
  );
  const hashes = receipts.map(candidateHash);
  const block: ApprovalBlock = {
    hash: sampleHash(2),
    number: 1,
    parentHash: sampleHash(1),
    slot: 100 as Slot,
    session: asSessionIndex(1),
    sessionInfo,
    story: new Uint8Array(32).fill(5),
    candidates: hashes.map((candidate, core) => ({
      candidate,
      core: asCoreIndex(core),
      group: asGroupIndex(core),
    })),
    equivocatedCores: new Set(),
  };
  // Only tranche 0: the delays of all would be drawn for nothing.
  const drawing = { ...sessionInfo, nDelayTranches: 1 };
  const assignments: OwnAssignment[] = keystores.flatMap((keystore) => {
    const [first] = ownAssignments(keystore, drawing, block, CRITERIA).byStory.values();
    return first?.cert.kind.type === "relayVRFModuloCompact" ? [first] : [];
  });
  const votes = assignments.flatMap(({ validator: voter, cores }): Vote[] => {
    const all = cores.map(Number);
    const batches: number[][] = [];
    while (all.length > 0) batches.push(all.splice(0, COALESCED));
    return batches.map((candidates) => {
      const named = candidates.map((index) => hashes[index] ?? assert.fail());
      const message = approvalPayload(named, block.session);
      const key = keys[voter] ?? assert.fail();
      const signature = keystores[voter]?.sign("para", key, message) ?? assert.fail();
      return { validator: voter, candidates, message, signature };
    });
  });
  return {
    keystore: keystores[0] ?? assert.fail(),
    keys,
    sessionInfo,
    receipts,
    block,
    assignments,
    votes,
  };
}

let made: ReturnType<typeof world> | undefined;
/** Made when it is first wanted: it takes seconds. */
const theWorld = (): ReturnType<typeof world> => {
  made ??= world();
  return made;
};

// Drawing

const draw = () => {
  const { keystore, sessionInfo, block } = theWorld();
  return ownAssignments(keystore, sessionInfo, block, CRITERIA).byStory;
};

const pair = wasmCrypto.sr25519KeypairFromSeed(new Uint8Array(32).fill(1));
const [secret, publicKey] = [pair.subarray(0, 64), pair.subarray(64)];
const [context, message, extra] = [new Uint8Array(11), new Uint8Array(40), new Uint8Array(4)];
const signed = wasmCrypto.vrfSign(secret, context, message, extra);

// Checking

const verifier = new DirectVerifier();

function checkAll(): number {
  const { sessionInfo, block, assignments } = theWorld();
  const claims = assignments.map(({ validator: who, cert, cores }) => {
    const claimed = bitsAt(Math.max(...cores) + 1, cores);
    return { session: sessionInfo, block, validator: who, cert, claimed };
  });
  return checkAssignments("modern", claims).filter(({ ok }) => ok).length;
}

function verifyAll(): boolean {
  const { keys, votes } = theWorld();
  return verifier
    .verifyAll(
      votes.map(({ validator: who, message: payload, signature }) => ({
        scheme: "sr25519",
        publicKey: keys[who] ?? assert.fail(),
        message: payload,
        signature,
      })),
    )
    .every(Boolean);
}

// Counting

/** All of a block's assignments and votes, and every wake-up until it is approved; how many there were. */
function tally(): number {
  const { block: info, receipts, assignments, votes } = theWorld();
  const book = new ApprovalBook("modern");
  const none = { byStory: new Map(), byEquivocation: new Map() };
  const candidates = receipts.map((receipt) => ({ receipt, headData: new Uint8Array(1) }));
  const block = book.addBlock(info, candidates, none, BLOCK_TICK, NO_SHOW);
  for (const inclusion of block.inclusions) book.evaluate(inclusion, BLOCK_TICK);
  const cert = { tranche: 0, criterion: "story" } as const;
  for (const { validator: who, cores } of assignments)
    book.importAssignment(block, who, cores.map(Number), cert, BLOCK_TICK);
  for (const { validator: who, candidates: indices, signature } of votes)
    book.importApproval(block, who, indices, { candidateHashes: [], signature }, BLOCK_TICK + 1);
  let wakeUps = 0;
  for (let tick = BLOCK_TICK; !block.isApproved && tick < BLOCK_TICK + NO_SHOW; tick++)
    for (const inclusion of book.wakeUps.due(tick)) {
      wakeUps += 1;
      book.evaluate(inclusion, tick);
    }
  assert.ok(block.isApproved);
  return wakeUps;
}

/** The same votes in plain sets: who is assigned, who has approved, and whether they are the same. */
function count(): number {
  const { assignments, votes } = theWorld();
  const assigned = Array.from({ length: CORES }, () => new Set<number>());
  const approved = Array.from({ length: CORES }, () => new Set<number>());
  for (const { validator: who, cores } of assignments)
    for (const core of cores) assigned[core]?.add(who);
  for (const { validator: who, candidates } of votes)
    for (const index of candidates)
      if (assigned[index]?.has(who) === true) approved[index]?.add(who);
  return approved.filter((set, core) => set.size === assigned[core]?.size).length;
}

export const benches: Bench[] = [
  {
    name: `own checks of a block with ${CORES} cores drawn and proven`,
    peer: `${WASM}, as many VRF proofs`,
    ours: draw,
    theirs: () => {
      for (let i = 0; i < CORES; i++) wasmCrypto.vrfSign(secret, context, message, extra);
    },
    check: () => {
      const cores = new Set([...draw().values()].flatMap((own) => own.cores));
      // All but that of its own group.
      assert.equal(cores.size, CORES - 1);
    },
  },
  {
    name: `assignments of ${VALIDATORS} validators checked`,
    peer: `${WASM}, as many VRF proofs`,
    budgetMs: 0.11 * VALIDATORS,
    ours: checkAll,
    theirs: () => {
      for (let i = 0; i < theWorld().assignments.length; i++)
        wasmCrypto.vrfVerify(publicKey, context, message, extra, signed);
    },
    check: () => {
      assert.equal(checkAll(), theWorld().assignments.length);
      assert.ok(theWorld().assignments.length > VALIDATORS * 0.98);
      assert.ok(wasmCrypto.vrfVerify(publicKey, context, message, extra, signed));
    },
  },
  {
    name: `approvals of ${VALIDATORS} validators checked`,
    peer: `${WASM}, as many signatures`,
    // 1.5 signatures each.
    budgetMs: 0.03 * VALIDATORS,
    ours: verifyAll,
    theirs: () => {
      for (const { validator: who, message: payload, signature } of theWorld().votes)
        wasmCrypto.sr25519Verify(signature, payload, hexToBytes(theWorld().keys[who] ?? "0x"));
    },
    check: () => assert.ok(verifyAll() && theWorld().votes.length >= VALIDATORS),
  },
  {
    name: `tally and wake-ups of a block with ${VALIDATORS} checkers`,
    peer: "plain sets, without time, tranches and wake-ups",
    budgetMs: 5,
    ours: tally,
    theirs: count,
    check: () => {
      assert.equal(count(), CORES);
      // One look when the youngest assignment is old enough.
      assert.equal(tally(), CORES);
    },
  },
];

import assert from "node:assert/strict";
import { test } from "node:test";
import { err, expectOk, ok, type Result, silentLogger } from "@parahost/base";
import { MemoryKeystore, sr25519Verify } from "@parahost/crypto";
import {
  asSessionIndex,
  asValidationCodeHash,
  asValidatorId,
  type Hash,
  type PvfCheckStatement,
  pvfCheckPayload,
  type ValidationCodeHash,
} from "@parahost/primitives";
import { decodeExtrinsic, type RuntimeCall } from "@parahost/runtime";
import { MemoryStore } from "@parahost/storage";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { sampleHash } from "../sample-candidate.ts";
import { type PvfCheckerSends, run } from "./subsystem.ts";
import type { VoteRecordColumn } from "./vote-record.ts";

const LEAF = sampleHash(0xa1);
const NEXT = sampleHash(0xa2);
const CODE = asValidationCodeHash(sampleHash(0xc0de));
const OTHER = asValidationCodeHash(sampleHash(0xc0df));
const keystore = new MemoryKeystore();
const ours = asValidatorId(expectOk(keystore.insert("para", "//Alice"), "a key"));
const validators = [asValidatorId(sampleHash(1)), ours];

interface Vote {
  readonly stmt: PvfCheckStatement;
  readonly signature: Uint8Array;
}

/** The vote in an extrinsic, as the chain would read it. */
function voteIn(extrinsic: Uint8Array): Vote {
  const { call } = expectOk(decodeExtrinsic(extrinsic), "an extrinsic");
  const { type, value } = call as RuntimeCall;
  assert.ok(type === "paras" && value.type === "includePvfCheckStatement");
  return value.value;
}

function start(
  options: {
    readonly keys?: MemoryKeystore;
    readonly store?: MemoryStore<VoteRecordColumn>;
    readonly pool?: (extrinsic: Uint8Array) => Result<unknown, { readonly code: string }>;
  } = {},
) {
  const { keys = keystore, store = new MemoryStore<VoteRecordColumn>(["ownPvfVotes"]) } = options;
  const votes: Vote[] = [];
  const pool = options.pool ?? (() => ok(undefined));
  const submit = (extrinsic: Uint8Array) => {
    votes.push(voteIn(extrinsic));
    return pool(extrinsic);
  };
  const overseer = new FakeOverseer<"pvf-checker", PvfCheckerSends>();
  const running = run(overseer.context, { logger: silentLogger, keystore: keys, store, submit });
  return { overseer, votes, store, running };
}

type World = ReturnType<typeof start>;

/** Answers what the checker asks about a leaf. */
async function describeLeaf(
  { overseer }: World,
  subjects: readonly ValidationCodeHash[],
  session = 4,
  active = validators,
): Promise<void> {
  (await overseer.expect("runtime-api", "pvfsRequirePrecheck")).reply(ok(subjects));
  if (subjects.length === 0) return;
  (await overseer.expect("runtime-api", "sessionIndexForChild")).reply(ok(asSessionIndex(session)));
  (await overseer.expect("runtime-api", "validators")).reply(ok(active));
}

const expectCheck = async ({ overseer }: World, leaf: Hash, subject: ValidationCodeHash) => {
  const asked = await overseer.expect("candidate-validation", "preCheck");
  assert.equal(asked.relayParent, leaf);
  assert.equal(asked.validationCodeHash, subject);
  return asked.reply;
};

const said = ({ votes }: World) => votes.map(({ stmt }) => stmt);

const voteOf = (accept: boolean, sessionIndex = 4, subject = CODE): PvfCheckStatement => ({
  accept,
  subject,
  sessionIndex: asSessionIndex(sessionIndex),
  validatorIndex: 1 as PvfCheckStatement["validatorIndex"],
});

test("code that compiles is accepted, with a vote that the chain can verify", async () => {
  const world = start();
  world.overseer.activate(LEAF, 1);
  await describeLeaf(world, [CODE]);
  (await expectCheck(world, LEAF, CODE))("valid");
  await world.overseer.settle();
  assert.deepEqual(said(world), [voteOf(true)]);
  const [vote] = world.votes;
  assert.ok(vote && sr25519Verify(ours, pvfCheckPayload(vote.stmt), vote.signature));
  await world.overseer.conclude(world.running);
});

test("code that does not compile, or whose check fails, is refused", async () => {
  for (const outcome of ["invalid", "failed"] as const) {
    const world = start();
    world.overseer.activate(LEAF, 1);
    await describeLeaf(world, [CODE]);
    (await expectCheck(world, LEAF, CODE))(outcome);
    await world.overseer.settle();
    assert.deepEqual(said(world), [voteOf(false)]);
    await world.overseer.conclude(world.running);
  }
});

test("where nothing awaits a check nothing more is asked", async () => {
  const world = start();
  world.overseer.activate(LEAF, 1);
  await describeLeaf(world, []);
  await world.overseer.conclude(world.running);
});

test("who is no validator checks nothing", async () => {
  const world = start({ keys: new MemoryKeystore() });
  world.overseer.activate(LEAF, 1);
  await describeLeaf(world, [CODE]);
  await world.overseer.conclude(world.running);
  assert.deepEqual(world.votes, []);
});

test("each code that awaits its check is checked, however the others fare", async () => {
  const world = start();
  world.overseer.activate(LEAF, 1);
  await describeLeaf(world, [CODE, OTHER]);
  const first = await expectCheck(world, LEAF, CODE);
  (await expectCheck(world, LEAF, OTHER))("valid");
  await world.overseer.settle();
  assert.deepEqual(said(world), [voteOf(true, 4, OTHER)]);
  first("invalid");
  await world.overseer.settle();
  assert.deepEqual(said(world).at(-1), voteOf(false));
  await world.overseer.conclude(world.running);
});

test("in one session a code is checked once and voted on once", async () => {
  const world = start();
  world.overseer.activate(LEAF, 1);
  await describeLeaf(world, [CODE]);
  (await expectCheck(world, LEAF, CODE))("valid");
  await world.overseer.settle();
  world.overseer.activate(NEXT, 2, [LEAF]);
  await describeLeaf(world, [CODE]);
  await world.overseer.settle();
  assert.deepEqual(said(world), [voteOf(true)]);
  await world.overseer.conclude(world.running);
});

test("the next session is voted in again, without another check", async () => {
  const world = start();
  world.overseer.activate(LEAF, 1);
  await describeLeaf(world, [CODE]);
  (await expectCheck(world, LEAF, CODE))("valid");
  await world.overseer.settle();
  world.overseer.activate(NEXT, 2, [LEAF]);
  await describeLeaf(world, [CODE], 5);
  await world.overseer.settle();
  assert.deepEqual(said(world), [voteOf(true), voteOf(true, 5)]);
  await world.overseer.conclude(world.running);
});

test("a validator that has left the set votes no more", async () => {
  const world = start();
  world.overseer.activate(LEAF, 1);
  await describeLeaf(world, [CODE]);
  (await expectCheck(world, LEAF, CODE))("valid");
  await world.overseer.settle();
  world.overseer.activate(NEXT, 2, [LEAF]);
  await describeLeaf(world, [CODE], 5, [asValidatorId(sampleHash(1))]);
  await world.overseer.conclude(world.running);
  assert.deepEqual(said(world), [voteOf(true)]);
});

test("a check that outlives its leaf is voted on in the session of the newest one", async () => {
  const world = start();
  world.overseer.activate(LEAF, 1);
  await describeLeaf(world, [CODE]);
  const reply = await expectCheck(world, LEAF, CODE);
  world.overseer.activate(NEXT, 2, [LEAF]);
  await describeLeaf(world, [CODE], 5);
  await world.overseer.expectSilence();
  reply("valid");
  await world.overseer.settle();
  assert.deepEqual(said(world), [voteOf(true, 5)]);
  await world.overseer.conclude(world.running);
});

test("code that no leaf awaits any more is not voted on, and forgotten with the next leaf", async () => {
  const world = start();
  world.overseer.activate(LEAF, 1);
  await describeLeaf(world, [CODE]);
  const reply = await expectCheck(world, LEAF, CODE);
  world.overseer.activate(NEXT, 2, [LEAF]);
  await describeLeaf(world, []);
  reply("valid");
  world.overseer.activate(LEAF, 3, [NEXT]);
  await describeLeaf(world, []);
  await world.overseer.settle();
  assert.deepEqual(said(world), []);
  world.overseer.activate(NEXT, 4, [LEAF]);
  await describeLeaf(world, [CODE]);
  (await expectCheck(world, NEXT, CODE))("valid");
  await world.overseer.settle();
  assert.deepEqual(said(world), [voteOf(true)]);
  await world.overseer.conclude(world.running);
});

test("a check that ends between two leaves is voted on at the second", async () => {
  const world = start();
  world.overseer.activate(LEAF, 1);
  await describeLeaf(world, [CODE]);
  const reply = await expectCheck(world, LEAF, CODE);
  world.overseer.deactivate(LEAF);
  await world.overseer.settle();
  reply("valid");
  await world.overseer.settle();
  assert.deepEqual(said(world), []);
  world.overseer.activate(NEXT, 2);
  await describeLeaf(world, [CODE]);
  await world.overseer.settle();
  assert.deepEqual(said(world), [voteOf(true)]);
  await world.overseer.conclude(world.running);
});

test("a check without an answer is asked for again at the next leaf", async () => {
  const world = start();
  world.overseer.activate(LEAF, 1);
  await describeLeaf(world, [CODE]);
  (await expectCheck(world, LEAF, CODE)).cancel();
  await world.overseer.settle();
  world.overseer.activate(NEXT, 2, [LEAF]);
  await describeLeaf(world, [CODE]);
  (await expectCheck(world, NEXT, CODE))("valid");
  await world.overseer.settle();
  assert.deepEqual(said(world), [voteOf(true)]);
  await world.overseer.conclude(world.running);
});

test("a leaf whose state is gone is passed over", async () => {
  const world = start();
  world.overseer.activate(LEAF, 1);
  (await world.overseer.expect("runtime-api", "pvfsRequirePrecheck")).reply(
    err({ code: "unavailable", relayParent: LEAF }),
  );
  await world.overseer.conclude(world.running);
});

test("what the pool does not take is submitted again, what it has already is done", async () => {
  const answers: Result<unknown, { readonly code: string }>[] = [
    err({ code: "poolFull" }),
    err({ code: "alreadyImported" }),
  ];
  const world = start({ pool: () => answers.shift() ?? ok(undefined) });
  world.overseer.activate(LEAF, 1);
  await describeLeaf(world, [CODE]);
  (await expectCheck(world, LEAF, CODE))("valid");
  await world.overseer.settle();
  for (const [number, leaf, last] of [
    [2, NEXT, LEAF],
    [3, LEAF, NEXT],
  ] as const) {
    world.overseer.activate(leaf, number, [last]);
    await describeLeaf(world, [CODE]);
  }
  await world.overseer.settle();
  assert.deepEqual(said(world), [voteOf(true), voteOf(true)]);
  await world.overseer.conclude(world.running);
});

test("after a restart the same vote is cast, whatever the check says now", async () => {
  const before = start();
  before.overseer.activate(LEAF, 1);
  await describeLeaf(before, [CODE]);
  (await expectCheck(before, LEAF, CODE))("valid");
  await before.overseer.settle();
  await before.overseer.conclude(before.running);

  const after = start({ store: before.store });
  after.overseer.activate(LEAF, 1);
  await describeLeaf(after, [CODE]);
  (await expectCheck(after, LEAF, CODE))("failed");
  await after.overseer.settle();
  assert.deepEqual(said(after), [voteOf(true)]);
  after.overseer.activate(NEXT, 2, [LEAF]);
  await describeLeaf(after, [CODE], 6);
  await after.overseer.settle();
  assert.deepEqual(said(after).at(-1), voteOf(false, 6));
  assert.equal([...after.store.range("ownPvfVotes", new Uint8Array(0))].length, 1);
  await after.overseer.conclude(after.running);
});

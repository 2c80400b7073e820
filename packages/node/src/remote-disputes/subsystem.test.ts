import assert from "node:assert/strict";
import { test } from "node:test";
import { err, ok, silentLogger } from "@parahost/base";
import { sr25519Verify } from "@parahost/crypto";
import { candidateHash, type RemoteDispute, remoteAvailabilityPayload } from "@parahost/primitives";
import { decodeExtrinsic } from "@parahost/runtime";
import { bitsAt } from "@parahost/scale";
import type { DisputeStatus } from "../dispute-coordinator/messages.ts";
import { noVotes, withVotes } from "../dispute-votes/candidate-votes.ts";
import {
  against,
  inFavour,
  keysOf,
  SESSION,
  sessionInfoOf,
  validators,
} from "../dispute-votes/testing.ts";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { sampleHash, sampleReceipt } from "../sample-candidate.ts";
import { ESCALATE_AFTER_LEAVES, type RemoteDisputesSends, run } from "./subsystem.ts";

const receipt = sampleReceipt({ paraId: 2000 });
const HASH = candidateHash(receipt);
const US = 4;
const KEYS_HASH = sampleHash(77);

function start(us = US) {
  const overseer = new FakeOverseer<"remote-disputes", RemoteDisputesSends>();
  const sent: { readonly type: string; readonly value: Record<string, unknown> }[] = [];
  const running = run(overseer.context, {
    logger: silentLogger,
    keystore: keysOf(us),
    submit: (extrinsic) => {
      const decoded = decodeExtrinsic(extrinsic);
      assert.ok(decoded.ok && decoded.value.call.type === "remoteDisputes");
      sent.push(decoded.value.call.value as (typeof sent)[number]);
      return ok(undefined);
    },
  });
  return { overseer, sent, running };
}

type World = ReturnType<typeof start>;

async function leaf({ overseer }: World, number: number, open: readonly unknown[]): Promise<void> {
  overseer.activate(sampleHash(number), number);
  (await overseer.expect("runtime-api", "remoteDisputes")).reply(ok(open as never));
}

/** A leaf of a chain that has nothing of a dispute of ours. */
async function leafWithout(world: World, number: number, status: DisputeStatus): Promise<void> {
  const { overseer } = world;
  await leaf(world, number, []);
  const entry = { session: SESSION, candidateHash: HASH, status };
  (await overseer.expect("dispute-coordinator", "activeDisputes")).reply([entry]);
  (await overseer.expect("runtime-api", "disputes")).reply(ok([]));
}

const openWith = (voted: readonly number[]) => ({
  timeSlot: { sessionIndex: SESSION, candidateHash: HASH },
  dispute: { receipt, availabilityVotes: bitsAt(7, voted) },
});

const votesOf = (...accusers: readonly number[]) =>
  withVotes(noVotes(receipt), [
    inFavour(0, receipt),
    inFavour(1, receipt, { type: "approvalChecking" }),
    ...accusers.map((accuser) => against(accuser, receipt)),
  ]).votes;

/** What is asked before a dispute is carried. */
async function tellVotes({ overseer }: World, ...accusers: readonly number[]): Promise<void> {
  (await overseer.expect("runtime-api", "sessionInfo")).reply(ok(sessionInfoOf()));
  const asked = await overseer.expect("dispute-coordinator", "queryCandidateVotes");
  asked.reply([{ session: SESSION, candidateHash: HASH, votes: votesOf(...accusers) }]);
}

test("who holds its chunk of a remote candidate says so, and disputes it with the others", async () => {
  const world = start();
  const { overseer, sent, running } = world;
  await leaf(world, 1, [openWith([0, 1])]);
  (await overseer.expect("runtime-api", "sessionInfo")).reply(ok(sessionInfoOf()));
  const asked = await overseer.expect("availability-store", "queryChunkAvailability");
  assert.equal(asked.validatorIndex, US);
  asked.reply(true);
  const told = await overseer.expect("dispute-coordinator", "remoteCandidate");
  assert.deepEqual([told.session, told.candidateReceipt], [SESSION, receipt]);
  (await overseer.expect("dispute-coordinator", "activeDisputes")).reply([]);
  await overseer.settle();
  const [vote] = sent;
  assert.equal(vote?.type, "remoteAvailability");
  const { validatorIndex, signature } = vote.value as {
    validatorIndex: number;
    signature: Uint8Array;
  };
  assert.equal(validatorIndex, US);
  const key = validators[US] ?? assert.fail();
  assert.ok(sr25519Verify(key, remoteAvailabilityPayload(HASH, SESSION), signature));
  await overseer.conclude(running);
});

test("who has no chunk looks for the data, and stays silent when there is none", async () => {
  const world = start();
  const { overseer, sent, running } = world;
  const look = async (number: number) => {
    await leaf(world, number, [openWith([])]);
    (await overseer.expect("runtime-api", "sessionInfo")).reply(ok(sessionInfoOf()));
  };
  const search = async () => {
    (await overseer.expect("availability-store", "queryChunkAvailability")).reply(false);
    return overseer.expect("availability-recovery", "recoverAvailableData");
  };
  const end = async () =>
    (await overseer.expect("dispute-coordinator", "activeDisputes")).reply([]);
  await look(1);
  (await search()).reply(err({ code: "unavailable" }));
  await end();
  for (const number of [2, 3, 4, 5]) {
    await look(number);
    await end();
  }
  assert.deepEqual(sent, []);
  await look(6);
  (await search()).reply(ok({} as never));
  await overseer.expect("dispute-coordinator", "remoteCandidate");
  await end();
  await overseer.settle();
  assert.equal(sent.length, 1);
  await overseer.conclude(running);
});

test("who has voted, and who is not of the session, is not asked", async () => {
  const world = start();
  await leaf(world, 1, [openWith([US])]);
  const { overseer, running } = world;
  (await overseer.expect("runtime-api", "sessionInfo")).reply(ok(sessionInfoOf()));
  (await overseer.expect("dispute-coordinator", "activeDisputes")).reply([]);
  await overseer.conclude(running);
});

test("an open dispute that a chain lacks for ten leaves is carried there by who voted against", async () => {
  const world = start();
  const { overseer, sent, running } = world;
  for (let number = 1; number < ESCALATE_AFTER_LEAVES; number++)
    await leafWithout(world, number, { type: "active" });
  await overseer.expectSilence();
  await leafWithout(world, ESCALATE_AFTER_LEAVES, { type: "active" });
  await tellVotes(world, US);
  (await overseer.expect("runtime-api", "isIncluded")).reply(ok(false));
  (await overseer.expect("runtime-api", "sessionKeysHash")).reply(ok(KEYS_HASH));
  (await overseer.expect("runtime-api", "validationCodeByHash")).reply(ok(undefined));
  const elsewhere = await overseer.expect("runtime-api", "validationCodeByHash");
  assert.equal(elsewhere.relayParent, receipt.descriptor.relayParent);
  elsewhere.reply(ok(new Uint8Array([7])));
  await overseer.settle();
  const [carried] = sent;
  assert.equal(carried?.type, "remoteDispute");
  const { dispute } = carried.value as { readonly dispute: RemoteDispute };
  assert.deepEqual(
    [dispute.backing, dispute.secondaryChecks, dispute.invalidVotes].map((votes) =>
      votes.map(({ validatorIndex }) => validatorIndex),
    ),
    [[0], [1], [US]],
  );
  assert.deepEqual([dispute.sessionKeysHash, dispute.code], [KEYS_HASH, new Uint8Array([7])]);
  await overseer.conclude(running);
});

test("nobody answers for the data of what it has not checked, nor carries what is included", async () => {
  const world = start();
  const { overseer, sent, running } = world;
  for (let number = 1; number < ESCALATE_AFTER_LEAVES; number++)
    await leafWithout(world, number, { type: "active" });
  await leafWithout(world, 10, { type: "active" });
  await tellVotes(world, 5);
  await leafWithout(world, 11, { type: "active" });
  await tellVotes(world, US);
  (await overseer.expect("runtime-api", "isIncluded")).reply(ok(true));
  await overseer.conclude(running);
  assert.deepEqual(sent, []);
});

test("a decided dispute is carried in one transaction, by anybody", async () => {
  const world = start(6);
  const { overseer, sent, running } = world;
  const lost: DisputeStatus = { type: "concludedAgainst", value: 1 };
  for (let number = 1; number <= ESCALATE_AFTER_LEAVES; number++)
    await leafWithout(world, number, lost);
  await tellVotes(world, 2, 3, 4, 5);
  await overseer.settle();
  assert.equal(sent[0]?.type, "remoteConcluded");
  const { votes } = sent[0].value as { readonly votes: readonly unknown[] };
  assert.equal(votes.length, 6);
  await overseer.conclude(running);
});

test("what the chain has is left to it", async () => {
  const world = start();
  const { overseer, running } = world;
  for (let number = 1; number <= ESCALATE_AFTER_LEAVES + 1; number++) {
    await leaf(world, number, []);
    const entry = { session: SESSION, candidateHash: HASH, status: { type: "active" } as const };
    (await overseer.expect("dispute-coordinator", "activeDisputes")).reply([entry]);
    const onChain = { session: SESSION, candidateHash: HASH, state: {} as never };
    (await overseer.expect("runtime-api", "disputes")).reply(ok([onChain]));
  }
  await overseer.conclude(running);
});

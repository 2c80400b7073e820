import assert from "node:assert/strict";
import test from "node:test";
import { err, ok } from "@parahost/base";
import { type AsyncBackingParams, asSessionIndex, type Hash } from "@parahost/primitives";
import { ImplicitView, openLeafView } from "./implicit-view.ts";
import { FakeOverseer } from "./overseer/fake-overseer.ts";
import { sampleHash } from "./sample-candidate.ts";

const block = (number: number) => ({ hash: sampleHash(number), number });
const view = (...numbers: number[]) => ({ relayParents: numbers.map(block) });
const hashes = (blocks: readonly { readonly hash: Hash }[]) => blocks.map(({ hash }) => hash);

test("a relay parent is worked on from the first leaf that lets it in to the last", () => {
  const implicit = new ImplicitView();
  assert.deepEqual(hashes(implicit.activate(sampleHash(3), view(3, 2))), [3, 2].map(sampleHash));
  assert.deepEqual(hashes(implicit.activate(sampleHash(4), view(4, 3))), [sampleHash(4)]);
  assert.deepEqual(implicit.leavesOf(sampleHash(3)), [3, 4].map(sampleHash));
  assert.deepEqual(implicit.deactivate([sampleHash(3)]), [sampleHash(2)]);
  assert.ok(implicit.has(sampleHash(3)));
  assert.deepEqual(implicit.deactivate([sampleHash(4), sampleHash(9)]), [4, 3].map(sampleHash));
  assert.ok(!implicit.has(sampleHash(3)));
});

test("whoever has a leaf in view knows what the leaf lets in", () => {
  const implicit = new ImplicitView();
  implicit.activate(sampleHash(3), view(3, 2));
  assert.ok(implicit.isKnownTo(new Set([sampleHash(3)]), sampleHash(2)));
  assert.ok(implicit.isKnownTo(new Set([sampleHash(2)]), sampleHash(2)));
  assert.ok(implicit.isKnownTo(new Set([sampleHash(7)]), sampleHash(7)), "no leaf of ours");
  assert.ok(!implicit.isKnownTo(new Set([sampleHash(2)]), sampleHash(3)));
});

type Overseer = FakeOverseer<"prospective-parachains", "runtime-api" | "chain-api">;

async function answerParams(overseer: Overseer, allowedAncestryLen: number): Promise<void> {
  const params: AsyncBackingParams = { maxCandidateDepth: 3, allowedAncestryLen };
  (await overseer.expect("runtime-api", "asyncBackingParams")).reply(ok(params));
}

async function answerSession(overseer: Overseer, number: number, session: number): Promise<void> {
  const asked = await overseer.expect("runtime-api", "sessionIndexForChild");
  assert.equal(asked.relayParent, sampleHash(number));
  asked.reply(ok(asSessionIndex(session)));
}

test("without an allowed ancestry a leaf lets in itself, and nothing more is asked", async () => {
  const overseer: Overseer = new FakeOverseer();
  const opening = openLeafView(overseer.context, block(7));
  await answerParams(overseer, 0);
  assert.deepEqual((await opening)?.relayParents, [block(7)]);
});

test("ancestors are let in as far as their children are of the leaf's session", async () => {
  const overseer: Overseer = new FakeOverseer();
  const opening = openLeafView(overseer.context, block(7));
  await answerParams(overseer, 3);
  await answerSession(overseer, 7, 2);
  const asked = await overseer.expect("chain-api", "ancestors");
  assert.deepEqual([asked.hash, asked.k], [sampleHash(7), 3]);
  asked.reply(ok([6, 5, 4].map(sampleHash)));
  await answerSession(overseer, 6, 2);
  await answerSession(overseer, 5, 1);
  assert.deepEqual((await opening)?.relayParents, [block(7), block(6)]);
  await overseer.expectSilence();
});

test("a leaf without a runtime is not opened, one without a chain is alone", async () => {
  const gone = err({ code: "unavailable", relayParent: sampleHash(7) } as const);
  const overseer: Overseer = new FakeOverseer();
  const refused = openLeafView(overseer.context, block(7));
  (await overseer.expect("runtime-api", "asyncBackingParams")).reply(gone);
  assert.equal(await refused, undefined);

  const halfway = openLeafView(overseer.context, block(7));
  await answerParams(overseer, 2);
  (await overseer.expect("runtime-api", "sessionIndexForChild")).reply(gone);
  assert.equal(await halfway, undefined);

  const alone = openLeafView(overseer.context, block(7));
  await answerParams(overseer, 2);
  await answerSession(overseer, 7, 2);
  (await overseer.expect("chain-api", "ancestors")).reply(err({ code: "database", message: "?" }));
  assert.deepEqual((await alone)?.relayParents, [block(7)]);
});

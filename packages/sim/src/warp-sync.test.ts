/** Nodes that begin near the head of a chain: by whom they are led astray, and that they are whole in the end. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SeededRandom, silentLogger } from "@parahost/base";
import {
  type IncomingRequest,
  type PeerId,
  peerIdOfName,
  type RequestProtocol,
  stateProtocol,
  syncProtocol,
  WarpResponse,
  warpProtocol,
} from "@parahost/network";
import { NODE_COLUMNS, type NodeColumn, type RelayNode } from "@parahost/node/service/node";
import { startByWarp, type WarpOutcome } from "@parahost/node/warp-start/warp-start";
import { headerHash } from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import type { KeyValueStore } from "@parahost/storage";
import { localNetworkGenesis } from "./local-network.ts";
import { LongChain } from "./testing/long-chain.ts";

const SLOT_MS = 2000;
const BLOCKS = 40;
const genesis = localNetworkGenesis({ validators: 2, paras: [], slotMs: SLOT_MS, epochSlots: 6 });
const identity = { genesisHash: headerHash(genesis.header) };
const ALICE = peerIdOfName("alice");

let world: LongChain;
before(async () => {
  const startMs = 1_704_067_200_000;
  world = new LongChain({ genesis, validators: 2, slotMs: SLOT_MS, startMs, keysChangeEvery: 10 });
  await world.grow(BLOCKS);
});
after(() => world.stopAll());

/** Answers as Alice does, except in one protocol; `undefined` refuses. */
function liar(
  name: string,
  lied: RequestProtocol,
  lie: (answer: Uint8Array) => Uint8Array | undefined,
): PeerId {
  const network = world.hub.join(peerIdOfName(name));
  const answer = async (asked: string, { payload, respond, refuse }: IncomingRequest) => {
    const truth = await network.request(ALICE, asked, payload, "tryConnect");
    const said = truth.ok && asked === lied.name ? lie(truth.value) : truth.ok && truth.value;
    if (said instanceof Uint8Array) respond(said);
    else refuse();
  };
  for (const make of [warpProtocol, stateProtocol, syncProtocol]) {
    const protocol = make(identity);
    network.registerRequests(protocol, (request) => void answer(protocol.name, request));
  }
  return network.localPeer;
}

let joined = 0;
const newName = (): string => {
  joined += 1;
  return `late-${joined}`;
};

/** A new node asks these peers; what it holds against them, and what became of it. */
function join(name: string, peers: readonly PeerId[]) {
  const ending = new AbortController();
  const network = world.hub.join(peerIdOfName(name));
  const blamed: string[] = [];
  const report = network.report.bind(network);
  network.report = (peer, delta, reason) => {
    blamed.push(reason);
    report(peer, delta, reason);
  };
  const store = world.store(name);
  let outcome: WarpOutcome | undefined;
  void startByWarp(
    { genesis, slotMs: SLOT_MS, peers },
    {
      ...{ clock: world.clock, logger: silentLogger, verifier: world.verifier },
      ...{ network, store, random: new SeededRandom(joined) },
    },
    ending.signal,
  ).then((ended) => {
    outcome = ended;
  });
  const end = (): void => {
    ending.abort();
    network.close();
  };
  return { store, blamed, outcome: () => outcome, end };
}

const isEmpty = (store: KeyValueStore<NodeColumn>): boolean =>
  NODE_COLUMNS.every((column) => [...store.range(column, new Uint8Array(0))].length === 0);

/** That the node has all blocks and the last state, as Alice has. */
function assertWhole(node: RelayNode): void {
  const { chain } = world.node("alice");
  const { number, hash } = node.chain.finalized();
  for (let at = 0; at <= number; at++) {
    const of = chain.hashByNumber(at);
    assert.ok(of !== undefined && node.chain.hashByNumber(at) === of, `#${at}`);
    assert.deepEqual(node.chain.header(of), chain.header(of));
    assert.deepEqual(node.chain.body(of), chain.body(of), `the body of #${at}`);
  }
  assert.equal(node.states.backend(hash).root, chain.header(hash)?.stateRoot);
  assert.deepEqual(node.chain.authoritySet(), chain.authoritySet());
  assert.equal(node.chain.gap(), undefined);
}

test("a new node begins with the last final block, follows, and fetches the history", async () => {
  const name = newName();
  const late = join(name, [ALICE, peerIdOfName("bob")]);
  await world.until(() => late.outcome() !== undefined, 5);
  const outcome = late.outcome();
  assert.ok(outcome?.type === "begun" && outcome.block.number >= BLOCKS - 1);
  assert.ok(world.node("alice").chain.authoritySet().setId >= 2, "sets have changed");
  late.end();
  const node = world.startFull(name);
  assert.ok(node.chain.gap() !== undefined);
  await world.until(() => node.chain.gap() === undefined, 10);
  const { number } = node.chain.finalized();
  await world.until(() => node.chain.finalized().number >= number + 10, 30);
  assertWhole(node);
  assert.deepEqual(late.blamed, []);

  // Its word is as good as that of others: somebody begins by it alone.
  const later = join(newName(), [node.localPeer]);
  await world.until(() => later.outcome() !== undefined, 5);
  assert.equal(later.outcome()?.type, "begun");
  later.end();
  await world.stop(name);
});

const warp = warpProtocol(identity);
const state = stateProtocol(identity);
const sync = syncProtocol(identity);
type Proof = ReturnType<typeof proofIn>;
const proofIn = (bytes: Uint8Array) => decode(WarpResponse, bytes);
const withProof = (change: (proof: Proof) => Proof) => (bytes: Uint8Array) =>
  encode(WarpResponse, change(proofIn(bytes)));
/** The first fragment with another justification. */
const reJustified = ({ fragments: [first, second, ...rest], isFinished }: Proof): Proof => {
  assert.ok(first !== undefined && second !== undefined);
  return {
    fragments: [{ ...first, justification: second.justification }, second, ...rest],
    isFinished,
  };
};
const flipped = (bytes: Uint8Array): Uint8Array => {
  const wrong = bytes.slice();
  const at = wrong.length >> 1;
  wrong[at] = (wrong[at] ?? 0) ^ 1;
  return wrong;
};

const lies: readonly (readonly [
  string,
  RequestProtocol,
  (answer: Uint8Array) => Uint8Array | undefined,
  RegExp,
])[] = [
  ["a proof that is no encoding", warp, () => new Uint8Array([255, 1]), /warp proof/],
  ["a proof without a set", warp, withProof(leftOut(0)), /warp proof: .*(notJustified|noChange)/],
  ["fragments out of order", warp, withProof(turned), /warp proof: .*outOfOrder|warp proof: .*not/],
  ["a justification of another block", warp, withProof(reJustified), /warp proof: .*otherBlock/],
  ["a proof without an end", warp, withProof(endless), /warp proof: .*noProgress/],
  ["a changed signature", warp, flipped, /warp proof/],
  ["a part of another state", state, flipped, /state: /],
  ["no state", state, () => new Uint8Array(0), /state: .*malformed/],
  ["the body of another block", sync, flipped, /./],
];

function leftOut(index: number) {
  return ({ fragments, isFinished }: Proof): Proof => ({
    fragments: fragments.filter((_, at) => at !== index),
    isFinished,
  });
}
function turned({ fragments, isFinished }: Proof): Proof {
  return { fragments: fragments.toReversed(), isFinished };
}
function endless(): Proof {
  return { fragments: [], isFinished: false };
}

for (const [what, protocol, lie, blame] of lies)
  test(`${what} costs who sent it and changes nothing; another peer leads there`, async () => {
    const name = newName();
    const peer = liar(`liar of ${name}`, protocol, lie);
    const misled = join(name, [peer]);
    const isBlamed = () => misled.blamed.some((reason) => blame.test(reason));
    await world.until(isBlamed, 10).catch(() => assert.fail(misled.blamed.join("; ")));
    assert.equal(misled.outcome(), undefined);
    misled.end();
    await world.until(() => misled.outcome() !== undefined, 2);
    assert.deepEqual(misled.outcome(), { type: "aborted" });
    assert.ok(isEmpty(misled.store), "nothing is written");

    const late = join(name, [peer, ALICE]);
    await world.until(() => late.outcome() !== undefined, 10);
    assert.equal(late.outcome()?.type, "begun");
    late.end();
    const node = world.startFull(name, [ALICE]);
    await world.until(() => node.chain.gap() === undefined, 10);
    assertWhole(node);
    await world.stop(name);
  });

test("who has a chain goes on with it, and where all is young nothing is skipped", async () => {
  const name = newName();
  const node = world.startFull(name);
  await world.pass(1);
  await world.stop(name);
  const late = join(name, [ALICE]);
  await world.until(() => late.outcome() !== undefined, 2);
  assert.deepEqual(late.outcome(), { type: "hasChain" });
  late.end();

  const alone = join(newName(), []);
  await world.until(() => alone.outcome() !== undefined, 2);
  assert.deepEqual(alone.outcome(), { type: "noPeers" });
  alone.end();

  const young = liar(`liar of ${name}`, warp, () =>
    encode(WarpResponse, { fragments: [], isFinished: true }),
  );
  const first = join(newName(), [young]);
  await world.until(() => first.outcome() !== undefined, 2);
  assert.deepEqual(first.outcome(), { type: "isYoung" });
  first.end();
  const second = join(newName(), [young, ALICE]);
  await world.until(() => second.outcome() !== undefined, 5);
  assert.equal(second.outcome()?.type, "begun", "one that lies does not hold it back");
  second.end();
  assert.ok(node.chain.finalized().number > 0);
});

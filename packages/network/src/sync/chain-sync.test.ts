import assert from "node:assert/strict";
import test from "node:test";
import { randomUnit, SeededRandom, silentLogger, VirtualClock } from "@parahost/base";
import { asHash, type Hash, type Header, headerHash, ZERO_HASH } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { type LinkModel, MemoryNetwork } from "../memory-network.ts";
import { type Network, type PeerId, peerId } from "../port.ts";
import {
  BlockAnnounce,
  BlockAnnouncesHandshake,
  blockAnnouncesProtocol,
} from "../protocols/block-announces.ts";
import { Role } from "../protocols/names.ts";
import { type BlockData, encodeBlockResponse, syncProtocol } from "../protocols/sync.ts";
import { BelievingChain, headerOn } from "../testing/believing-chain.ts";
import { ChainSync } from "./chain-sync.ts";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const STRANGE_HASH = asHash(`0x${"5a".repeat(32)}`);
const chainIdentity = { genesisHash: new BelievingChain().genesisHash };

/** What a node was told to hold against its peers. */
function recordReports(network: Network): string[] {
  const reports: string[] = [];
  const report = network.report.bind(network);
  network.report = (peer, delta, reason) => {
    reports.push(`${peer} ${delta} ${reason}`);
    report(peer, delta, reason);
  };
  return reports;
}

function world(names: readonly string[], links?: LinkModel) {
  const clock = new VirtualClock(0);
  const hub = new MemoryNetwork(clock, links);
  const random = new SeededRandom(1);
  const nodes = names.map((name) => {
    const network = hub.join(peerId(name));
    const reports = recordReports(network);
    const chain = new BelievingChain();
    const sync = new ChainSync(network, chain, chainIdentity, Role.full, {
      clock,
      random,
      logger: silentLogger,
    });
    return { name, network, chain, sync, reports };
  });
  for (const node of nodes) node.sync.channel.setReserved(names.map(peerId));
  const run = (ms: number): Promise<void> => clock.runUntil(clock.now() + ms, settle);
  return { nodes, run, clock, hub };
}
type Node = ReturnType<typeof world>["nodes"][number];

/** A peer without a chain that says what the test says. */
function stranger(
  { hub }: ReturnType<typeof world>,
  name: string,
  answer: (payload: Uint8Array) => readonly BlockData[] | undefined,
  claim: { hash: Hash; number: number } = { hash: chainIdentity.genesisHash, number: 0 },
  role: Role = Role.full,
) {
  const network = hub.join(peerId(name));
  const channel = network.registerNotifications(
    blockAnnouncesProtocol(chainIdentity, {
      handshake: () =>
        encode(BlockAnnouncesHandshake, {
          role,
          bestNumber: claim.number,
          bestHash: claim.hash,
          genesisHash: chainIdentity.genesisHash,
        }),
      accept: () => true,
    }),
    () => {},
  );
  const asked = { count: 0 };
  network.registerRequests(syncProtocol(chainIdentity), ({ payload, respond, refuse }) => {
    asked.count += 1;
    const blocks = answer(payload);
    if (blocks === undefined) refuse();
    else respond(encodeBlockResponse(blocks, { takesManyJustifications: true }));
  });
  const announce = (to: PeerId, header: Header): boolean =>
    channel.send(to, encode(BlockAnnounce, { header, isBest: true, data: new Uint8Array(0) }));
  return { network, channel, asked, announce };
}

// Keeping up

test("an announced block is fetched from its announcer", async () => {
  const { nodes, run } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  await run(10);
  const hash = a.chain.grow(1, [new Uint8Array([7, 8])]);
  a.sync.announce(hash);
  await run(10);
  assert.equal(b.chain.best().hash, hash);
  assert.deepEqual(b.chain.body(hash), [new Uint8Array([7, 8])]);
});

test("a block and its missing ancestors come in one answer", async () => {
  const { nodes, run, hub } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  await run(10);
  let questions = 0;
  const carry = hub.carry.bind(hub);
  hub.carry = (from, ...rest) => {
    if (from === "b" && rest[2] === "request") questions += 1;
    carry(from, ...rest);
  };
  a.sync.announce(a.chain.grow(64));
  await run(10);
  assert.equal(b.chain.best().number, 64);
  assert.equal(questions, 1);
});

test("when the announcer does not answer, the next one is asked", async () => {
  let isMute = false;
  const { nodes, run } = world(["a", "b", "c"], {
    delay: (from, to, _, kind) =>
      isMute && kind === "request" && (from === "a" || to === "a") ? undefined : 1,
  });
  const [a, b, c] = nodes as [Node, Node, Node];
  await run(10);
  isMute = true;
  const hash = a.chain.grow(1);
  c.chain.import(a.chain.header(hash) as Header, a.chain.body(hash) ?? []);
  a.sync.announce(hash);
  c.sync.announce(hash);
  await run(1500);
  assert.equal(b.chain.best().hash, hash);
});

test("a fork that begins below our best block is fetched back to where it begins", async () => {
  for (const depth of [1, 5, 63, 100, 300]) {
    const { nodes, run } = world(["a", "b"]);
    const [a, b] = nodes as [Node, Node];
    for (const { chain } of nodes) chain.grow(3);
    await run(10);
    a.chain.grow(depth + 1, undefined, 1);
    b.chain.grow(depth, undefined, 2);
    a.sync.announce(a.chain.best().hash);
    await run(1000);
    assert.equal(b.chain.best().hash, a.chain.best().hash, `${depth} blocks deep`);
    assert.deepEqual(b.reports, []);
  }
});

test("a block of a fork that nobody announces is fetched when it is asked for", async () => {
  const { nodes, run } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  for (const { chain } of nodes) chain.grow(3);
  await run(10);
  const voted = a.chain.grow(4, undefined, 1);
  b.chain.grow(9, undefined, 2);
  const best = b.chain.best().hash;
  b.sync.requestBlock(voted, a.network.localPeer);
  await run(1000);
  assert.ok(b.chain.header(voted) !== undefined);
  assert.equal(b.chain.best().hash, best);
});

test("who does not have a block that it never announced pays nothing", async () => {
  const { nodes, run } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  await run(10);
  b.sync.requestBlock(`0x${"ab".repeat(32)}` as Hash, a.network.localPeer);
  await run(20_000);
  assert.deepEqual(b.reports, []);
});

test("a block that competes with a finalized one is let go", async () => {
  const { nodes, run } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  await run(10);
  a.chain.grow(5, undefined, 1);
  b.chain.grow(4, undefined, 2);
  b.chain.finalizedNumber = 3;
  a.sync.announce(a.chain.best().hash);
  await run(20_000);
  assert.equal(b.chain.best().number, 4);
  assert.deepEqual(b.reports, []);
});

test("our block is not announced to who announced it to us", async () => {
  const { nodes, run, hub } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  await run(10);
  a.sync.announce(a.chain.grow(1));
  await run(10);
  let sent = 0;
  const carry = hub.carryInOrder.bind(hub);
  hub.carryInOrder = (...message) => {
    sent += 1;
    carry(...message);
  };
  b.sync.announce(b.chain.best().hash);
  b.sync.announce(STRANGE_HASH);
  assert.equal(sent, 0);
});

// Catching up

test("a node that is a thousand blocks behind catches up in a few questions", async () => {
  const { nodes, run, hub } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  let questions = 0;
  const carry = hub.carry.bind(hub);
  hub.carry = (from, ...rest) => {
    if (from === "b" && rest[2] === "request") questions += 1;
    carry(from, ...rest);
  };
  a.chain.grow(1000);
  await run(100);
  assert.equal(b.chain.best().hash, a.chain.best().hash);
  assert.equal(questions, Math.ceil(1000 / 127) + 1, "and one that finds nothing more");
});

test("and when a fifth of all messages is lost, in a minute", async () => {
  const random = new SeededRandom(3);
  const { nodes, run } = world(["a", "b", "c"], {
    delay: () => (randomUnit(random) < 0.2 ? undefined : 30),
  });
  const [a, b] = nodes as [Node, Node];
  await run(5000);
  a.chain.grow(1000);
  for (let i = 0; i < 30; i++) {
    a.sync.announce(a.chain.grow(1));
    await run(2000);
  }
  assert.ok(b.chain.best().number > 1025, `${b.chain.best().number} of 1030`);
});

test("who claims a high block and delivers nothing pays a little and holds nobody up", async () => {
  const scene = world(["a", "b"]);
  const { nodes, run } = scene;
  const [a, b] = nodes as [Node, Node];
  const claim = { hash: STRANGE_HASH, number: 0xffff_ffff };
  const liars = ["liar", "mute"].map((name) =>
    stranger(scene, name, () => (name === "liar" ? [] : undefined), claim),
  );
  for (const liar of liars) liar.channel.setReserved([peerId("b")]);
  await run(10);
  a.chain.grow(200);
  a.sync.announce(a.chain.best().hash);
  await run(20_000);
  assert.equal(b.chain.best().number, 200);
  assert.deepEqual(b.reports.toSorted(), [
    "liar -100000 does not deliver the blocks it claims",
    "mute -100000 does not deliver the blocks it claims",
  ]);
  assert.ok(liars.every(({ asked }) => asked.count < 5));
});

test("what we think others have reached is what half of them claim", async () => {
  const scene = world(["a"]);
  const [a] = scene.nodes as [Node];
  assert.equal(a.sync.bestSeenNumber(), 0);
  const claims = [7, 9, 1_000_000, 8];
  for (const [index, number] of claims.entries()) {
    const claim = { hash: STRANGE_HASH, number };
    const { channel } = stranger(scene, `${index}`, () => undefined, claim);
    channel.setReserved([peerId("a")]);
  }
  await scene.clock.step(() => Promise.resolve());
  assert.equal(a.sync.bestSeenNumber(), 7);
  for (let i = 0; i < 2; i++) await scene.clock.step(() => Promise.resolve());
  assert.equal(a.sync.bestSeenNumber(), 9);
});

test("light clients say nothing of where the chain is, and are asked for nothing", async () => {
  const scene = world(["a"]);
  const [a] = scene.nodes as [Node];
  const far = { hash: STRANGE_HASH, number: 1000 };
  const light = stranger(scene, "light", () => [], far, Role.light);
  light.channel.setReserved([peerId("a")]);
  await scene.run(100);
  a.sync.requestJustification(STRANGE_HASH);
  await scene.run(5_000);
  assert.deepEqual([a.sync.bestSeenNumber(), light.asked.count], [0, 0]);
  assert.deepEqual(
    a.sync.peerStates().map(({ role }) => role),
    [Role.light],
  );
});

// Faults of peers

test("an invalid block costs its sender and leaves the chain as it was", async () => {
  const { nodes, run } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  await run(10);
  const bad = headerOn(a.chain.genesisHash, 1, 9);
  const hash = headerHash(bad);
  a.chain.headers.set(hash, bad);
  a.chain.bodies.set(hash, [new Uint8Array([0xbd])]);
  a.sync.announce(hash);
  await run(2000);
  assert.equal(b.chain.best().number, 0);
  assert.deepEqual(b.reports, ["a -300000 invalid block"]);
});

test("an undecodable announcement costs its sender", async () => {
  const { nodes, run } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  await run(10);
  a.sync.channel.send(peerId("b"), new Uint8Array([1, 2, 3]));
  await run(10);
  assert.deepEqual(b.reports, ["a -300000 undecodable block announcement"]);
});

test("an undecodable question is refused and costs its asker", async () => {
  const { nodes, run } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  await run(10);
  const { name } = syncProtocol(chainIdentity);
  const answer = a.network.request(peerId("b"), name, new Uint8Array([0xff]));
  await run(10);
  assert.deepEqual(await answer, { ok: false, error: { code: "refused" } });
  assert.deepEqual(b.reports, ["a -300000 bad field tag"]);
});

test("an answer to another question is not imported and costs who gave it", async () => {
  const scene = world(["a"]);
  const [a] = scene.nodes as [Node];
  const other = headerOn(chainIdentity.genesisHash, 1, 1);
  const { channel, announce } = stranger(scene, "evil", () => [
    { hash: headerHash(other), header: other, body: [] },
  ]);
  channel.setReserved([peerId("a")]);
  await scene.run(10);
  announce(peerId("a"), headerOn(chainIdentity.genesisHash, 1, 2));
  await scene.run(10);
  assert.equal(a.chain.best().number, 0);
  assert.deepEqual(a.reports, ['evil -300000 {"code":"otherStart"}']);
});

test("a peer that announces blocks by the thousand takes only its share of our attention", async () => {
  const scene = world(["a", "b"]);
  const [a, b] = scene.nodes as [Node, Node];
  const { channel, announce, asked } = stranger(scene, "evil", () => undefined);
  channel.setReserved([peerId("b")]);
  await scene.run(10);
  for (let i = 0; i < 1000; i++) {
    announce(peerId("b"), headerOn(STRANGE_HASH, 1 + (i % 50), 1 + (i % 200)));
    if (i % 100 === 0) await scene.run(1);
  }
  assert.equal(asked.count, 32);
  const hash = a.chain.grow(1);
  a.sync.announce(hash);
  await scene.run(10);
  assert.equal(b.chain.best().hash, hash);
  await scene.run(60_000);
  assert.ok(asked.count <= 12 * 32, "and each block is given up in the end");
});

test("a block without its body is asked of the next holder", async () => {
  const scene = world(["a", "b"]);
  const [a, b] = scene.nodes as [Node, Node];
  const header = headerOn(chainIdentity.genesisHash, 1);
  const { channel, announce } = stranger(scene, "pruned", () => []);
  channel.setReserved([peerId("b")]);
  await scene.run(10);
  announce(peerId("b"), header);
  await scene.run(10);
  a.sync.announce(a.chain.grow(1));
  await scene.run(2000);
  assert.equal(b.chain.best().hash, headerHash(header));
  assert.deepEqual(b.reports, ["pruned -100000 announced a block it does not have"]);
});

test("peers of another genesis are refused", async () => {
  const { nodes, run } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  (a.chain as { genesisHash: Hash }).genesisHash = ZERO_HASH;
  await run(5000);
  assert.deepEqual([a.sync.channel.peers(), b.sync.channel.peers()], [[], []]);
});

// Justifications and the end

test("a missing justification is asked for and delivered; a bad one costs its sender", async () => {
  const { nodes, run } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  await run(10);
  const hash = a.chain.grow(1);
  a.sync.announce(hash);
  await run(10);
  const justifications = [{ engine: "FRNK", data: new Uint8Array([5]) }];
  a.chain.proofs.set(hash, justifications);
  b.sync.requestJustification(hash);
  await run(10);
  assert.deepEqual(b.chain.proofs.get(hash), justifications);
  a.chain.proofs.set(hash, [{ engine: "FRNK", data: new Uint8Array([0xbd]) }]);
  b.sync.requestJustification(hash);
  await run(10);
  assert.deepEqual(b.reports, ["a -300000 bad justification"]);
});

test("nothing goes on after closing", async () => {
  const scene = world(["a", "b"], { delay: () => 20 });
  const [a, b] = scene.nodes as [Node, Node];
  await scene.run(100);
  a.chain.grow(500);
  a.sync.announce(a.chain.best().hash);
  await scene.run(90);
  const { number } = b.chain.best();
  assert.ok(number > 0 && number < 500, "in the middle of catching up");
  for (const { sync, network } of scene.nodes) {
    sync.close();
    network.close();
  }
  await scene.run(0);
  assert.equal(b.chain.best().number, number);
  await scene.run(5000);
  assert.equal(b.chain.best().number, number);
  assert.equal(scene.clock.nextAt(), undefined);
});

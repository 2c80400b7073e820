import assert from "node:assert/strict";
import test from "node:test";
import { SeededRandom, silentLogger, VirtualClock } from "@parahost/base";
import {
  asHash,
  type Hash,
  type Header,
  headerHash,
  type Justifications,
} from "@parahost/primitives";
import { type LinkModel, MemoryNetwork } from "../memory-network.ts";
import { type Network, peerId } from "../port.ts";
import { Role } from "../protocols/names.ts";
import { ChainSync, type ImportVerdict, type SyncChain } from "./chain-sync.ts";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const ROOT = asHash(`0x${"11".repeat(32)}`);

const headerOn = (parentHash: Hash, number: number, fork = 0): Header => ({
  parentHash,
  number,
  stateRoot: ROOT,
  extrinsicsRoot: ROOT,
  digest: fork === 0 ? [] : [{ type: "other", value: new Uint8Array([fork]) }],
});
const genesis = headerOn(asHash(`0x${"00".repeat(32)}`), 0);

/** A chain that believes every block but those whose body says "bad". */
class TestChain implements SyncChain {
  readonly genesisHash = headerHash(genesis);
  readonly headers = new Map<Hash, Header>([[this.genesisHash, genesis]]);
  readonly bodies = new Map<Hash, readonly Uint8Array[]>();
  readonly proofs = new Map<Hash, Justifications>();
  #best = this.genesisHash;

  best() {
    return { hash: this.#best, number: this.header(this.#best)?.number ?? 0 };
  }
  finalized() {
    return { hash: this.genesisHash, number: 0 };
  }
  header(hash: Hash) {
    return this.headers.get(hash);
  }
  body(hash: Hash) {
    return this.bodies.get(hash);
  }
  justifications(hash: Hash) {
    return this.proofs.get(hash);
  }
  hashByNumber(number: number): Hash | undefined {
    let hash: Hash | undefined = this.#best;
    while (hash !== undefined && (this.headers.get(hash)?.number ?? 0) > number)
      hash = this.headers.get(hash)?.parentHash;
    return hash !== undefined && this.headers.get(hash)?.number === number ? hash : undefined;
  }
  import(header: Header, body: readonly Uint8Array[]): ImportVerdict {
    if (!this.headers.has(header.parentHash)) return "unknownParent";
    if (body[0]?.[0] === 0xbd) return "invalid";
    const hash = headerHash(header);
    this.headers.set(hash, header);
    this.bodies.set(hash, body);
    if (header.number > this.best().number) this.#best = hash;
    return "imported";
  }
  importJustifications(hash: Hash, justifications: Justifications): boolean {
    this.proofs.set(hash, justifications);
    return true;
  }
  /** Extends the best block `count` times and says the new best block's hash. */
  grow(count: number, body: readonly Uint8Array[] = [new Uint8Array([1])], fork = 0): Hash {
    for (let i = 0; i < count; i++)
      this.import(headerOn(this.best().hash, this.best().number + 1, fork), body);
    return this.best().hash;
  }
}

function world(names: readonly string[], links?: LinkModel) {
  const clock = new VirtualClock(0);
  const hub = new MemoryNetwork(clock, links);
  const random = new SeededRandom(1);
  const nodes = names.map((name) => {
    const network: Network = hub.join(peerId(name));
    const chain = new TestChain();
    const sync = new ChainSync(network, chain, { genesisHash: chain.genesisHash }, Role.full, {
      clock,
      random,
      logger: silentLogger,
    });
    return { name, network, chain, sync };
  });
  for (const node of nodes) node.sync.channel.setReserved(names.map(peerId));
  const run = (ms: number): Promise<void> => clock.runUntil(clock.now() + ms, settle);
  return { nodes, run };
}
type Node = ReturnType<typeof world>["nodes"][number];

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

test("a node that is 200 blocks behind fetches the way back in several answers", async () => {
  const { nodes, run } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  a.chain.grow(200);
  await run(10);
  a.sync.announce(a.chain.grow(1));
  await run(30_000);
  assert.equal(b.chain.best().hash, a.chain.best().hash);
});

test("when the announcer does not answer, the next one is asked", async () => {
  let mute = false;
  const { nodes, run } = world(["a", "b", "c"], {
    delay: (from, to, _, kind) =>
      mute && kind === "request" && (from === "a" || to === "a") ? undefined : 1,
  });
  const [a, b, c] = nodes as [Node, Node, Node];
  await run(10);
  mute = true;
  const hash = a.chain.grow(1);
  const header = a.chain.header(hash) as Header;
  c.chain.import(header, a.chain.body(hash) ?? []);
  a.sync.announce(hash);
  c.sync.announce(hash);
  await run(1500);
  assert.equal(b.chain.best().hash, hash);
});

test("an invalid block costs its sender and leaves the chain as it was", async () => {
  const { nodes, run } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  const reports: string[] = [];
  b.network.report = (peer, delta, reason) => void reports.push(`${peer} ${delta} ${reason}`);
  await run(10);
  const bad = headerOn(a.chain.genesisHash, 1, 9);
  const hash = headerHash(bad);
  a.chain.headers.set(hash, bad);
  a.chain.bodies.set(hash, [new Uint8Array([0xbd])]);
  a.sync.announce(hash);
  await run(10);
  assert.equal(b.chain.best().number, 0);
  assert.deepEqual(reports, ["a -300000 invalid block"]);
});

test("an undecodable announcement costs its sender", async () => {
  const { nodes, run } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  const reports: string[] = [];
  b.network.report = (peer, delta) => void reports.push(`${peer} ${delta}`);
  await run(10);
  a.sync.channel.send(peerId("b"), new Uint8Array([1, 2, 3]));
  await run(10);
  assert.deepEqual(reports, ["a -300000"]);
});

test("an undecodable question is refused and costs its asker", async () => {
  const { nodes, run } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  const reports: string[] = [];
  b.network.report = (peer, delta) => void reports.push(`${peer} ${delta}`);
  await run(10);
  const name = `/${a.chain.genesisHash.slice(2)}/sync/2`;
  const answer = a.network.request(peerId("b"), name, new Uint8Array([0xff]));
  await run(10);
  assert.deepEqual(await answer, { ok: false, error: { code: "refused" } });
  assert.deepEqual(reports, ["a -300000"]);
});

test("peers of another genesis are refused", async () => {
  const { nodes, run } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  (a.chain as { genesisHash: Hash }).genesisHash = ROOT;
  await run(5000);
  assert.deepEqual([a.sync.channel.peers(), b.sync.channel.peers()], [[], []]);
});

test("a missing justification is asked for and delivered", async () => {
  const { nodes, run } = world(["a", "b"]);
  const [a, b] = nodes as [Node, Node];
  await run(10);
  const hash = a.chain.grow(1);
  a.sync.announce(hash);
  await run(10);
  a.chain.proofs.set(hash, [{ engine: "FRNK", data: new Uint8Array([5]) }] as never);
  b.sync.requestJustification(hash);
  await run(10);
  assert.deepEqual(b.chain.proofs.get(hash), [{ engine: "FRNK", data: new Uint8Array([5]) }]);
});

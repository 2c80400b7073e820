import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom, silentLogger, VirtualClock } from "@parahost/base";
import { MemoryNetwork } from "../memory-network.ts";
import { type PeerId, peerId } from "../port.ts";
import { decodeBlockRequest, encodeBlockResponse, syncProtocol } from "../protocols/sync.ts";
import { BelievingChain } from "../testing/believing-chain.ts";
import { BlockQuestions } from "./block-questions.ts";
import { collectBlocks } from "./block-server.ts";
import { fillGap, type GapBlock, type GapChain } from "./gap-fill.ts";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const whole = new BelievingChain();
whole.grow(300);
const identity = { genesisHash: whole.genesisHash };

/** Knows the hash of the highest missing block and takes what fits below. */
class Gap implements GapChain {
  readonly taken: GapBlock[] = [];
  #next = { hash: whole.hashByNumber(299) ?? whole.genesisHash, number: 299 };

  gap() {
    return this.#next.number === 0 ? undefined : this.#next;
  }
  fill(blocks: readonly GapBlock[]): boolean {
    for (const block of blocks) {
      if (block.hash === whole.genesisHash) return true;
      if (block.hash !== this.#next.hash || block.body[0]?.[0] !== 1) return false;
      this.taken.push(block);
      this.#next = { hash: block.header.parentHash, number: block.header.number - 1 };
    }
    return true;
  }
}

type Answer = (
  blocks: ReturnType<typeof collectBlocks>,
) => ReturnType<typeof collectBlocks> | undefined;

function world(
  answers: Readonly<Record<string, Answer>>,
  peers: readonly PeerId[] = Object.keys(answers).map(peerId),
) {
  const clock = new VirtualClock(0);
  const hub = new MemoryNetwork(clock);
  for (const [name, answer] of Object.entries(answers))
    hub
      .join(peerId(name))
      .registerRequests(syncProtocol(identity), ({ payload, respond, refuse }) => {
        const request = decodeBlockRequest(payload);
        const said = request.ok ? answer(collectBlocks(whole, request.value)) : undefined;
        if (said === undefined) refuse();
        else respond(encodeBlockResponse(said, { takesManyJustifications: true }));
      });
  const network = hub.join(peerId("late"));
  network.registerRequests(syncProtocol(identity));
  const blamed: string[] = [];
  const report = network.report.bind(network);
  network.report = (peer, delta, reason) => {
    blamed.push(`${peer} ${reason}`);
    report(peer, delta, reason);
  };
  const questions = new BlockQuestions(network, identity);
  const ask = questions.ask.bind(questions);
  questions.ask = (peer, request) => ask(peer, request, "tryConnect");
  const chain = new Gap();
  let able = peers;
  const ending = new AbortController();
  let isDone = false;
  const ports = { network, questions, clock, random: new SeededRandom(3), logger: silentLogger };
  void fillGap(chain, { ...ports, peers: () => able }, ending.signal).then(() => {
    isDone = true;
  });
  return {
    chain,
    blamed,
    ending,
    isDone: () => isDone,
    setPeers: (now: readonly PeerId[]) => {
      able = now;
    },
    run: (ms: number) => clock.runUntil(clock.now() + ms, settle),
  };
}

const honest: Answer = (blocks) => blocks;

test("the history comes from its top down, and then nothing is asked any more", async () => {
  const { chain, run, blamed, isDone } = world({ good: honest });
  await run(5000);
  assert.equal(isDone(), true);
  assert.deepEqual(
    chain.taken.map(({ header }) => header.number),
    Array.from({ length: 299 }, (_, index) => 299 - index),
  );
  assert.deepEqual(blamed, []);
});

test("who gives other bodies, other blocks or none is passed over; who lies pays", async () => {
  const { chain, run, blamed, isDone } = world({
    bodies: (blocks) => blocks.map((block) => ({ ...block, body: [new Uint8Array([9])] })),
    others: (blocks) => blocks.slice(1),
    none: () => [],
    refusing: () => undefined,
    good: honest,
  });
  await run(120_000);
  assert.equal(isDone(), true);
  assert.equal(chain.taken.length, 299);
  const of = (name: string) => blamed.filter((line) => line.startsWith(`${name} `)).length;
  assert.ok(of("bodies") > 0 && of("others") > 0, blamed.join("; "));
  assert.equal(of("good") + of("none") + of("refusing"), 0);
});

test("while there are more urgent questions it waits, and it can be ended", async () => {
  const { chain, run, setPeers, ending, isDone } = world({ good: honest }, []);
  await run(10_000);
  assert.equal(chain.taken.length, 0);
  ending.abort();
  setPeers([peerId("good")]);
  await run(10_000);
  assert.equal(isDone(), true);
  assert.equal(chain.taken.length, 0);
});

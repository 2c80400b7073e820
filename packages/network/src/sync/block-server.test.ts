import assert from "node:assert/strict";
import test from "node:test";
import { VirtualClock } from "@parahost/base";
import { asHash } from "@parahost/primitives";
import { peerId } from "../port.ts";
import {
  BlockAttribute,
  type BlockRequest,
  decodeBlockResponse,
  encodeBlockRequest,
} from "../protocols/sync.ts";
import { BelievingChain } from "../testing/believing-chain.ts";
import { BlockServer, collectBlocks } from "./block-server.ts";

const { header, body, justification } = BlockAttribute;
const chain = new BelievingChain();
const forkHash = chain.grow(3, undefined, 1);
const fork = chain.header(forkHash);
const other = new BelievingChain();
other.grow(200);
for (let number = 1; number <= 200; number++) {
  const hash = other.hashByNumber(number) ?? forkHash;
  const own = other.header(hash);
  if (own !== undefined) chain.import(own, other.body(hash) ?? []);
}
chain.proofs.set(chain.best().hash, [{ engine: "FRNK", data: new Uint8Array([1]) }]);

const asking = (rest: Partial<BlockRequest>): BlockRequest => ({
  fields: header,
  from: { type: "number", number: 10 },
  direction: "ascending",
  countMax: 3,
  takesManyJustifications: true,
  ...rest,
});
const numbers = (rest: Partial<BlockRequest>): (number | undefined)[] =>
  collectBlocks(chain, asking(rest)).map((block) => block.header?.number);

test("ranges go up the best chain and down to genesis, the start included", () => {
  assert.deepEqual(numbers({}), [10, 11, 12]);
  assert.deepEqual(numbers({ direction: "descending" }), [10, 9, 8]);
  assert.deepEqual(
    numbers({ from: { type: "number", number: 1 }, direction: "descending" }),
    [1, 0],
  );
  assert.deepEqual(numbers({ from: { type: "number", number: 199 } }), [199, 200]);
});

test("a block off the best chain has ancestors and no next one", () => {
  const from = { type: "hash", hash: forkHash } as const;
  assert.equal(fork?.number, 3);
  assert.deepEqual(numbers({ from }), [3]);
  assert.deepEqual(numbers({ from, direction: "descending", countMax: 9 }), [3, 2, 1, 0]);
});

test("a start that nobody knows has no blocks", () => {
  assert.deepEqual(numbers({ from: { type: "number", number: 0xffff_ffff } }), []);
  const hash = asHash(`0x${"77".repeat(32)}`);
  assert.deepEqual(numbers({ from: { type: "hash", hash } }), []);
});

test("an answer has 128 blocks at most, however many are asked for", () => {
  for (const countMax of [0, 129, 0xffff_ffff])
    assert.equal(numbers({ from: { type: "number", number: 0 }, countMax }).length, 128);
});

test("and ends after about 8 MiB", () => {
  const large = new BelievingChain();
  large.grow(10, [new Uint8Array(3 * 1024 * 1024)]);
  const request = asking({ from: { type: "number", number: 1 }, countMax: 10 });
  assert.equal(collectBlocks(large, { ...request, fields: header | body }).length, 3);
  assert.equal(collectBlocks(large, { ...request, fields: header }).length, 10);
});

test("only what is asked for is given", () => {
  const from = { type: "hash", hash: chain.best().hash } as const;
  const keys = (fields: number) => {
    const [block] = collectBlocks(chain, asking({ from, fields }));
    return Object.keys(block ?? {});
  };
  assert.deepEqual(keys(0), ["hash"]);
  assert.deepEqual(keys(header), ["hash", "header"]);
  assert.deepEqual(keys(body), ["hash", "body"]);
  assert.deepEqual(keys(header | body | justification), [
    "hash",
    "header",
    "body",
    "justifications",
  ]);
});

test("a block whose body is asked for and not here ends the answer", () => {
  const warped = new BelievingChain();
  warped.grow(4);
  warped.bodies.delete(warped.hashByNumber(2) ?? warped.genesisHash);
  const request = asking({ from: { type: "number", number: 4 }, direction: "descending" });
  const numbersOf = (fields: number) =>
    collectBlocks(warped, { ...request, fields, countMax: 9 }).map(({ header: of }) => of?.number);
  assert.deepEqual(numbersOf(header | body), [4, 3]);
  assert.deepEqual(numbersOf(header), [4, 3, 2, 1, 0]);
});

function serve() {
  const clock = new VirtualClock(0);
  const reports: string[] = [];
  const network = {
    report: (peer: string, delta: number, reason: string) =>
      void reports.push(`${peer} ${delta} ${reason}`),
  };
  const server = new BlockServer(network, chain, clock);
  const ask = (request: BlockRequest, name = "bob") => {
    let answer: Uint8Array | "refused" | undefined;
    server.answer({
      peer: peerId(name),
      payload: encodeBlockRequest(request),
      respond: (bytes) => {
        answer = bytes;
      },
      refuse: () => {
        answer = "refused";
      },
    });
    return answer;
  };
  return { clock, reports, ask };
}

test("the same question costs when it comes for the fourth time within a minute", async () => {
  const { clock, reports, ask } = serve();
  for (let i = 0; i < 3; i++) assert.ok(ask(asking({})) instanceof Uint8Array);
  assert.deepEqual(reports, []);
  assert.ok(ask(asking({})) instanceof Uint8Array);
  assert.deepEqual(reports, ["bob -100000 same block request again"]);
  ask(asking({}), "carol");
  ask(asking({ countMax: 4 }));
  assert.equal(reports.length, 1);
  await clock.runUntil(60_001, () => Promise.resolve());
  ask(asking({}));
  assert.equal(reports.length, 1);
});

test("and is refused when it goes on, until the asker is banned", () => {
  const { reports, ask } = serve();
  const answers = Array.from({ length: 30 }, () => ask(asking({})));
  assert.equal(answers.filter((answer) => answer === "refused").length, 13);
  assert.equal(reports.length, 27);
});

test("justifications come bare to who does not take several", () => {
  const { ask } = serve();
  const from = { type: "hash", hash: chain.best().hash } as const;
  const request = asking({ from, fields: justification, countMax: 1 });
  const many = ask(request);
  assert.ok(many instanceof Uint8Array);
  const decoded = decodeBlockResponse(many, justification);
  assert.deepEqual(decoded.ok && decoded.value[0]?.justifications, [
    { engine: "FRNK", data: new Uint8Array([1]) },
  ]);
  const bare = ask({ ...request, takesManyJustifications: false });
  assert.ok(bare instanceof Uint8Array);
  // Field 6, one byte long.
  assert.deepEqual([...bare.slice(-3)], [6 * 8 + 2, 1, 1]);
});

import assert from "node:assert/strict";
import test from "node:test";
import { headerHash } from "@parahost/primitives";
import { BlockAttribute, type BlockData, type BlockRequest } from "../protocols/sync.ts";
import { BelievingChain, headerOn } from "../testing/believing-chain.ts";
import { checkAnswer } from "./check-answer.ts";

const chain = new BelievingChain();
chain.grow(5);
const block = (number: number): BlockData => {
  const hash = chain.hashByNumber(number) ?? chain.genesisHash;
  return { hash, header: chain.headers.get(hash) ?? headerOn(hash, 0) };
};
const up: BlockRequest = {
  fields: BlockAttribute.header,
  from: { type: "hash", hash: block(1).hash },
  direction: "ascending",
  countMax: 3,
  takesManyJustifications: true,
};
const down: BlockRequest = { ...up, from: { type: "number", number: 3 }, direction: "descending" };
const codeOf = (request: BlockRequest, blocks: readonly BlockData[]): string => {
  const checked = checkAnswer(request, blocks);
  return checked.ok ? "ok" : checked.error.code;
};

test("as many blocks as were asked for, or fewer, in their order are an answer", () => {
  assert.deepEqual(checkAnswer(up, [block(1), block(2), block(3)]), {
    ok: true,
    value: [block(1), block(2), block(3)],
  });
  assert.equal(codeOf(up, [block(1)]), "ok");
  assert.equal(codeOf(down, [block(3), block(2), block(1)]), "ok");
  assert.equal(codeOf({ ...down, countMax: 0 }, [block(3), block(2), block(1), block(0)]), "ok");
});

test("no blocks say that the start is not known", () => {
  assert.equal(codeOf(up, []), "ok");
});

const stray = headerOn(chain.genesisHash, 2, 7);
const refusals: readonly (readonly [string, BlockRequest, readonly BlockData[], string])[] = [
  ["more blocks than asked for", up, [1, 2, 3, 4].map(block), "tooManyBlocks"],
  ["a block without a header", up, [{ hash: block(1).hash }], "missingHeader"],
  ["a header of another hash", up, [{ ...block(2), hash: block(1).hash }], "wrongHash"],
  ["another first block than asked for", up, [block(2), block(3)], "otherStart"],
  ["another first number than asked for", down, [block(2), block(1)], "otherStart"],
  ["a gap", up, [block(1), block(3)], "brokenChain"],
  ["the same block twice", up, [block(1), block(1)], "brokenChain"],
  ["the other direction", down, [block(3), block(4)], "brokenChain"],
  [
    "a block on another parent",
    up,
    [block(1), { hash: headerHash(stray), header: stray }],
    "brokenChain",
  ],
];
for (const [name, request, blocks, code] of refusals)
  test(`${name} is no answer`, () => assert.equal(codeOf(request, blocks), code));

test("a number that does not follow its parent's is no answer", () => {
  const header = headerOn(block(1).hash, 3);
  assert.equal(codeOf(up, [block(1), { hash: headerHash(header), header }]), "brokenChain");
});

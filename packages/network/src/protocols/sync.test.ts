import assert from "node:assert/strict";
import test from "node:test";
import { ok } from "@parahost/base";
import { exchange, takenAtOnce } from "../testing/two-ends.ts";
import { fill, hashOf, wire } from "../testing/wire-bytes.ts";
import {
  BlockAttribute,
  type BlockData,
  type BlockRequest,
  decodeBlockRequest,
  decodeBlockResponse,
  encodeBlockRequest,
  encodeBlockResponse,
  syncProtocol,
} from "./sync.ts";

const protocol = syncProtocol({ genesisHash: hashOf(0) });
const everything = BlockAttribute.header | BlockAttribute.body | BlockAttribute.justification;
const hash = hashOf(0xaa);
const takesMany = { takesManyJustifications: true };

const request: BlockRequest = {
  fields: everything,
  from: { type: "hash", hash },
  direction: "descending",
  countMax: 64,
  takesManyJustifications: true,
};
/**
 * Field 1 (number): 0x13000000; field 2 (bytes): the hash; field 5: descending; field 6: 64; field 7:
 * true. A tag is the field's number times eight, plus 2 for bytes.
 */
const requestBytes = wire("088080809801", "1220", fill(0xaa, 32), "2801", "3040", "3801");

const headerBytes = wire(fill(2, 32), "a8", fill(3, 32), fill(4, 32), "00");
const block: BlockData = {
  hash,
  header: {
    parentHash: hashOf(2),
    number: 42,
    stateRoot: hashOf(3),
    extrinsicsRoot: hashOf(4),
    digest: [],
  },
  body: [new Uint8Array([1, 2]), new Uint8Array(0)],
  justifications: [{ engine: "FRNK", data: new Uint8Array([9]) }],
};
/** Hash, header of 98 bytes, two extrinsics with their length prefixes, the list of justifications. */
const blockFields = wire(
  "0a20",
  fill(0xaa, 32),
  "1262",
  headerBytes,
  "1a03080102",
  "1a0100",
  "4207",
  "0446524e4b0409",
);
const responseBytes = wire("0a9701", blockFields);

test("requests and responses are laid out as in the reference", () => {
  assert.equal(blockFields.length, 0x97);
  assert.deepEqual(encodeBlockRequest(request), requestBytes);
  assert.deepEqual(decodeBlockRequest(requestBytes), ok(request));
  assert.deepEqual(encodeBlockResponse([block], takesMany), responseBytes);
  assert.deepEqual(decodeBlockResponse(responseBytes, everything), ok([block]));
});

test("blocks are delivered", async () => {
  const { result } = await exchange(protocol, requestBytes, () => responseBytes);
  assert.deepEqual(result, ok(responseBytes));
});

test("a start by number is four little-endian bytes", () => {
  const bytes = encodeBlockRequest({ ...request, from: { type: "number", number: 258 } });
  assert.deepEqual(bytes.subarray(6, 12), wire("1a04", "02010000"));
  const decoded = decodeBlockRequest(bytes);
  assert.deepEqual(decoded.ok && decoded.value.from, { type: "number", number: 258 });
});

test("what a request leaves out is zero, and what we do not know is skipped", () => {
  const bytes = wire("1a04ffffffff", "0d01020304", "f20100", "7001");
  assert.deepEqual(
    decodeBlockRequest(bytes),
    ok({
      fields: 0,
      from: { type: "number", number: 0xffff_ffff },
      direction: "ascending",
      countMax: 0,
      takesManyJustifications: false,
    }),
  );
});

test("a body that was asked for and is empty is an empty list", () => {
  const bytes = encodeBlockResponse([{ hash, body: [] }], takesMany);
  assert.deepEqual(decodeBlockResponse(bytes, BlockAttribute.body), ok([{ hash, body: [] }]));
  assert.deepEqual(decodeBlockResponse(bytes, BlockAttribute.header), ok([{ hash }]));
});

test("what was not asked for is not decoded", () => {
  const junk = wire("0a2b", "0a20", fill(0xaa, 32), "1201ff", "1a01ff", "4201ff");
  assert.deepEqual(decodeBlockResponse(junk, 0), ok([{ hash }]));
  for (const field of Object.values(BlockAttribute))
    assert.equal(decodeBlockResponse(junk, field).ok, false);
});

test("to who does not take several justifications GRANDPA's is given bare, others are left out", () => {
  const one = { takesManyJustifications: false };
  assert.deepEqual(
    encodeBlockResponse([block], one),
    wire("0a9101", blockFields.subarray(0, -9), "320109"),
  );
  const beefy = { hash, justifications: [{ engine: "BEEF", data: new Uint8Array([9]) }] };
  assert.deepEqual(encodeBlockResponse([beefy], one), wire("0a22", "0a20", fill(0xaa, 32)));
});

test("a list of empty extrinsics that would fill memory is refused", () => {
  // 131,072 fields together, in two blocks; the hashes are two of them.
  const blockOf = (extrinsics: number): Uint8Array => {
    const list = new Uint8Array(3 * extrinsics);
    for (let at = 0; at < list.length; at += 3) list.set([0x1a, 1, 0], at);
    return wire("0a20", fill(0xaa, 32), list);
  };
  const prefix = (length: number): Uint8Array =>
    new Uint8Array([0x0a, (length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14]);
  const answer = (...counts: number[]): Uint8Array =>
    wire(
      ...counts.flatMap((count) => {
        const bytes = blockOf(count);
        return [prefix(bytes.length), bytes];
      }),
    );
  assert.equal(decodeBlockResponse(answer(65_535, 65_535), everything).ok, true);
  const refused = decodeBlockResponse(answer(65_535, 65_536), everything);
  assert.equal(!refused.ok && refused.error.message, "more than 65536 fields");
});

test("twenty are answered at one time, after 15 seconds the asker gives up", async () => {
  assert.equal(await takenAtOnce(protocol, 50), 20);
  assert.equal((await exchange(protocol, requestBytes, () => "never")).afterMs, 15_000);
});

const badRequests: readonly (readonly [string, string])[] = [
  ["a field longer than the input", "12200102"],
  ["a number without end", "08ffffffffffffffffffff"],
  ["an unknown wire type", "0f"],
  ["a hash of three bytes", "1203010203"],
  ["a number of three bytes", "1a03010203"],
  ["a number of eight bytes", "1a080100000000000000"],
  ["a request without a start", "0801"],
  ["a request of nothing", ""],
  ["a direction that is none", "1a04010000002807"],
  ["a direction of bytes", "1a04010000002a0100"],
  ["a request of 33 fields", "0801".repeat(33)],
];
for (const [name, hex] of badRequests)
  test(`${name} is refused`, () => {
    const decoded = decodeBlockRequest(wire(hex));
    assert.equal(!decoded.ok && decoded.error.code, "badSyncMessage");
  });

const badResponses: readonly (readonly [string, Uint8Array])[] = [
  ["a block without a hash", wire("0a00")],
  ["a block with a hash of 31 bytes", wire("0a21", "0a1f", fill(1, 31))],
  ["a header that is cut", wire("0a27", "0a20", fill(1, 32), "1203010203")],
  [
    "an extrinsic that is longer than its prefix says",
    wire("0a26", "0a20", fill(1, 32), "1a020001"),
  ],
  ["nine justifications", wire("0a4f", "0a20", fill(1, 32), "422b24", fill(0, 42))],
  ["129 blocks", wire(...new Array<string>(129).fill(`0a220a20${"01".repeat(32)}`))],
  ["a block that is cut", wire("0a30", "0a20", fill(1, 32))],
];
for (const [name, bytes] of badResponses)
  test(`an answer with ${name} is refused`, () => {
    const decoded = decodeBlockResponse(bytes, everything);
    assert.equal(!decoded.ok && decoded.error.code, "badSyncMessage");
  });

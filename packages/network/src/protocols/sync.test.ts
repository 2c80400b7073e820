import assert from "node:assert/strict";
import test from "node:test";
import { asHash } from "@parahost/primitives";
import { decodeProtobuf } from "./protobuf.ts";
import {
  BlockAttribute,
  decodeBlockRequest,
  decodeBlockResponse,
  encodeBlockRequest,
  encodeBlockResponse,
} from "./sync.ts";

const hash = asHash(`0x${"aa".repeat(32)}`);

test("a request survives the way there", () => {
  const request = {
    fields: BlockAttribute.header | BlockAttribute.justification,
    from: { type: "hash", hash },
    direction: "descending",
    countMax: 64,
  } as const;
  assert.deepEqual(decodeBlockRequest(encodeBlockRequest(request)), { ok: true, value: request });
});

test("a start by number is little-endian bytes", () => {
  const bytes = encodeBlockRequest({
    fields: BlockAttribute.header,
    from: { type: "number", number: 258 },
    direction: "ascending",
    countMax: 1,
  });
  const fields = decodeProtobuf(bytes);
  assert.deepEqual(fields.ok && fields.value[1], { field: 3, value: new Uint8Array([2, 1, 0, 0]) });
});

test("a body that was asked for and is empty is an empty list", () => {
  const bytes = encodeBlockResponse([{ hash, body: [] }]);
  assert.deepEqual(decodeBlockResponse(bytes, BlockAttribute.body), {
    ok: true,
    value: [{ hash, body: [] }],
  });
  assert.deepEqual(decodeBlockResponse(bytes, BlockAttribute.header), {
    ok: true,
    value: [{ hash }],
  });
});

const bad: readonly (readonly [string, number[]])[] = [
  ["a field longer than the input", [0x12, 0x20, 1, 2]],
  ["a number without end", [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ["an unknown wire type", [0x0f]],
  ["a hash of three bytes", [0x12, 3, 1, 2, 3]],
  ["a request without a start", [0x08, 1]],
  ["a direction that is none", [0x1a, 1, 1, 0x28, 7]],
];
for (const [name, bytes] of bad)
  test(`${name} is refused`, () => {
    const decoded = decodeBlockRequest(new Uint8Array(bytes));
    assert.equal(decoded.ok, false);
    assert.equal(!decoded.ok && decoded.error.code, "badSyncMessage");
  });

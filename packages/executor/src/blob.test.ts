import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, zstdCompressSync } from "node:zlib";
import { concatBytes, hexToBytes } from "@parahost/base";
import { compressBlob, decompressBlob } from "./blob.ts";

const PREFIX = hexToBytes("52bc537646db8e05");
const typed = (type: number, frame: Uint8Array) =>
  concatBytes(PREFIX.subarray(0, 7), new Uint8Array([type]), frame);
const text = new Uint8Array(5000).map((_, i) => (i * i) >> 5);
const checksummed = zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
const unsized = zstdCompressSync(text, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });

function codeOf(blob: Uint8Array, kind: "code" | "pov" = "pov", limit = 10_000): string {
  const result = decompressBlob(blob, kind, limit);
  if (result.ok) return "ok";
  return result.error.code === "decompressionBadFrame"
    ? `${result.error.code}.${result.error.cause.code}`
    : result.error.code;
}

test("bytes without a prefix are the blob itself", () => {
  for (const blob of [new Uint8Array(), text, PREFIX.subarray(0, 7)])
    assert.deepEqual(decompressBlob(blob, "pov", 10_000), { ok: true, value: blob });
});

test("what was compressed comes back", () => {
  const blob = compressBlob(text);
  assert.ok(blob.length < text.length);
  assert.deepEqual(decompressBlob(blob, "code", 5000), { ok: true, value: text });
  assert.deepEqual(decompressBlob(concatBytes(PREFIX, unsized), "pov", 5000), {
    ok: true,
    value: text,
  });
  assert.deepEqual(decompressBlob(compressBlob(new Uint8Array()), "pov", 0), {
    ok: true,
    value: new Uint8Array(),
  });
});

test("bytes that look like a prefix are compressed even if that makes them longer", () => {
  const blob = compressBlob(PREFIX);
  assert.deepEqual(decompressBlob(blob, "pov", 100), { ok: true, value: PREFIX });
});

test("one byte more than the limit is a bomb, whether the frame says its size or not", () => {
  for (const frame of [checksummed, unsized]) {
    assert.equal(codeOf(concatBytes(PREFIX, frame), "pov", 5000), "ok");
    assert.equal(codeOf(concatBytes(PREFIX, frame), "pov", 4999), "decompressionBomb");
  }
  assert.equal(codeOf(text, "pov", 4999), "decompressionBomb");
});

test("a bomb of a gigabyte costs no more than the limit", () => {
  // One block of 128 KiB of zeros, repeated.
  const rle = [0x02 | ((131_072 << 3) & 0xff), (131_072 >> 5) & 0xff, (131_072 >> 13) & 0xff, 0];
  const blocks = new Uint8Array(4 * 8192);
  for (let at = 0; at < blocks.length; at += 4) blocks.set(rle, at);
  blocks[blocks.length - 4] = (blocks[blocks.length - 4] as number) | 1;
  const frame = concatBytes(hexToBytes("28b52ffd0058"), blocks);
  const before = process.memoryUsage().rss;
  assert.equal(codeOf(concatBytes(PREFIX, frame), "pov", 1 << 20), "decompressionBomb");
  assert.ok(process.memoryUsage().rss - before < 64 * 2 ** 20);
});

test("a typed prefix serves its own kind only, unknown ones none", () => {
  assert.equal(codeOf(typed(6, checksummed), "pov"), "ok");
  assert.equal(codeOf(typed(7, checksummed), "code"), "ok");
  assert.equal(codeOf(typed(6, checksummed), "code"), "decompressionBadPrefix");
  assert.equal(codeOf(typed(7, checksummed), "pov"), "decompressionBadPrefix");
  for (const type of [0, 4, 8, 9, 255])
    assert.equal(codeOf(typed(type, checksummed)), "decompressionBadPrefix");
});

test("only one layer is opened", () => {
  const inner = concatBytes(PREFIX, checksummed);
  const outer = concatBytes(PREFIX, zstdCompressSync(inner));
  assert.deepEqual(decompressBlob(outer, "pov", 10_000), { ok: true, value: inner });
});

test("anything but one plain frame behind the prefix is refused", () => {
  const wrongChecksum = checksummed.slice();
  wrongChecksum[wrongChecksum.length - 1] = (wrongChecksum.at(-1) as number) ^ 1;
  const behind = (frame: Uint8Array) => codeOf(concatBytes(PREFIX, frame));
  assert.equal(behind(new Uint8Array()), "decompressionBadFrame.truncated");
  assert.equal(behind(hexToBytes("0102030405060708")), "decompressionBadFrame.notZstd");
  assert.equal(
    behind(concatBytes(checksummed, checksummed)),
    "decompressionBadFrame.trailingBytes",
  );
  assert.equal(
    behind(concatBytes(checksummed, hexToBytes("00"))),
    "decompressionBadFrame.trailingBytes",
  );
  assert.equal(behind(hexToBytes("502a4d1800000000")), "decompressionBadFrame.skippableFrame");
  assert.equal(behind(hexToBytes("28b52ffd01580700000000")), "decompressionBadFrame.dictionary");
  assert.equal(behind(hexToBytes("28b52ffd00a8010000")), "decompressionBadFrame.windowTooLarge");
  assert.equal(behind(hexToBytes("28b52ffde00000000000000080010000")), "decompressionBomb");
  assert.equal(behind(hexToBytes("28b52ffd0858010000")), "decompressionBadFrame.reservedBit");
  assert.equal(behind(hexToBytes("28b52ffd0058070000")), "decompressionBadFrame.reservedBit");
  assert.equal(behind(wrongChecksum), "decompressionFailed");
  for (let length = 0; length < checksummed.length; length++)
    assert.notEqual(behind(checksummed.subarray(0, length)), "ok", `cut at ${length}`);
});

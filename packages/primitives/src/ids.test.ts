import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "@parahost/scale";
import { asHash, asParaId, asValidatorIndex, Hash, ParaId } from "./ids.ts";

test("an identity of ours must be 32 bytes of lower-case hex", () => {
  assert.equal(asHash(`0x${"ab".repeat(32)}`), `0x${"ab".repeat(32)}`);
  for (const wrong of [`0x${"AB".repeat(32)}`, "ab".repeat(32), `0x${"ab".repeat(31)}`, "0x"])
    assert.throws(() => asHash(wrong), /not 32 bytes of lower-case hex/);
});

test("an index of ours must be a u32", () => {
  assert.equal(asParaId(4_294_967_295), 4_294_967_295);
  for (const wrong of [-1, 0.5, 2 ** 32, Number.NaN])
    assert.throws(() => asValidatorIndex(wrong), /not a u32/);
});

test("branded values are plain numbers and text on the wire and in code", () => {
  const para: number = decode(ParaId, new Uint8Array([0xe8, 3, 0, 0]));
  assert.equal(para, 1000);
  const hash: `0x${string}` = decode(Hash, new Uint8Array(32).fill(5));
  assert.deepEqual(encode(Hash, asHash(hash)), new Uint8Array(32).fill(5));
});

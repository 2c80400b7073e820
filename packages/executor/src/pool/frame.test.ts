import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, HostError, u32Bytes } from "@parahost/base";
import { encodeFrame, FrameDecoder } from "./frame.ts";

const frames = [
  { job: 1, type: 7, payload: new Uint8Array() },
  { job: 0xffff_ffff, type: 255, payload: new Uint8Array(1000).fill(3) },
  { job: 3, type: 0, payload: new Uint8Array([1]) },
];

test("frames come out whole, however the pipe cuts them", () => {
  const bytes = concatBytes(...frames.map(encodeFrame));
  for (const size of [1, 2, 7, 100, bytes.length]) {
    const decoder = new FrameDecoder();
    const out = [];
    for (let at = 0; at < bytes.length; at += size)
      out.push(...decoder.push(bytes.subarray(at, at + size)));
    assert.deepEqual(out, frames, `pieces of ${size}`);
    assert.equal(decoder.isWithinFrame, false);
  }
});

test("half a frame is known to be half", () => {
  const decoder = new FrameDecoder();
  assert.deepEqual(
    decoder.push(encodeFrame({ job: 1, type: 2, payload: new Uint8Array(1000) }).subarray(0, 50)),
    [],
  );
  assert.equal(decoder.isWithinFrame, true);
});

test("a length out of bounds is refused at once", () => {
  for (const length of [0, 4, 2 ** 31, 0xffff_ffff])
    assert.throws(
      () => new FrameDecoder().push(concatBytes(u32Bytes(length), new Uint8Array(5))),
      HostError,
    );
});

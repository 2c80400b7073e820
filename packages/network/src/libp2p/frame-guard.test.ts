import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "@parahost/base";
import { muxerFrame } from "../testing/hostile-peer.ts";
import { FrameGuard, WINDOW_BYTES_MAX } from "./frame-guard.ts";

const open = (id: number): Uint8Array => muxerFrame(1, 1, id, 0);
const data = (id: number, length: number): Uint8Array =>
  muxerFrame(0, 0, id, length, new Uint8Array(length));

/** What the guard says of `bytes` in pieces of `step`. */
function check(bytes: Uint8Array, step = bytes.length): string | undefined {
  const guard = new FrameGuard(true, 0);
  for (let at = 0; at < bytes.length; at += step) {
    const wrong = guard.check(bytes.subarray(at, at + step), 0);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

test("what an honest peer sends passes, however it is cut", () => {
  const honest = concatBytes(
    open(1),
    data(1, 300),
    muxerFrame(2, 1, 0, 9),
    open(3),
    data(3, 0),
    data(1, 5),
    muxerFrame(1, 2, 2, 100_000),
    muxerFrame(1, 4, 1, 0),
    muxerFrame(3, 0, 0, 0),
  );
  for (const step of [1, 5, 12, 13, 1000]) assert.equal(check(honest, step), undefined);
});

test("frames that the multiplexer would wait for, obey or answer without end are named", () => {
  const cases: [Uint8Array, RegExp][] = [
    [muxerFrame(0, 1, 1, 0, undefined, 1), /version 1/],
    [muxerFrame(4, 0, 1, 0), /type 4/],
    [muxerFrame(0, 1, 1, WINDOW_BYTES_MAX + 1), /frame of 4194305 bytes/],
    [muxerFrame(0, 1, 1, 2 ** 32 - 1), /frame of 4294967295 bytes/],
    [muxerFrame(1, 1, 1, 2 ** 32 - 1), /window update of 4294967295/],
    [muxerFrame(0, 0, 0, 1, new Uint8Array(1)), /data for no stream/],
    [data(1, 1), /never opened/],
    [concatBytes(open(3), data(5, 1)), /never opened/],
    [open(2), /id of ours/],
    [concatBytes(...Array.from({ length: 40 }, (_, id) => muxerFrame(2, 1, 0, id))), /pings/],
    [concatBytes(...Array.from({ length: 3000 }, (_, i) => open(2 * i + 1))), /too many streams/],
  ];
  for (const [bytes, reason] of cases) assert.match(check(bytes) ?? "nothing", reason);
});

test("streams and pings at a bearable rate never end", () => {
  const guard = new FrameGuard(true, 0);
  for (let i = 0; i < 10_000; i++)
    assert.equal(guard.check(concatBytes(open(2 * i + 1)), i * 2), undefined);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "@parahost/base";
import { encodeFrames } from "./frames.ts";
import { NegotiationGuard } from "./negotiation-guard.ts";

const line = (text: string): Uint8Array => encodeFrames([new TextEncoder().encode(`${text}\n`)]);
const header = line("/multistream/1.0.0");

/** What the guard of somebody who speaks `/chat/1` and identifies says, and whether it is done. */
function check(bytes: Uint8Array, step = bytes.length): [string | undefined, boolean] {
  const guard = new NegotiationGuard((name) => name === "/chat/1" || name === "/ipfs/id/1.0.0");
  for (let at = 0; at < bytes.length; at += step) {
    const wrong = guard.check(bytes.subarray(at, at + step));
    if (wrong !== undefined) return [wrong, guard.isDone];
  }
  return [undefined, guard.isDone];
}

test("agreement ends the guard's work, whatever follows and however it is cut", () => {
  const endless = new Uint8Array(100).fill(0xff);
  const agreed = concatBytes(header, line("/other/1"), line("ls"), line("/chat/1"), endless);
  for (const step of [1, 3, 20, 1000]) assert.deepEqual(check(agreed, step), [undefined, true]);
});

test("lengths without end, lines too long and proposals without end are named", () => {
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(100).fill(0xff), /length without end/],
    [concatBytes(header, new Uint8Array(3).fill(0x80)), /length without end/],
    [encodeFrames([new Uint8Array(1025)]), /line of 1025 bytes/],
    [Uint8Array.of(0), /line of 0 bytes/],
    [concatBytes(header, ...Array.from({ length: 20 }, () => line("/other/1"))), /no agreement/],
    [
      concatBytes(header, line("/ipfs/id/1.0.0"), new Uint8Array(9).fill(0xff)),
      /length without end/,
    ],
  ];
  for (const [bytes, reason] of cases) assert.match(check(bytes)[0] ?? "nothing", reason);
});

test("after an agreement on identify the length of its answer is looked at too", () => {
  const begun = concatBytes(header, line("/ipfs/id/1.0.0"));
  assert.deepEqual(check(begun), [undefined, false]);
  assert.deepEqual(check(concatBytes(begun, Uint8Array.of(0x80, 0x40))), [undefined, true]);
});

import assert from "node:assert/strict";
import test from "node:test";
import { tryDecode } from "@parahost/scale";
import { deliver } from "../testing/two-ends.ts";
import { assertLayout, codeOf, fill, hashOf, wire } from "../testing/wire-bytes.ts";
import {
  BlockAnnounce,
  BlockAnnouncesHandshake,
  blockAnnouncesProtocol,
} from "./block-announces.ts";
import { DIGEST_ITEMS_MAX } from "./foreign-header.ts";
import { Role } from "./names.ts";

const genesisHash = hashOf(0xee);
const handshakeBytes = wire("04", "2a000000", fill(0xbb, 32), fill(0xee, 32));
const roots = wire(fill(3, 32), fill(4, 32));
/** Parent, compact number 42, roots, one pre-runtime item of engine BABE. */
const headerBytes = wire(fill(2, 32), "a8", roots, "04", "06", "42414245", "0c010203");
const header = {
  parentHash: hashOf(2),
  number: 42,
  stateRoot: hashOf(3),
  extrinsicsRoot: hashOf(4),
  digest: [{ type: "preRuntime", value: { engine: "BABE", data: new Uint8Array([1, 2, 3]) } }],
} as const;

test("handshakes and announcements are laid out as in the reference", () => {
  assertLayout(
    BlockAnnouncesHandshake,
    { role: Role.authority, bestNumber: 42, bestHash: hashOf(0xbb), genesisHash },
    handshakeBytes,
  );
  assertLayout(
    BlockAnnounce,
    { header, isBest: true, data: new Uint8Array(0) },
    wire(headerBytes, "01", "00"),
  );
  assertLayout(
    BlockAnnounce,
    { header, isBest: false, data: new Uint8Array([7]) },
    wire(headerBytes, "00", "0407"),
  );
});

test("peers of one genesis hear each other's announcements, others get no stream", async () => {
  const accept = (_: unknown, bytes: Uint8Array): boolean => {
    const handshake = tryDecode(BlockAnnouncesHandshake, bytes);
    return handshake.ok && handshake.value.genesisHash === genesisHash;
  };
  const announcement = wire(headerBytes, "01", "00");
  const send = (handshake: Uint8Array) =>
    deliver(
      (parts) => blockAnnouncesProtocol({ genesisHash }, parts),
      handshake,
      [announcement],
      accept,
    );
  assert.deepEqual((await send(handshakeBytes)).messages, [announcement]);
  const otherGenesis = wire(handshakeBytes.subarray(0, 37), fill(0xef, 32));
  for (const handshake of [otherGenesis, wire("04"), wire(handshakeBytes, "00"), wire("")]) {
    const { messages, isOpen } = await send(handshake);
    assert.deepEqual([messages, isOpen], [[], false]);
  }
});

test("a header with more digest items than any has is malformed", () => {
  const announcement = (prefix: string, count: number): Uint8Array =>
    wire(fill(2, 32), "a8", roots, prefix, fill(8, count), "01", "00");
  // 128 and 129 one-byte items.
  assert.equal(codeOf(BlockAnnounce, announcement("0102", DIGEST_ITEMS_MAX)), "ok");
  assert.equal(codeOf(BlockAnnounce, announcement("0502", DIGEST_ITEMS_MAX + 1)), "boundExceeded");
});

test("a flag that is neither 0 nor 1 is malformed", () => {
  assert.equal(codeOf(BlockAnnounce, wire(headerBytes, "02", "00")), "badTag");
});

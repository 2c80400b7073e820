/**
 * Bad input on notifications and requests, as far as this room judges it: what a codec refuses, and
 * why. The receiver then charges the sender `costMajor` (tests of the network bridge); signatures,
 * groups, views and repetitions are judged by the subsystems. Fault catalogue, 11.3 and 11.4.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { GrandpaGossip } from "@parahost/primitives";
import { type Codec, decode, encode } from "@parahost/scale";
import {
  codeOf,
  committedReceiptBytes,
  fill,
  filterBytes,
  receiptBytes,
  signedStatementBytes,
  wire,
} from "../testing/wire-bytes.ts";
import { AttestedCandidateRequest, AttestedCandidateResponse } from "./attested-candidate.ts";
import { BlockAnnounce, BlockAnnouncesHandshake } from "./block-announces.ts";
import { ChunkFetchingRequest, ChunkFetchingResponse } from "./chunk-fetching.ts";
import { CollationWireMessage } from "./collation.ts";
import { CollationFetchingRequest, CollationFetchingResponse } from "./collation-fetching.ts";
import { PovFetchingRequest, PovFetchingResponse } from "./pov-fetching.ts";
import { Transactions } from "./transactions.ts";
import { ValidationWireMessage } from "./validation.ts";

interface Boundary {
  // biome-ignore lint/suspicious/noExplicitAny: a table of codecs of many types
  readonly codec: Codec<any>;
  /** Well-formed messages, one of each kind. */
  readonly good: Readonly<Record<string, Uint8Array>>;
  readonly bad: readonly (readonly [what: string, bytes: Uint8Array, code: string])[];
}

const statement = wire("010300", fill(0x11, 32), signedStatementBytes);
const bitfield = wire("010100", fill(0x11, 32), "1403", "00000000", fill(0x88, 64));
const manifest = (filter: string | Uint8Array): Uint8Array =>
  wire("010301", fill(0x11, 32), fill(0x77, 32), "00000000", "e8030000", fill(0x55, 32), filter);
const advertisement = wire("010001", fill(0x11, 32), fill(0x77, 32), fill(0x55, 32));
const view = (heads: number): Uint8Array =>
  wire(
    "02",
    new Uint8Array([heads << 2]),
    ...Array.from({ length: heads }, (_, i) => fill(i, 32)),
    "00000000",
  );
const announcement = (digest: string | Uint8Array): Uint8Array =>
  wire(fill(2, 32), "04", fill(3, 32), fill(4, 32), digest, "01", "00");
const vote = (round: string, kind: string): Uint8Array =>
  wire("00", round, "0100000000000000", kind, fill(1, 32), "05000000", fill(2, 64), fill(3, 32));
const validationData = wire("00", "07000000", fill(0xaa, 32), "00005000");
const attested = wire(committedReceiptBytes, validationData, "04", signedStatementBytes);

const boundaries: Readonly<Record<string, Boundary>> = {
  "the validation peer set": {
    codec: ValidationWireMessage,
    good: { statement, bitfield, manifest: manifest(filterBytes), view: view(5) },
    bad: [
      ["nothing", wire(""), "unexpectedEnd"],
      ["wrapped index 0", wire("00"), "badVariant"],
      ["wrapped index 3", wire("03"), "badVariant"],
      ["wrapped index 255", wire("ff"), "badVariant"],
      ["a sub-protocol that there is none of", wire("0102"), "badVariant"],
      ["a message of the other peer set", advertisement, "badVariant"],
      ["a statement kind that there is none of", wire("010303"), "badVariant"],
      ["a view of six heads", view(6), "boundExceeded"],
      ["the same head twice", wire("0208", fill(1, 64), "00000000"), "badValue"],
      ["a manifest whose filter is padded", manifest("14051430"), "paddingNotZero"],
      ["a manifest whose filter claims 2^30 bits", manifest("feffffff"), "boundExceeded"],
      ["a manifest whose filter's length is not minimal", manifest("1500051410"), "notMinimal"],
      [
        "a bitfield with bits set past its end",
        wire("010100", fill(0x11, 32), "1423", "00000000", fill(0x88, 64)),
        "paddingNotZero",
      ],
    ],
  },
  "the collation peer set": {
    codec: CollationWireMessage,
    good: { advertisement, view: view(0) },
    bad: [
      ["nothing", wire(""), "unexpectedEnd"],
      ["a message of the other peer set", statement, "badVariant"],
      ["a bitfield", bitfield, "badVariant"],
      ["a kind that there is none of", wire("010002"), "badVariant"],
      ["a view of six heads", view(6), "boundExceeded"],
    ],
  },
  "block announcements": {
    codec: BlockAnnounce,
    good: { announcement: announcement("00") },
    bad: [
      ["nothing", wire(""), "unexpectedEnd"],
      ["a digest of 1,000 items", announcement(wire("a10f", fill(8, 1000))), "boundExceeded"],
      ["a digest item of no kind", announcement("0401"), "badVariant"],
      ["a digest that claims 2^30 items", announcement("feffffff"), "lengthTooLarge"],
      [
        "a block number of more than 32 bits",
        wire(fill(2, 32), "070000000001", fill(3, 64), "00", "01", "00"),
        "outOfRange",
      ],
    ],
  },
  "the handshake of block announcements": {
    codec: BlockAnnouncesHandshake,
    good: { handshake: wire("04", "2a000000", fill(1, 64)) },
    bad: [
      ["nothing", wire(""), "unexpectedEnd"],
      ["a role byte alone", wire("04"), "unexpectedEnd"],
    ],
  },
  transactions: {
    codec: Transactions,
    good: { none: wire("00"), two: wire("080401", "00") },
    bad: [
      ["nothing", wire(""), "unexpectedEnd"],
      ["2^30 of them", wire("feffffff"), "boundExceeded"],
      ["one of 2^30 bytes", wire("04feffffff"), "lengthTooLarge"],
      ["a length that is not minimal", wire("0401000a"), "notMinimal"],
    ],
  },
  "GRANDPA gossip": {
    codec: GrandpaGossip,
    good: { vote: vote("0200000000000000", "00") },
    bad: [
      ["round 2^64 - 1", vote("ffffffffffffffff", "00"), "outOfRange"],
      ["a stage that there is none of", vote("0200000000000000", "03"), "badVariant"],
      ["a message that there is none of", wire("05"), "badVariant"],
      ["a neighbor packet of version 2", wire("0202"), "badVariant"],
      [
        "a commit of 10^5 signatures that are not there",
        wire("01", fill(0, 16), fill(1, 32), "05000000", "821a0600"),
        "unexpectedEnd",
      ],
    ],
  },
  "requests for chunks": {
    codec: ChunkFetchingRequest,
    good: { request: wire(fill(0x77, 32), "ffffffff") },
    bad: [["nothing", wire(""), "unexpectedEnd"]],
  },
  "answers with chunks": {
    codec: ChunkFetchingResponse,
    good: { none: wire("01"), chunk: wire("00", "0401", "00000000", "00") },
    bad: [
      ["nothing", wire(""), "unexpectedEnd"],
      ["a variant that there is none of", wire("02"), "badVariant"],
      ["version 1, without an index", wire("00", "0401", "00"), "unexpectedEnd"],
      ["a chunk of 2^30 bytes", wire("00", "feffffff"), "lengthTooLarge"],
      ["a proof of 65 nodes", wire("00", "0401", "00000000", "0501", fill(0, 65)), "boundExceeded"],
    ],
  },
  "requests for PoVs": {
    codec: PovFetchingRequest,
    good: { request: fill(0x77, 32) },
    bad: [["nothing", wire(""), "unexpectedEnd"]],
  },
  "answers with PoVs": {
    codec: PovFetchingResponse,
    good: { none: wire("01"), pov: wire("00", "0401") },
    bad: [
      ["nothing", wire(""), "unexpectedEnd"],
      ["a variant that there is none of", wire("02"), "badVariant"],
      ["a PoV of 2^30 bytes", wire("00", "feffffff"), "lengthTooLarge"],
    ],
  },
  "requests for collations": {
    codec: CollationFetchingRequest,
    good: { request: wire(fill(0x11, 32), "e8030000", fill(0x77, 32)) },
    bad: [["one of version 1", wire(fill(0x11, 32), "e8030000"), "unexpectedEnd"]],
  },
  "answers with collations": {
    codec: CollationFetchingResponse,
    good: {
      plain: wire("00", receiptBytes, "0401"),
      "with parent head": wire("01", receiptBytes, "0401", "0402"),
    },
    bad: [
      ["a variant that there is none of", wire("02"), "badVariant"],
      ["a receipt alone", wire("00", receiptBytes), "unexpectedEnd"],
    ],
  },
  "requests for attested candidates": {
    codec: AttestedCandidateRequest,
    good: { request: wire(fill(0x77, 32), filterBytes) },
    bad: [
      ["a padded mask", wire(fill(0x77, 32), "1425", "1410"), "paddingNotZero"],
      ["half a mask", wire(fill(0x77, 32), "1405"), "unexpectedEnd"],
    ],
  },
  "answers with attested candidates": {
    codec: AttestedCandidateResponse,
    good: { response: attested },
    bad: [
      [
        "10,000 statements that are not there",
        wire(committedReceiptBytes, validationData, "419c"),
        "boundExceeded",
      ],
      [
        "a statement that does not open with BKNG",
        wire(committedReceiptBytes, validationData, "04", fill(0, 105)),
        "badValue",
      ],
    ],
  },
};

for (const [name, { codec, good, bad }] of Object.entries(boundaries)) {
  for (const [what, bytes] of Object.entries(good))
    test(`${name}: ${what} passes, none of its beginnings does, and nothing may follow`, () => {
      assert.deepEqual(encode(codec, decodeGood(codec, bytes)), bytes);
      for (let length = 0; length < bytes.length; length++)
        assert.equal(codeOf(codec, bytes.subarray(0, length)), "unexpectedEnd", `${length} bytes`);
      assert.equal(codeOf(codec, wire(bytes, "00")), "trailingBytes");
    });
  for (const [what, bytes, code] of bad)
    test(`${name}: ${what} is refused: ${code}`, () => assert.equal(codeOf(codec, bytes), code));
}

function decodeGood<T>(codec: Codec<T>, bytes: Uint8Array): T {
  assert.equal(codeOf(codec, bytes), "ok");
  return decode(codec, bytes);
}

import assert from "node:assert/strict";
import test from "node:test";
import { AssertionError } from "@parahost/base";
import { asCollatorId, asParaId, asValidatorIndex } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { peerIdOfKey } from "../peer-id.ts";
import { peerId } from "../port.ts";
import { deliver } from "../testing/two-ends.ts";
import {
  assertLayout,
  candidateHash,
  codeOf,
  committedReceipt,
  committedReceiptBytes,
  fill,
  hashOf,
  relayParent,
  wire,
} from "../testing/wire-bytes.ts";
import {
  CollationProtocol,
  CollationWireMessage,
  CollatorProtocolMessage,
  declarePayload,
} from "./collation.ts";
import { Role } from "./names.ts";
import { collationProtocol } from "./peer-set.ts";

const advertisement = {
  type: "advertiseCollation",
  value: { relayParent, candidateHash, parentHeadDataHash: hashOf(0x55) },
} as const;
const advertisementBytes = wire("01", fill(0x11, 32), fill(0x77, 32), fill(0x55, 32));

test("declarations, advertisements and answers are laid out as in the reference", () => {
  assertLayout(
    CollatorProtocolMessage,
    {
      type: "declare",
      value: {
        collatorId: asCollatorId(hashOf(0xcc)),
        paraId: asParaId(1000),
        signature: fill(0x88, 64),
      },
    },
    wire("00", fill(0xcc, 32), "e8030000", fill(0x88, 64)),
  );
  assertLayout(CollatorProtocolMessage, advertisement, advertisementBytes);
  assertLayout(
    CollatorProtocolMessage,
    {
      type: "collationSeconded",
      value: {
        relayParent,
        statement: {
          payload: { type: "seconded", value: committedReceipt },
          validatorIndex: asValidatorIndex(2),
          signature: fill(0x88, 64),
        },
      },
    },
    wire("04", fill(0x11, 32), "01", committedReceiptBytes, "02000000", fill(0x88, 64)),
  );
  assertLayout(
    CollationProtocol,
    { type: "collatorProtocol", value: advertisement },
    wire("00", advertisementBytes),
  );
});

test("an advertisement arrives as it was sent", async () => {
  const sent = encode(CollationWireMessage, {
    type: "protocolMessage",
    value: { type: "collatorProtocol", value: advertisement },
  });
  const { messages } = await deliver(
    (parts) => collationProtocol({ genesisHash: hashOf(0) }, parts),
    new Uint8Array([Role.full]),
    [sent],
  );
  assert.deepEqual(messages, [wire("01", "00", advertisementBytes)]);
});

test("an advertisement of version 1, of a relay parent alone, is malformed", () => {
  assert.equal(
    codeOf(CollatorProtocolMessage, advertisementBytes.subarray(0, 33)),
    "unexpectedEnd",
  );
});

test("a collator signs the bytes of its peer id and then COLL", () => {
  const key = new Uint8Array(32).fill(7);
  assert.deepEqual(
    declarePayload(peerIdOfKey(key)),
    wire("002408011220", "07".repeat(32), "434f4c4c"),
  );
  assert.throws(() => declarePayload(peerId("zoë")), AssertionError);
});

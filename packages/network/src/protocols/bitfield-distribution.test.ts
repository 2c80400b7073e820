import assert from "node:assert/strict";
import test from "node:test";
import { asValidatorIndex } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { deliver } from "../testing/two-ends.ts";
import { assertLayout, codeOf, fill, hashOf, relayParent, wire } from "../testing/wire-bytes.ts";
import { BitfieldDistributionMessage } from "./bitfield-distribution.ts";
import { Role } from "./names.ts";
import { validationProtocol } from "./peer-set.ts";
import { ValidationProtocol, ValidationWireMessage } from "./validation.ts";

/** Cores 0 and 8 of ten. */
const bytes = wire("00", fill(0x11, 32), "280101", "03000000", fill(0x88, 64));
const message = {
  type: "bitfield",
  value: {
    relayParent,
    bitfield: {
      payload: { length: 10, bytes: new Uint8Array([1, 1]) },
      validatorIndex: asValidatorIndex(3),
      signature: fill(0x88, 64),
    },
  },
} as const;

test("a bitfield is laid out as in the reference, under index 1 of its peer set", () => {
  assertLayout(BitfieldDistributionMessage, message, bytes);
  assertLayout(
    ValidationProtocol,
    { type: "bitfieldDistribution", value: message },
    wire("01", bytes),
  );
});

test("a bitfield arrives as it was sent", async () => {
  const sent = encode(ValidationWireMessage, {
    type: "protocolMessage",
    value: { type: "bitfieldDistribution", value: message },
  });
  const { messages } = await deliver(
    (parts) => validationProtocol({ genesisHash: hashOf(0) }, parts),
    new Uint8Array([Role.authority]),
    [sent],
  );
  assert.deepEqual(messages, [wire("01", "01", bytes)]);
});

test("a padded bitfield, and one that claims more bits than it has, is malformed", () => {
  const bitfield = (bits: string): Uint8Array =>
    wire("00", fill(0x11, 32), bits, "03000000", fill(0x88, 64));
  assert.equal(codeOf(BitfieldDistributionMessage, bitfield("280105")), "paddingNotZero");
  assert.equal(codeOf(BitfieldDistributionMessage, bitfield("00")), "ok");
  // A million bits.
  assert.equal(codeOf(BitfieldDistributionMessage, bitfield("02093d00")), "unexpectedEnd");
  assert.equal(codeOf(BitfieldDistributionMessage, bitfield("feffffff")), "lengthTooLarge");
});

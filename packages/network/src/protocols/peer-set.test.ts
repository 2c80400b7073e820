import assert from "node:assert/strict";
import test from "node:test";
import { asValidatorIndex } from "@parahost/primitives";
import { decode } from "@parahost/scale";
import { deliver } from "../testing/two-ends.ts";
import { assertLayout, codeOf, fill, hashOf, relayParent, wire } from "../testing/wire-bytes.ts";
import { CollationWireMessage } from "./collation.ts";
import { isRole, PARACHAIN_NOTIFICATION_BYTES_MAX, Role } from "./names.ts";
import { collationProtocol, validationProtocol } from "./peer-set.ts";
import { ValidationWireMessage } from "./validation.ts";

const chain = { genesisHash: hashOf(0) };
const sets = [
  ["validation", validationProtocol, ValidationWireMessage],
  ["collation", collationProtocol, CollationWireMessage],
] as const;

const viewBytes = wire("02", "08", fill(1, 32), fill(2, 32), "09000000");
const view = {
  type: "viewUpdate",
  value: { heads: [hashOf(1), hashOf(2)], finalizedNumber: 9 },
} as const;

for (const [name, protocol, WireMessage] of sets) {
  test(`${name}: a view travels under index 2 and arrives`, async () => {
    if (name === "validation") assertLayout(ValidationWireMessage, view, viewBytes);
    else assertLayout(CollationWireMessage, view, viewBytes);
    const { messages } = await deliver(
      (parts) => protocol(chain, parts),
      new Uint8Array([Role.authority]),
      [viewBytes],
    );
    assert.deepEqual(messages, [viewBytes]);
  });

  test(`${name}: a view has five heads at most, none of them twice`, () => {
    const heads = (count: number): Uint8Array[] =>
      Array.from({ length: count }, (_, i) => fill(i + 1, 32));
    const bytes = (prefix: string, ...of: Uint8Array[]): Uint8Array =>
      wire("02", prefix, ...of, "00000000");
    assert.equal(codeOf<unknown>(WireMessage, bytes("00")), "ok");
    assert.equal(codeOf<unknown>(WireMessage, bytes("14", ...heads(5))), "ok");
    assert.equal(codeOf<unknown>(WireMessage, bytes("18", ...heads(6))), "boundExceeded");
    assert.equal(codeOf<unknown>(WireMessage, bytes("08", fill(1, 32), fill(1, 32))), "badValue");
  });

  test(`${name}: a stream is opened with the role byte`, async () => {
    const role = new Uint8Array([Role.full]);
    const open = await deliver(
      (parts) => protocol(chain, parts),
      role,
      [],
      (_, bytes) => isRole(bytes[0] ?? 0),
    );
    assert.deepEqual([open.handshakes, open.isOpen], [[role], true]);
    const strange = await deliver(
      (parts) => protocol(chain, parts),
      new Uint8Array([3]),
      [viewBytes],
      (_, bytes) => isRole(bytes[0] ?? 0),
    );
    assert.deepEqual([strange.messages, strange.isOpen], [[], false]);
  });

  test(`${name}: 100 KiB is the longest message; one byte more costs and is not heard`, async () => {
    const longest = fill(1, PARACHAIN_NOTIFICATION_BYTES_MAX);
    const { messages, costs, isOpen } = await deliver(
      (parts) => protocol(chain, parts),
      new Uint8Array([Role.authority]),
      [longest, fill(1, 100 * 1024 + 1), longest],
    );
    assert.deepEqual([messages.length, costs], [1, ["-300000 oversized message"]]);
    assert.equal(isOpen, false);
  });
}

test("a sub-protocol's message travels under index 1", () => {
  const bytes = wire("01", "01", "00", fill(0x11, 32), "0c05", "04000000", fill(0x88, 64));
  assertLayout(
    ValidationWireMessage,
    {
      type: "protocolMessage",
      value: {
        type: "bitfieldDistribution",
        value: {
          type: "bitfield",
          value: {
            relayParent,
            bitfield: {
              payload: { length: 3, bytes: new Uint8Array([0b101]) },
              validatorIndex: asValidatorIndex(4),
              signature: fill(0x88, 64),
            },
          },
        },
      },
    },
    bytes,
  );
  assert.equal(decode(ValidationWireMessage, bytes).type, "protocolMessage");
});

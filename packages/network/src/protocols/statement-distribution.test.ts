import assert from "node:assert/strict";
import test from "node:test";
import { asParaId, type GroupIndex } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { deliver } from "../testing/two-ends.ts";
import {
  assertLayout,
  candidateHash,
  codeOf,
  fill,
  filter,
  filterBytes,
  hashOf,
  relayParent,
  signedStatement,
  signedStatementBytes,
  wire,
} from "../testing/wire-bytes.ts";
import { Role } from "./names.ts";
import { validationProtocol } from "./peer-set.ts";
import { StatementDistributionMessage, StatementFilter } from "./statement-distribution.ts";
import { ValidationProtocol, ValidationWireMessage } from "./validation.ts";

const statementBytes = wire("00", fill(0x11, 32), signedStatementBytes);
const statement = {
  type: "statement",
  value: { relayParent, statement: signedStatement },
} as const;
const manifestBytes = wire(
  "01",
  fill(0x11, 32), // relay parent
  fill(0x77, 32), // candidate
  "06000000", // group
  "e8030000", // para
  fill(0x55, 32), // hash of the parent head
  filterBytes,
);

test("statements, manifests and acknowledgements are laid out as in the reference", () => {
  assertLayout(StatementDistributionMessage, statement, statementBytes);
  assertLayout(
    StatementDistributionMessage,
    {
      type: "backedCandidateManifest",
      value: {
        relayParent,
        candidateHash,
        groupIndex: 6 as GroupIndex,
        paraId: asParaId(1000),
        parentHeadDataHash: hashOf(0x55),
        statementKnowledge: filter,
      },
    },
    manifestBytes,
  );
  assertLayout(
    StatementDistributionMessage,
    { type: "backedCandidateKnown", value: { candidateHash, statementKnowledge: filter } },
    wire("02", fill(0x77, 32), filterBytes),
  );
  assertLayout(
    ValidationProtocol,
    { type: "statementDistribution", value: statement },
    wire("03", statementBytes),
  );
});

test("a statement arrives as it was sent", async () => {
  const sent = encode(ValidationWireMessage, {
    type: "protocolMessage",
    value: { type: "statementDistribution", value: statement },
  });
  const { messages } = await deliver(
    (parts) => validationProtocol({ genesisHash: hashOf(0) }, parts),
    new Uint8Array([Role.authority]),
    [sent],
  );
  assert.deepEqual(messages, [wire("01", "03", statementBytes)]);
});

test("a statement of another magic or kind is malformed", () => {
  const codeWith = (at: number, byte: number): string => {
    const bytes = statementBytes.slice();
    bytes[at] = byte;
    return codeOf(StatementDistributionMessage, bytes);
  };
  const magicAt = 1 + 32;
  assert.equal(codeWith(magicAt, 0x44), "badValue");
  for (const kind of [0, 4, 0xff]) assert.equal(codeWith(magicAt + 4, kind), "badVariant");
  for (const kind of [2, 3]) assert.equal(codeWith(magicAt + 4, kind), "ok");
});

test("a padded knowledge filter is malformed, and so is one of more bits than any group", () => {
  assert.equal(codeOf(StatementFilter, wire("1405", "1410")), "ok");
  assert.equal(codeOf(StatementFilter, wire("1425", "1410")), "paddingNotZero");
  assert.equal(codeOf(StatementFilter, wire("1405", "1490")), "paddingNotZero");
  assert.equal(codeOf(StatementFilter, wire("0510", fill(0, 129), "00")), "boundExceeded");
  assert.equal(codeOf(StatementFilter, wire("1405")), "unexpectedEnd");
});

/** The guide's third statement: who finds a seconded candidate invalid signs that, and its group hears it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ValidationWireMessage } from "@parahost/network";
import type { CandidateHash } from "@parahost/primitives";
import { tryDecode } from "@parahost/scale";
import { Simulation } from "./simulation.ts";

const SLOT_MS = 6000;
/** Three of a group of five in the first session of this genesis: enough to back. */
const BACKERS = [5, 3, 4];
/** The others of it. */
const HONEST = ["charlie", "validator-9"];

/** Statements on candidates in the order in which a node hears them, by kind. */
async function heardBy(name: string, invalidStatements: boolean) {
  const simulation = new Simulation({
    seed: 3,
    validators: 13,
    groupSize: 5,
    paras: 2,
    epochSlots: 50,
    invalidStatements,
    roles: BACKERS.map((validator) => ({
      validator,
      strategy: "B04",
      share: 1,
      fromSlot: 0,
      toSlot: 2,
    })),
  });
  const heard = new Map<CandidateHash, string[]>();
  simulation.attend({
    signed: () => {},
    heard: (node, _protocol, bytes) => {
      const message = node === name ? tryDecode(ValidationWireMessage, bytes) : undefined;
      if (message?.ok !== true || message.value.type !== "protocolMessage") return;
      const { type, value } = message.value.value;
      if (type !== "statementDistribution" || value.type !== "statement") return;
      const { payload } = value.value.statement;
      heard.set(payload.value, [...(heard.get(payload.value) ?? []), payload.type]);
    },
  });
  const lost = new Set<CandidateHash>();
  for (const node of simulation.validators)
    node.events.subscribe((event) => {
      if (event.event === "dispute.concluded" && event.outcome === "invalid")
        lost.add(event.candidate);
    });
  assert.ok(await simulation.runUntil(() => lost.size > 0, 12 * SLOT_MS), "no dispute was lost");
  const honest = new Set(
    simulation.validators.flatMap((_, index) =>
      BACKERS.includes(index) ? [] : [simulation.peerOf(index)],
    ),
  );
  const banned = simulation.reputation.filter(
    ({ by, of, isBanned }) => isBanned && honest.has(by) && honest.has(of),
  );
  await simulation.stop();
  return { heard, lost, banned };
}

test("who finds a candidate invalid says so to its group, after its seconding, and it is disputed", async () => {
  const [first, second] = HONEST as [string, string];
  const { heard, lost, banned } = await heardBy(first, true);
  const [candidate] = lost;
  const statements = heard.get(candidate ?? assert.fail()) ?? [];
  assert.ok(statements.includes("invalid"), `${second} said nothing: ${statements.join(", ")}`);
  assert.ok(statements.indexOf("seconded") < statements.indexOf("invalid"));
  // Nobody is charged for passing on what is switched on.
  assert.deepEqual(banned, []);
});

test("switched off nobody says it, and the candidate is disputed all the same", async () => {
  const { heard, lost } = await heardBy(HONEST[0] as string, false);
  assert.ok(![...heard.values()].flat().includes("invalid"));
  assert.ok(lost.size > 0);
});

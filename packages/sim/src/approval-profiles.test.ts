/** The seed's own way of drawing checkers, in a whole network. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OwnStatement } from "@parahost/node/approval-voting/own-record";
import { decode } from "@parahost/scale";
import { Simulation } from "./simulation.ts";

const SLOT_MS = 6000;

/** Kinds of the certificates with which validators have announced their checks of open blocks. */
function announcedKinds(simulation: Simulation): ReadonlySet<string> {
  return new Set(
    simulation.validators.flatMap((node) =>
      [...simulation.store(node).range("ownApprovals", new Uint8Array(0))].flatMap(({ value }) => {
        const said = decode(OwnStatement, value);
        return said.type === "assignment" ? [said.value.assignment.cert.kind.type] : [];
      }),
    ),
  );
}

test("with one-shot assignments a network finalizes what is approved, and nobody draws cores", async () => {
  const simulation = new Simulation({
    seed: 51,
    validators: 7,
    paras: 2,
    approvalProfile: "anv",
  });
  const kinds = new Set<string>();
  const approved = new Set<string>();
  for (const node of simulation.validators)
    node.events.subscribe((event) => {
      if (event.event === "relay.imported")
        for (const kind of announcedKinds(simulation)) kinds.add(kind);
      if (event.event === "candidate.approved") approved.add(event.node);
    });
  assert.ok(await simulation.runUntilFinalized(5, 40 * SLOT_MS), "finality stands still");
  assert.equal(approved.size, 7);
  assert.ok(kinds.has("oneShot"), [...kinds].join(", "));
  for (const kind of kinds) assert.match(kind, /^(oneShot|relayVRFDelay|equivocation)$/);
  const finalized = simulation.collators.map(({ para }) => para.head("finalized").number ?? 0);
  assert.ok(
    finalized.every((number) => number > 0),
    finalized.join(", "),
  );
  await simulation.stop();
});

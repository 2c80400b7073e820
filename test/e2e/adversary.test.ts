/** A cheat from collation to slash and back, as a user sees it: real processes, real time. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");
const main = join(root, "packages/cli/src/main.ts");
const run = promisify(execFile);

interface Event {
  readonly event: string;
  readonly candidate?: string;
  readonly outcome?: string;
  readonly relayNumber?: number;
  readonly to?: number;
  readonly amount?: string | number;
  readonly reason?: string;
  readonly validator?: string;
  readonly number?: number;
}

/** How many blocks a slashed validator's network goes on for. */
const UNTIL = 12;

test("who backs garbage is disputed and slashed, the chain goes back, and finality goes on", {
  timeout: 180_000,
}, async () => {
  const flags = ["--adversary", "back-garbage", "--until-finalized", String(UNTIL)];
  const { stdout } = await run(
    process.execPath,
    [main, "up", "--json", "--rpc-port", "0", "--slot-ms", "2000", ...flags],
    { cwd: root, maxBuffer: 2 ** 26 },
  );
  const events = stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Event);
  const concluded = events.findIndex(({ event }) => event === "dispute.concluded");
  const { candidate, outcome } = events[concluded] ?? assert.fail("no dispute was concluded");
  assert.equal(outcome, "invalid");
  const placeOf = (name: string) =>
    events.findIndex((event) => event.event === name && event.candidate === candidate);
  const road = ["candidate.seconded", "candidate.backed", "candidate.included", "dispute.raised"];
  const places = road.map(placeOf);
  for (const [index, place] of places.entries()) assert.ok(place >= 0, `no ${road[index]}`);
  assert.ok(Math.max(...places.slice(0, 3)) < concluded, "disputed and then included");

  const included = events[placeOf("candidate.included")];
  const reverted = events.findIndex(
    ({ event, to }) => event === "chain.reverted" && to === (included?.relayNumber ?? 0) - 1,
  );
  assert.ok(reverted >= 0, "the chain did not go back");
  const slashes = events.filter(({ event }) => event === "validator.slashed");
  // Every fork slashes them, so that a user may see it more than once.
  assert.equal(new Set(slashes.map(({ validator }) => validator)).size, 2, "two have backed it");
  for (const { amount, reason } of slashes) {
    assert.equal(reason, "forInvalidBacked");
    assert.ok(BigInt(amount ?? 0) > 0n);
  }
  const finalAfter = events
    .slice(reverted)
    .filter(({ event, number }) => event === "relay.finalized" && number !== undefined);
  assert.ok(
    finalAfter.some(({ number }) => (number ?? 0) >= (included?.relayNumber ?? 0)),
    "finality stands still",
  );
  assert.ok(
    !events.some((event) => event.event === "candidate.approved" && event.candidate === candidate),
    "it was approved",
  );
});

test("an adversary that too many would have to follow is refused, and a size that works is named", async () => {
  const flags = ["up", "--adversary", "back-garbage", "--validators", "3", "--paras", "2"];
  const failed = run(process.execPath, [main, ...flags], { cwd: root });
  await assert.rejects(failed, (error: { readonly code?: number; readonly stderr?: string }) => {
    assert.equal(error.code, 2);
    assert.match(error.stderr ?? "", /use --validators 7 --paras 3/);
    return true;
  });
});

/** Real processes that are killed and started again on their directories. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { WatchedNetwork } from "../soak/watched-network.ts";

const SLOT_MS = 2000;
/** Slots until the next final block after the last restart. */
const RESUME_SLOTS_MAX = 5;
/** The protocol's shortest wait: a node whose event loop is later than that comes too late with its bitfields. */
const DELAY_MS_MAX = SLOT_MS / 4;

test("nodes that are killed come back on their directories, contradict nobody, and finality goes on", {
  timeout: 170_000,
}, async (context) => {
  const directory = mkdtempSync(join(tmpdir(), "parahost-crashes-"));
  const watched = await WatchedNetwork.start({
    ...{ directory, validators: 4, paras: 1, slotMs: SLOT_MS, epochSlots: 20 },
  });
  context.after(async () => {
    await watched.network.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  assert.ok(await watched.until(() => watched.finalizedByAll >= 3, 60 * SLOT_MS), "a start");
  for (const [index, names] of [
    ["bob", "collator-1000"],
    ["alice", "charlie"],
    ["dave", "bob"],
  ].entries()) {
    const slots = await watched.crash(names, () => (index + 1) * 300);
    assert.deepEqual(watched.violations, []);
    assert.ok(slots <= RESUME_SLOTS_MAX, `${names.join(" and ")}: ${slots} slots`);
  }
  const before = watched.included.get(1000) ?? 0;
  assert.ok(
    await watched.until(() => (watched.included.get(1000) ?? 0) >= before + 2, 40 * SLOT_MS),
    "the parachain goes on where it was",
  );
  const goal = watched.finalizedByAny;
  assert.ok(await watched.until(() => watched.finalizedByAll >= goal, 20 * SLOT_MS), "all follow");
  for (const { name, delayP99Ms } of await watched.usage())
    assert.ok(delayP99Ms <= DELAY_MS_MAX, `event loop of ${name}: p99 of ${delayP99Ms} ms`);
  assert.deepEqual(watched.violations, []);
});

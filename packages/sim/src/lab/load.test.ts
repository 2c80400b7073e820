/** Disputes under load, scaled down: `npm run lab -- --load` plays them in full. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SLOTS_PER_VALIDATOR } from "@parahost/node/dispute-coordinator/spam-slots";
import { underLoad } from "./load.ts";

const SIZE = { seed: 2, validators: 4, paras: 1, slots: 16 };

test("a validator that disputes everything leaves four fifths of the throughput", async () => {
  const undisturbed = await underLoad(SIZE);
  const disturbed = await underLoad(SIZE, { id: "B06", players: 1 });
  assert.deepEqual([undisturbed.violations, disturbed.violations], [[], []]);
  assert.ok(disturbed.effects >= 10, `${disturbed.effects} disputes`);
  assert.ok(undisturbed.included >= 10, `${undisturbed.included} undisturbed`);
  assert.ok(
    5 * disturbed.included >= 4 * undisturbed.included,
    `${disturbed.included} of ${undisturbed.included}`,
  );
  assert.ok(disturbed.lag <= 5, `${disturbed.lag} blocks behind`);
});

test("a validator that disputes what never was, alone on both sides, leaves nothing behind", async () => {
  const flooded = await underLoad(SIZE, { id: "B08", players: 1 });
  assert.deepEqual(flooded.violations, []);
  assert.ok(flooded.effects > 4 * SLOTS_PER_VALIDATOR, `${flooded.effects} disputes`);
  assert.equal(flooded.disputes, 0);
  assert.ok(flooded.lag <= 5, `${flooded.lag} blocks behind`);
});

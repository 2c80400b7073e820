import assert from "node:assert/strict";
import { test } from "node:test";
import { ValidatorOracle } from "../../test/validator-oracle.ts";

/** `npm run differential` runs more. */
const MODULES = 25;

test(`mutants of ${MODULES} modules are accepted and refused as by wabt`, async () => {
  const oracle = await ValidatorOracle.load();
  let accepted = 0;
  let refused = 0;
  for (let seed = 1; seed <= MODULES; seed++) {
    const counts = oracle.compareMutants(seed);
    accepted += counts.accepted;
    refused += counts.refused;
  }
  assert.ok(accepted > 100 && refused > 500, `${accepted} accepted, ${refused} refused`);
});

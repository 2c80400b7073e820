/**
 * `npm run differential [-- <modules> [<first seed>]]`: the comparisons of `src/testing/differential.ts` and
 * `validator-oracle.ts` over as many random modules as one likes, 100,000 unless said otherwise. Ends
 * with 1 at the first difference, whose message names the seed.
 */

import { compareRuns } from "../src/testing/differential.ts";
import { ValidatorOracle } from "./validator-oracle.ts";

/** Each seed is two modules: one that does not look at the bits of floats, and one that may. */
const MODULES_PER_SEED = 2;
const REPORT_EVERY = 5_000;

const modules = Number(process.argv[2] ?? 100_000);
const first = Number(process.argv[3] ?? 1);
if (!Number.isSafeInteger(modules) || modules < 1 || !Number.isSafeInteger(first)) {
  process.stderr.write("usage: npm run differential -- <modules> <first seed>\n");
  process.exit(2);
}

const oracle = await ValidatorOracle.load();
const counts = { returned: 0, trap: 0, stackOverflow: 0, timeout: 0 };
const mutants = { accepted: 0, refused: 0 };
const seeds = Math.ceil(modules / MODULES_PER_SEED);
for (let seed = first; seed < first + seeds; seed++) {
  counts[compareRuns(seed)] += 1;
  const { accepted, refused } = oracle.compareMutants(seed);
  mutants.accepted += accepted;
  mutants.refused += refused;
  if ((seed - first + 1) % REPORT_EVERY === 0) process.stdout.write(`${seed - first + 1} seeds\n`);
}
process.stdout.write(
  `${seeds * MODULES_PER_SEED} modules, no difference; of those with a model ${counts.returned} returned, ` +
    `${counts.trap} trapped, ${counts.stackOverflow} overflowed their stack; ` +
    `${mutants.accepted} mutants accepted and ${mutants.refused} refused, by wabt too\n`,
);

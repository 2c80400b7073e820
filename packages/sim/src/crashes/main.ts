/** `npm run crashes`: the crash run at length, with what it crashed at. */
import { parseArgs } from "node:util";
import { runCrashes } from "./crashes.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    validators: { type: "string", default: "4" },
    paras: { type: "string", default: "2" },
    blocks: { type: "string", default: "60" },
    victim: { type: "string", default: "1" },
  },
});
const report = await runCrashes({
  seed: Number(values.seed),
  validators: Number(values.validators),
  paras: Number(values.paras),
  blocks: Number(values.blocks),
  victim: Number(values.victim),
  crashesMax: Number.POSITIVE_INFINITY,
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
say(
  `${report.crashes} crashes; best #${report.best}, final #${report.finalizedByAny}, on every node #${report.finalized}`,
);
for (const [site, count] of [...report.sites].sort(([, a], [, b]) => b - a))
  say(`${String(count).padStart(4)} at ${site}`);
for (const site of report.missed) say(`   0 at ${site}`);
for (const violation of report.violations) say(`VIOLATION ${violation}`);
process.exitCode =
  report.violations.length === 0 && report.finalized >= Number(values.blocks) ? 0 : 1;

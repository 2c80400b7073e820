/**
 * `npm run crashes`: the crash run at length: how often the machine crashed at each place that writes, in each way in
 * which a disk is left behind.
 */
import { parseArgs } from "node:util";
import { CRASH_KINDS } from "@parahost/storage/testing/crashing-store";
import { runCrashes } from "./crashes.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    validators: { type: "string", default: "4" },
    paras: { type: "string", default: "2" },
    blocks: { type: "string", default: "60" },
    "blocks-max": { type: "string", default: "600" },
    victim: { type: "string", default: "1" },
  },
});
const validators = Number(values.validators);
const report = await runCrashes({
  seed: Number(values.seed),
  validators,
  paras: Number(values.paras),
  blocks: Number(values.blocks),
  blocksMax: Number(values["blocks-max"]),
  victim: Number(values.victim),
  crashesMax: Number.POSITIVE_INFINITY,
  // Disputes are written down, too.
  roles: [
    {
      validator: (Number(values.victim) + 1) % validators,
      strategy: "B06",
      share: 0.1,
      fromSlot: 0,
      toSlot: Number.POSITIVE_INFINITY,
    },
  ],
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const crashes = [...report.places.values()].flat().length;
say(
  `${crashes} crashes; best #${report.best}, final #${report.finalizedByAny}, on every node #${report.finalized}`,
);
say(`${CRASH_KINDS.map((kind) => kind.padStart(11)).join("")}`);
for (const [place, planned] of report.places) {
  const counts = CRASH_KINDS.map((kind) => planned.filter((one) => one.kind === kind).length);
  say(`${counts.map((count) => String(count).padStart(11)).join("")}  at ${place}`);
}
for (const missed of report.missed) say(`never at ${missed}`);
for (const violation of report.violations) say(`VIOLATION ${violation}`);
const isWhole = report.missed.length === 0 && report.finalized >= Number(values.blocks);
process.exitCode = report.violations.length === 0 && isWhole ? 0 : 1;

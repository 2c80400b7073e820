/**
 * `npm run soak`: processes on this machine for a while, two of them killed now and then; prints what they use and how
 * finality goes. Ends with 1 when something happened that must not.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pause, WatchedNetwork } from "./watched-network.ts";

const { values } = parseArgs({
  options: {
    validators: { type: "string", default: "7" },
    paras: { type: "string", default: "3" },
    "slot-ms": { type: "string", default: "2000" },
    minutes: { type: "string", default: "60" },
    /** How often two random nodes are killed. */
    kills: { type: "string", default: "0" },
    /** Relay blocks to be final at least. */
    blocks: { type: "string", default: "30" },
  },
});
const minutes = Number(values.minutes);
const kills = Number(values.kills);
const slotMs = Number(values["slot-ms"]);
const SAMPLE_MS = 30_000;
/** Slots in which finality is to go on after the last restart of a crash. */
const RESUME_SLOTS_MAX = 5;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const directory = mkdtempSync(join(tmpdir(), "parahost-soak-"));
const startedAt = Date.now();
const watched = await WatchedNetwork.start({
  directory,
  validators: Number(values.validators),
  paras: Number(values.paras),
  slotMs,
  epochSlots: 20,
});
say(`${watched.network.nodes.length} processes, slots of ${slotMs / 1000} s`);
say(
  "   time   final  rss MiB (lowest, median, highest)  descriptors (highest)  loop delay p99 (highest)",
);

const sample = async (): Promise<void> => {
  const usage = await watched.usage();
  const rss = usage.map(({ rssMiB }) => rssMiB).sort((a, b) => a - b);
  const at = (share: number): string =>
    (rss[Math.floor(share * (rss.length - 1))] ?? 0).toFixed(0).padStart(6);
  const seconds = (Date.now() - startedAt) / 1000;
  const descriptors = Math.max(0, ...usage.map(({ descriptors: open }) => open));
  const lag = Math.max(0, ...usage.map(({ lagP99Ms }) => lagP99Ms)).toFixed(0);
  say(
    `${seconds.toFixed(0).padStart(6)} s  #${String(watched.finalizedByAll).padEnd(5)} ${at(0)} ${at(0.5)} ${at(1)}${String(descriptors).padStart(24)}${`${lag} ms`.padStart(25)}`,
  );
};
const sampling = setInterval(() => void sample(), SAMPLE_MS);

let slowest = 0;
if (!(await watched.until(() => watched.finalizedByAll >= 3, 60 * slotMs)))
  watched.violations.push("nothing became final");
for (let kill = 1; kill <= kills && watched.violations.length === 0; kill++) {
  const names = watched.network.nodes.map(({ name }) => name);
  const [first = 0, second = 1] = twoOf(names.length);
  const chosen = [names[first] as string, names[second] as string];
  const slots = await watched.crash(chosen, () => Math.random() * 2 * slotMs);
  slowest = Math.max(slowest, slots);
  say(`kill ${kill}: ${chosen.join(" and ")}; finality goes on after ${slots.toFixed(1)} slots`);
  if (slots > RESUME_SLOTS_MAX)
    watched.violations.push(`finality went on after ${slots.toFixed(1)} slots`);
}
while (Date.now() - startedAt < minutes * 60_000 && watched.violations.length === 0)
  await pause(1000);
const target = Number(values.blocks);
if (!(await watched.until(() => watched.finalizedByAll >= target, 4 * target * slotMs)))
  watched.violations.push(`only #${watched.finalizedByAll} is final on all nodes`);
clearInterval(sampling);
await sample();
const paras = [...watched.included].sort(([a], [b]) => a - b);
say(`paras: ${paras.map(([para, number]) => `${para} at #${number}`).join(", ")}`);
if (kills > 0) say(`slowest return of finality: ${slowest.toFixed(1)} slots`);
await watched.network.stop();
rmSync(directory, { recursive: true, force: true });
for (const violation of watched.violations) say(`VIOLATION ${violation}`);
process.exitCode = watched.violations.length === 0 ? 0 : 1;

function twoOf(count: number): readonly number[] {
  const first = Math.floor(Math.random() * count);
  const second = (first + 1 + Math.floor(Math.random() * (count - 1))) % count;
  return [first, second];
}

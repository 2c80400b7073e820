/**
 * `npm run soak`: processes on this machine for an hour, two of them killed now and then if asked for; prints the curve of
 * what they use and how finality goes. Ends with 1 when something happened that must not: a contradiction, an end nobody
 * asked for, an unhandled rejection, a node more than three blocks behind, an event loop that is late, memory or
 * descriptors that grow.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { growth } from "./growth.ts";
import { pause, WatchedNetwork } from "./watched-network.ts";

const { values } = parseArgs({
  options: {
    validators: { type: "string", default: "7" },
    paras: { type: "string", default: "3" },
    "slot-ms": { type: "string", default: "2000" },
    minutes: { type: "string", default: "60" },
    /** How often two random nodes are killed. */
    kills: { type: "string", default: "0" },
    /** What the event loop's delay (p99) must not exceed; a quarter of a slot unless given, the protocol's shortest wait. */
    "delay-ms": { type: "string" },
    /** Relay blocks to be final at least. */
    blocks: { type: "string", default: "30" },
  },
});
const minutes = Number(values.minutes);
const kills = Number(values.kills);
const slotMs = Number(values["slot-ms"]);
const delayMsMax = Number(values["delay-ms"] ?? slotMs / 4);
const SAMPLE_MS = 30_000;
/** Slots in which finality is to go on after the last restart of a crash. */
const RESUME_SLOTS_MAX = 5;
/** A node may be so many blocks behind the fastest, when nobody is killed. */
const LAG_MAX = 3;
/** In a shorter run caches are still filling. */
const FLAT_MINUTES_MIN = 30;
/** Share by which memory may be larger at the end than after the first sixth, and descriptors in number. */
const MEMORY_GROWTH_MAX = 0.2;
const DESCRIPTORS_GROWTH_MAX = 8;

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
  "   time   final  open  lag  rss MiB (lowest, median, highest)  descriptors (highest)  loop delay p99 (highest)",
);
let largestLag = 0;
const curve: { rssMiB: number; descriptors: number }[] = [];

const sample = async (): Promise<void> => {
  const usage = await watched.usage();
  const rss = usage.map(({ rssMiB }) => rssMiB).sort((a, b) => a - b);
  const at = (share: number): string =>
    (rss[Math.floor(share * (rss.length - 1))] ?? 0).toFixed(0).padStart(6);
  const seconds = (Date.now() - startedAt) / 1000;
  const descriptors = Math.max(0, ...usage.map(({ descriptors: open }) => open));
  const delay = Math.max(0, ...usage.map(({ delayP99Ms }) => delayP99Ms));
  for (const { name, delayP99Ms } of usage)
    if (delayP99Ms > delayMsMax)
      watched.violations.push(`the event loop of ${name} is late: p99 of ${delayP99Ms} ms`);
  const { lag: behind, unfinalized } = watched;
  largestLag = Math.max(largestLag, behind);
  if (usage.length === watched.network.nodes.length)
    curve.push({ rssMiB: rss.reduce((sum, one) => sum + one, 0), descriptors });
  say(
    `${seconds.toFixed(0).padStart(6)} s  #${String(watched.finalizedByAll).padEnd(5)} ${String(unfinalized).padStart(4)} ${String(behind).padStart(4)}  ${at(0)} ${at(0.5)} ${at(1)}${String(descriptors).padStart(24)}${`${delay.toFixed(0)} ms`.padStart(25)}`,
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
say(`largest lag: ${largestLag} blocks`);
if (kills === 0 && largestLag > LAG_MAX)
  watched.violations.push(`a node was ${largestLag} blocks behind the fastest`);
if (kills === 0 && minutes >= FLAT_MINUTES_MIN) {
  const grown = {
    rss: growth(curve.map(({ rssMiB }) => rssMiB)),
    fds: growth(curve.map(({ descriptors }) => descriptors)),
  };
  say(
    `memory: ${grown.rss.from.toFixed(0)} to ${grown.rss.to.toFixed(0)} MiB altogether; descriptors: ${grown.fds.from} to ${grown.fds.to}`,
  );
  if (grown.rss.to > grown.rss.from * (1 + MEMORY_GROWTH_MAX))
    watched.violations.push("memory grows");
  if (grown.fds.to > grown.fds.from + DESCRIPTORS_GROWTH_MAX)
    watched.violations.push("descriptors grow");
}
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

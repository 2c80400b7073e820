/**
 * `npm run lab -- --seeds 10000`: scenarios drawn from many seeds, in several processes, for a change or for a
 * night. `--planted`: the mistakes that the lab has to find. Exit codes: 0 all held, 1 something did not, 2
 * wrong usage.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { drawScenario, MIX_NAMES, type MixName } from "./draw.ts";
import { LOAD_SLOTS, playLoad } from "./load.ts";
import { PLANTED_BUGS, type PlantedBug } from "./planted/bugs.ts";
import { planting } from "./planted/planting.ts";
import { brokenIn, play } from "./play.ts";
import { smallest } from "./play-file.ts";
import { type RunLine, scenarioLine, summaryOf, withoutEffect } from "./summary.ts";
import { SWEEP_SIZE } from "./sweep.ts";
import { playAll } from "./workers.ts";

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly seed?: number;
  readonly mix: MixName;
  readonly processes: number;
  readonly out?: string;
  /** All of them, or one by its id. */
  readonly planted?: true | string;
  /** Slots under load. */
  readonly load?: true | number;
  /** Every case of the sweep, instead of seeds. */
  readonly sweep?: true;
  /** No run begins later than this. */
  readonly minutes?: number;
}

/** A line of progress after so many runs. */
const PROGRESS_RUNS = 20;
/** In a set of so many runs a strategy that never took effect is a failure. */
const ALL_SEEN_RUNS = 200;

const whole = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Plays one seed here, and makes it smaller when it fails. */
async function playOne(seed: number, mix: Options["mix"]): Promise<number> {
  const scenario = drawScenario(seed, mix);
  say(scenarioLine(scenario));
  const outcome = await play(scenario);
  for (const { property, held, seen } of outcome.verdicts)
    say(`${property} ${held ? "held" : "VIOLATED"}: ${seen}`);
  if (brokenIn(outcome).size === 0) return 0;
  for (const line of await smallest(outcome)) say(line);
  return 1;
}

/** What an earlier run has written, when it is gone on with. */
function readRuns(file: string | undefined): RunLine[] {
  if (file === undefined || !existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as RunLine);
}

async function playMany({ seeds, from, mix, processes, out, minutes }: Options): Promise<number> {
  const startedAt = performance.now();
  const secondsSince = (): number => (performance.now() - startedAt) / 1000;
  const wanted = Array.from({ length: seeds }, (_, index) => from + index);
  const runs = readRuns(out).filter(({ seed }) => wanted.includes(seed));
  const done = new Set(runs.map(({ seed }) => seed));
  if (done.size > 0) say(`${done.size} seeds are in ${out} already`);
  const tasks = wanted.filter((seed) => !done.has(seed)).map((seed) => ({ seed, mix }));
  await playAll(tasks, {
    processes,
    onRun: (run) => {
      runs.push(run);
      if (out !== undefined) appendFileSync(out, `${JSON.stringify(run)}\n`);
      if (run.broken.length > 0) {
        say(`seed ${run.seed} violates ${run.broken.join(", ")}: ${run.lines[0] ?? ""}`);
        say(`  again, and smaller: npm run lab -- --seed ${run.seed} --mix ${mix}`);
      }
      if (runs.length % PROGRESS_RUNS === 0)
        process.stderr.write(`${runs.length} of ${seeds} seeds, ${secondsSince().toFixed(0)} s\n`);
      return minutes !== undefined && secondsSince() > 60 * minutes;
    },
  });
  runs.sort((a, b) => a.seed - b.seed);
  for (const line of summaryOf(runs)) say(line);
  const idle = withoutEffect(runs);
  if (idle.length > 0 && runs.length >= ALL_SEEN_RUNS) say(`never took effect: ${idle.join(", ")}`);
  const failed = runs.filter(({ broken }) => broken.length > 0).length;
  say(`${runs.length} of ${seeds} seeds, ${failed} failed, ${secondsSince().toFixed(0)} s`);
  return failed > 0 || (idle.length > 0 && runs.length >= ALL_SEEN_RUNS) ? 1 : 0;
}

/** Whether a seed's scenario can meet the mistake at all: others are not played. */
const canMeet = (seed: number, { strategies, mix = "ci" }: PlantedBug): boolean =>
  strategies === undefined ||
  drawScenario(seed, mix).roles.some(({ strategy }) => strategies.includes(strategy));

/** Plays seeds until one finds the mistake; the run that did, or how many did not. */
async function findBug(bug: PlantedBug, { seeds, from, processes }: Options) {
  const tasks = Array.from({ length: seeds }, (_, index) => from + index)
    .filter((seed) => canMeet(seed, bug))
    .map((seed) => ({ seed, mix: bug.mix ?? "ci" }));
  let found: { readonly run: RunLine; readonly property: string } | undefined;
  let played = 0;
  await playAll(tasks, {
    processes,
    ...planting(bug),
    onRun: (run) => {
      played += 1;
      const property = bug.properties.find((one) => run.broken.includes(one));
      if (property !== undefined && (found === undefined || run.seed < found.run.seed))
        found = { run, property };
      return found !== undefined;
    },
  });
  return { found, played };
}

/** A line for each mistake: the first seed that found it, and by which property. */
async function findPlanted(options: Options): Promise<number> {
  const bugs = PLANTED_BUGS.filter(({ id }) => options.planted === true || id === options.planted);
  if (bugs.length === 0) {
    process.stderr.write(`error: there are ${PLANTED_BUGS.map(({ id }) => id).join(", ")}\n`);
    return 2;
  }
  let missed = 0;
  for (const bug of bugs) {
    const { found, played } = await findBug(bug, options);
    if (found === undefined) missed += 1;
    const how =
      found === undefined
        ? `NOT FOUND in ${played} runs`
        : `seed ${found.run.seed} by ${found.property}, after ${played} runs: ${found.run.lines[0] ?? ""}`;
    say(`${bug.id.padEnd(24)} ${how}`);
  }
  say(`${bugs.length - missed} of ${bugs.length} found`);
  return missed === 0 ? 0 : 1;
}

const program = new Command("lab")
  .description("play scenarios drawn from seeds, and check every property")
  .option("--seeds <n>", "how many", whole, 200)
  .option("--from <seed>", "the first of them", whole, 1)
  .option("--seed <seed>", "this one alone, made smaller if it fails", whole)
  .addOption(new Option("--mix <mix>", "sizes and lengths").choices(MIX_NAMES).default("night"))
  .option("--processes <n>", "at a time", whole, availableParallelism())
  .option("--out <file>", "a line of JSON for each run; what is there already is not run again")
  .option("--load [slots]", `disputes under load, for ${LOAD_SLOTS} slots unless given`, whole)
  .option(
    "--sweep",
    "each strategy, alone and in pairs, in every network, with every number of faulty",
  )
  .option("--minutes <n>", "begin no run later than that; --out goes on with the rest", whole)
  .option("--planted [id]", "plant mistakes, and see that each is found")
  .exitOverride()
  .action(async (options: Options) => {
    if (options.load !== undefined) {
      const slots = options.load === true ? LOAD_SLOTS : options.load;
      process.exitCode = (await playLoad(slots, say)) ? 0 : 1;
      return;
    }
    if (options.planted !== undefined) {
      process.exitCode = await findPlanted(options);
      return;
    }
    if (options.sweep === true) {
      process.exitCode = await playMany({ ...options, from: 1, seeds: SWEEP_SIZE, mix: "sweep" });
      return;
    }
    process.exitCode =
      options.seed === undefined
        ? await playMany(options)
        : await playOne(options.seed, options.mix);
  });
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}

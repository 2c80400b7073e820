/**
 * The simulator as a command: runs a network in virtual time until a relay block is final, watched by an
 * observer, and prints what two runs of one seed must print alike. What differs between runs (how long
 * it took) goes to standard error.
 */
import type { Logger, LogLevel } from "@parahost/base";
import { describe } from "@parahost/base";
import { type Command, InvalidArgumentError, Option } from "commander";
import { playFile } from "./lab/play-file.ts";
import { Observer } from "./observer/observer.ts";
import { Simulation } from "./simulation.ts";

export interface SimulateOptions {
  readonly seed: number;
  readonly validators: number;
  readonly paras: number;
  readonly untilFinalized: number;
  readonly groupSize?: number;
  readonly slotMs: number;
  readonly epochSlots: number;
  readonly candidateDepth: number;
  readonly ancestry: number;
  readonly invalidStatements?: true;
  readonly loss: number;
  readonly latencyMs: number;
  readonly jitterMs: number;
  readonly silent: number;
  readonly silentUntil?: number;
  readonly log?: LogLevel;
  /** A file; all other settings are then in it. */
  readonly scenario?: string;
  readonly seeds: number;
}

/** Virtual slots after which a run that has not finalized has failed, per block that was asked for. */
const SLOTS_PER_BLOCK_MAX = 6;
const SLOTS_AT_LEAST = 60;
const LEVELS: readonly LogLevel[] = ["error", "warn", "info", "debug", "trace"];

/** Settings that a scenario's file has. */
const IN_SCENARIO = [
  "seed",
  "validators",
  "paras",
  "untilFinalized",
  "slotMs",
  "epochSlots",
  "candidateDepth",
  "ancestry",
  "loss",
  "latencyMs",
  "jitterMs",
  "silent",
  "silentUntil",
];

const whole =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    return value;
  };

/** Genesis takes whole halves of a second. */
function slotDuration(text: string): number {
  const value = whole(500, 60_000)(text);
  if (value % 500 !== 0) throw new InvalidArgumentError("It must be a multiple of 500.");
  return value;
}

function shareBelowOne(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < 1))
    throw new InvalidArgumentError("It must be a number from 0 up to, but not, 1.");
  return value;
}

/** The flags of a simulation, for whichever program offers them. */
export function addSimulationOptions(command: Command): Command {
  return command
    .option("--seed <n>", "what all chance is drawn from", whole(0, 2 ** 32 - 1), 1)
    .option("--validators <n>", "relay chain validators", whole(2, 1000), 4)
    .option("--paras <n>", "parachains, from id 1000 on: ledger, adder, …", whole(0, 100), 2)
    .option(
      "--until-finalized <n>",
      "end once relay block <n> is final everywhere",
      whole(1, 1_000_000),
      10,
    )
    .option(
      "--group-size <n>",
      "validators of a backing group at most; so many that finality cannot be stopped unless given",
      whole(1, 1000),
    )
    .option("--slot-ms <ms>", "slot duration", slotDuration, 6000)
    .option("--epoch-slots <n>", "slots of an epoch, which is a session", whole(4, 100_000), 20)
    .option(
      "--candidate-depth <n>",
      "candidates of a para that may follow one another before they are included, beyond the first",
      whole(0, 16),
      0,
    )
    .option("--invalid-statements", "validators sign what they find invalid in backing")
    .option("--ancestry <n>", "blocks by which relay parents may lag behind", whole(0, 16), 0)
    .option("--loss <share>", "share of messages that never arrive", shareBelowOne, 0)
    .option("--latency-ms <ms>", "shortest time a message takes", whole(0, 60_000), 20)
    .option("--jitter-ms <ms>", "up to so much is added", whole(0, 60_000), 30)
    .option("--silent <n>", "validators that nothing reaches or leaves", whole(0, 1000), 0)
    .option("--silent-until <n>", "they return at this slot", whole(1, 1_000_000))
    .addOption(
      new Option(
        "--scenario <file>",
        "play what the file says instead: who is faulty, and how",
      ).conflicts(IN_SCENARIO),
    )
    .option("--seeds <n>", "with so many seeds, from the file's on", whole(1, 1_000_000), 1)
    .addOption(
      new Option("--log <level>", "log lines of all nodes on standard error").choices(LEVELS),
    );
}

/** Runs one simulation. 0 when everything held and the block became final, 1 otherwise. */
export async function simulate(options: SimulateOptions): Promise<number> {
  const startedAt = performance.now();
  const out = (line: string): void => void process.stdout.write(`${line}\n`);
  const complain = (line: string): void => void process.stderr.write(`${line}\n`);
  const log = options.log === undefined ? undefined : logTo(options.log);
  if (options.scenario !== undefined)
    return playFile(options.scenario, options.seeds, out, complain, log);
  if (options.seeds !== 1) {
    complain("error: --seeds is for a file: give it by --scenario, or one --seed");
    return 2;
  }
  const { seed, validators, paras, untilFinalized, slotMs, epochSlots, silent } = options;
  if (silent >= validators) {
    complain("error: at least one validator must not be silent");
    return 2;
  }
  out(`seed ${seed}: ${validators} validators, ${paras} parachains, slots of ${slotMs} ms`);
  const simulation = new Simulation({
    seed,
    validators,
    paras,
    slotMs,
    epochSlots,
    ...(options.groupSize === undefined ? {} : { groupSize: options.groupSize }),
    invalidStatements: options.invalidStatements === true,
    configuration: {
      asyncBackingParams: {
        maxCandidateDepth: options.candidateDepth,
        allowedAncestryLen: options.ancestry,
      },
    },
    links: { loss: options.loss, latencyMs: options.latencyMs, jitterMs: options.jitterMs },
    ...(log === undefined ? {} : { log }),
  });
  const observer = new Observer(simulation);
  const startedVirtualAt = simulation.now;
  const silenced = silent > 0 ? simulation.silence(silent) : [];
  if (silent > 0) out(`silent: ${silenced.map(({ name }) => name).join(", ")}`);
  const limit = slotMs * Math.max(SLOTS_AT_LEAST, SLOTS_PER_BLOCK_MAX * untilFinalized);
  let reached: boolean;
  if (options.silentUntil !== undefined && silent > 0) {
    await simulation.run(slotMs * options.silentUntil);
    out(`slot ${options.silentUntil}: they return, finalized so far: #${finalizedBy(simulation)}`);
    simulation.heal();
    reached = await simulation.runUntilFinalized(untilFinalized, limit);
  } else reached = await simulation.runUntilFinalized(untilFinalized, limit, silenced);

  const chain = simulation.validators[0]?.chain;
  for (let number = 1; number <= untilFinalized && chain !== undefined; number++) {
    if (number > chain.finalized().number) break;
    out(`#${number} ${chain.hashByNumber(number)}`);
  }
  for (const { plan, para } of simulation.collators)
    out(
      `${plan.kind} ${plan.id}: block #${para.head("best").number ?? 0} included, #${para.head("finalized").number ?? 0} finalized`,
    );
  for (const line of observer.report()) out(line);
  const virtualSeconds = (simulation.now - startedVirtualAt) / 1000;
  await simulation.stop();
  const seconds = (performance.now() - startedAt) / 1000;
  process.stderr.write(
    `${virtualSeconds.toFixed(0)} s of virtual time in ${seconds.toFixed(1)} s\n`,
  );
  if (!reached) {
    out(`seed ${seed}: relay block #${untilFinalized} did not become final in time`);
    return 1;
  }
  return observer.violations.length === 0 ? 0 : 1;
}

const finalizedBy = ({ validators }: Simulation): number =>
  Math.max(...validators.map(({ chain }) => chain.finalized().number));

function logTo(level: LogLevel): (atMs: number, node: string) => Logger {
  return (atMs, node) => ({
    log: (its, target, message, fields) => {
      if (LEVELS.indexOf(its) > LEVELS.indexOf(level)) return;
      const details = fields === undefined ? "" : ` ${describe(fields)}`;
      process.stderr.write(
        `${(atMs / 1000).toFixed(3)} ${node} ${its} ${target}: ${message}${details}\n`,
      );
    },
  });
}

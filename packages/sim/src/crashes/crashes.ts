/**
 * A run in which one validator's machine crashes again and again: before, while and after it writes, at every place that
 * writes, in each of the ways in which a disk may be left behind. The observer sees to it that it contradicts nobody and
 * nothing that it promised is lost.
 *
 * Reference: fault-catalogue.md 7 (K01 to K04, K15, K16).
 */
import { randomBelow, SeededRandom } from "@parahost/base";
import { NODE_COLUMNS, type NodeColumn } from "@parahost/node/service/node";
import {
  CRASH_KINDS,
  type Crash,
  CrashingStore,
  type CrashKind,
  type CrashMoment,
  type WriteSite,
} from "@parahost/storage/testing/crashing-store";
import { validatorName } from "../local-network.ts";
import { Observer } from "../observer/observer.ts";
import { violationLine } from "../observer/violation.ts";
import { Simulation } from "../simulation.ts";

const MOMENTS: readonly CrashMoment[] = ["before", "during", "after"];
/** Slots of 6 s that a block may take on average while a machine crashes over and over. */
const SLOTS_PER_BLOCK_MAX = 6;
/** Slots between a restart and the next crash. */
const UP_SLOTS = 1;
const DOWN_MS_MAX = 7000;

export interface CrashOptions {
  readonly seed: number;
  readonly validators: number;
  readonly paras: number;
  /** Relay blocks to become final on every node. */
  readonly blocks: number;
  /** No more crashes after this many. */
  readonly crashesMax: number;
  /** Which validator's machine it is. */
  readonly victim: number;
}

export interface CrashReport {
  readonly crashes: number;
  /** How often the machine crashed at each place, by its name. */
  readonly sites: ReadonlyMap<string, number>;
  /** Ways that took effect: moment and kind. */
  readonly ways: ReadonlySet<string>;
  /** Places that were written to and never crashed at. */
  readonly missed: readonly string[];
  readonly violations: readonly string[];
  /** What every node calls final. */
  readonly finalized: number;
  /** What any node calls final, and its best block. */
  readonly finalizedByAny: number;
  readonly best: number;
}

export async function runCrashes(options: CrashOptions): Promise<CrashReport> {
  const { seed, validators, paras, blocks, crashesMax, victim } = options;
  const sites = new Map<string, number>();
  const ways = new Set<string>();
  const seen = new Set<string>();
  const name = validatorName(victim);
  let crashes = 0;
  let upAt = 0;
  let random: SeededRandom | undefined;

  /** What at least so many nodes call final. */
  const finalized = (nodes: number): number => {
    const numbers = simulation.validators.map(({ chain }) => chain.finalized().number);
    return numbers.sort((a, b) => b - a)[nodes - 1] ?? 0;
  };
  /** Places that crashed least often come first; each takes the next of all ways. */
  const crashAt = ({ name: site }: WriteSite): Crash | undefined => {
    seen.add(site);
    if (random === undefined || crashes >= crashesMax || finalized(1) >= blocks) return undefined;
    if (simulation.now < upAt + UP_SLOTS * simulation.slotMs) return undefined;
    const count = sites.get(site) ?? 0;
    const least = Math.min(...[...seen].map((other) => sites.get(other) ?? 0));
    // A place that is seldom written to is not waited for for ever.
    if (count > least && randomBelow(random, 64) !== 0) return undefined;
    const way = crashes % (MOMENTS.length * CRASH_KINDS.length);
    const moment = MOMENTS[way % MOMENTS.length] as CrashMoment;
    const kind = CRASH_KINDS[Math.floor(way / MOMENTS.length)] as CrashKind;
    crashes += 1;
    sites.set(site, count + 1);
    ways.add(`${moment} ${kind}`);
    upAt = Number.POSITIVE_INFINITY;
    return { moment, kind };
  };
  const disk = new CrashingStore<NodeColumn>(NODE_COLUMNS, {
    random: new SeededRandom(seed).fork("disk"),
    crashAt,
  });
  const simulation = new Simulation({
    seed,
    validators,
    paras,
    disk: (node) => (node === name ? disk : undefined),
  });
  const observer = new Observer(simulation);
  random = simulation.random;
  upAt = simulation.now;

  const limit = simulation.now + blocks * SLOTS_PER_BLOCK_MAX * simulation.slotMs;
  while (finalized(validators) < blocks && simulation.now < limit) {
    await simulation.run(100);
    if (!disk.isDown) continue;
    let isBack = false;
    const restarting = simulation.restart(victim, 1 + randomBelow(random, DOWN_MS_MAX));
    void restarting.then(() => {
      isBack = true;
    });
    while (!isBack) await simulation.run(100);
    await restarting;
    upAt = simulation.now;
  }
  await simulation.stop();
  return {
    crashes,
    sites,
    ways,
    missed: [...seen].filter((site) => !sites.has(site)),
    violations: observer.violations.map(violationLine),
    finalized: finalized(validators),
    finalizedByAny: finalized(1),
    best: Math.max(...simulation.validators.map(({ chain }) => chain.best().number)),
  };
}

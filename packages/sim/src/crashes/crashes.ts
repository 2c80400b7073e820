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
  type WriteSite,
} from "@parahost/storage/testing/crashing-store";
import { validatorName } from "../local-network.ts";
import { Observer } from "../observer/observer.ts";
import { violationLine } from "../observer/violation.ts";
import { Simulation } from "../simulation.ts";
import type { Role } from "../strategies/villain.ts";
import { CrashPlan } from "./crash-plan.ts";

/** Slots of 6 s that a block may take on average while a machine crashes over and over. */
const SLOTS_PER_BLOCK_MAX = 6;
/** Slots between a restart and the next crash, but for a place that was never crashed at. */
const UP_SLOTS = 1;
const DOWN_MS_MAX = 7000;

export interface CrashOptions {
  readonly seed: number;
  readonly validators: number;
  readonly paras: number;
  /** Relay blocks to become final on every node. */
  readonly blocks: number;
  /**
   * While some place was not crashed at in each of the ways in which a disk is left behind, the run goes on up
   * to this block; not beyond `blocks` without it.
   */
  readonly blocksMax?: number;
  /** No more crashes after this many. */
  readonly crashesMax: number;
  /** Which validator's machine it is. */
  readonly victim: number;
  /** What others do, so that there is more to write down. */
  readonly roles?: readonly Role[];
}

export interface CrashReport {
  /** The crashes at each place that was written to, by its name. */
  readonly places: ReadonlyMap<string, readonly Crash[]>;
  /** Kinds of crash that a place has not seen. */
  readonly missed: readonly string[];
  readonly violations: readonly string[];
  /** What every node calls final. */
  readonly finalized: number;
  /** What any node calls final, and its best block. */
  readonly finalizedByAny: number;
  readonly best: number;
}

export async function runCrashes(options: CrashOptions): Promise<CrashReport> {
  const { seed, validators, paras, blocks, crashesMax, victim, roles } = options;
  const { blocksMax = blocks } = options;
  const name = validatorName(victim);
  const chance = new SeededRandom(seed);
  const plan = new CrashPlan(chance.fork("crashes"));
  let crashes = 0;
  /** Since when the machine is up; before the network has started it does not crash. */
  let upAt = Number.POSITIVE_INFINITY;

  /** What at least so many nodes call final. */
  const finalized = (nodes: number): number => {
    const numbers = simulation.validators.map(({ chain }) => chain.finalized().number);
    return numbers.sort((a, b) => b - a)[nodes - 1] ?? 0;
  };
  const missed = (): string[] =>
    [...plan.places].flatMap(([place, planned]) =>
      CRASH_KINDS.filter((kind) => planned.every((one) => one.kind !== kind)).map(
        (kind) => `${place}: ${kind}`,
      ),
    );
  const isOver = (): boolean => {
    const final = finalized(1);
    return final >= blocksMax || (final >= blocks && missed().length === 0);
  };
  const crashAt = ({ name: place }: WriteSite): Crash | undefined => {
    if (upAt === Number.POSITIVE_INFINITY || crashes >= crashesMax || isOver()) return undefined;
    const isNew = plan.at(place).length === 0;
    if (!isNew && simulation.now < upAt + UP_SLOTS * simulation.slotMs) return undefined;
    const crash = plan.next(place);
    if (crash === undefined) return undefined;
    crashes += 1;
    upAt = Number.POSITIVE_INFINITY;
    simulation.clock.setTimer(0, () => void restart());
    return crash;
  };
  const restart = async (): Promise<void> => {
    await simulation.restart(victim, 1 + randomBelow(chance, DOWN_MS_MAX));
    upAt = simulation.now;
  };
  const disk = new CrashingStore<NodeColumn>(NODE_COLUMNS, {
    random: chance.fork("disk"),
    crashAt,
  });
  const simulation = new Simulation({
    seed,
    validators,
    paras,
    disk: (node) => (node === name ? disk : undefined),
    ...(roles === undefined ? {} : { roles }),
  });
  const observer = new Observer(simulation);
  upAt = simulation.now;

  const limit = simulation.now + blocksMax * SLOTS_PER_BLOCK_MAX * simulation.slotMs;
  while (!(isOver() && finalized(validators) >= blocks) && simulation.now < limit)
    await simulation.run(simulation.slotMs / 2);
  await simulation.stop();
  return {
    places: plan.places,
    missed: missed(),
    violations: observer.violations.map(violationLine),
    finalized: finalized(validators),
    finalizedByAny: finalized(1),
    best: Math.max(...simulation.validators.map(({ chain }) => chain.best().number)),
  };
}

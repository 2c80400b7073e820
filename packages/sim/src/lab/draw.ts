/**
 * Scenarios from seeds. First it is drawn which kinds of fault there are at all, then how bad each is: else
 * everything would always be a little broken, and rare combinations would never occur.
 */
import { randomBelow, SeededRandom } from "@parahost/base";
import { byzantine } from "@parahost/primitives";
import { STRATEGIES, strategyOf } from "../strategies/index.ts";
import type { Role } from "../strategies/villain.ts";
import { NETWORK_FAULTS, type NetworkFault } from "./network-faults.ts";
import { DEFAULT_SCENARIO, type Scenario } from "./scenario.ts";
import { sweepScenario } from "./sweep.ts";

export interface Mix {
  /** Network sizes, each as often as it stands here: small ones find most, and cost least. */
  readonly validators: readonly number[];
  readonly slots: number;
  readonly calmSlots: number;
  /** One of a few lengths unless given. */
  readonly epochSlots?: number;
  /** For one purpose: who is always faulty, by which strategy, in a network that is sound. */
  readonly cast?: {
    readonly strategy: string;
    readonly faulty: number;
    /** Slots in one of which it begins. */
    readonly fromSlots?: number;
  };
}

export const MIXES = {
  /** For each change. */
  ci: { validators: [4, 4, 4, 4, 4, 4, 5, 6, 7], slots: 12, calmSlots: 22 },
  /** For a night. */
  night: { validators: [4, 4, 4, 5, 6, 6, 7, 7, 10, 10, 13, 31], slots: 40, calmSlots: 26 },
  /** Most machines lose power all the time. */
  crashes: { validators: [4], slots: 24, calmSlots: 0, cast: { strategy: "B02", faulty: 3 } },
  /** A group that is faulty as a whole backs garbage at once. */
  collusion: { validators: [4], slots: 14, calmSlots: 0, cast: { strategy: "B33", faulty: 1 } },
  /** Garbage at the end of short sessions, and authors among the guilty who leave its dispute to the next one. */
  garbage: {
    validators: [4],
    slots: 18,
    calmSlots: 14,
    epochSlots: 8,
    cast: { strategy: "B33", faulty: 1, fromSlots: 14 },
  },
  /** Two stand for and against what never was. */
  spam: { validators: [7], slots: 12, calmSlots: 0, cast: { strategy: "B08", faulty: 2 } },
} as const satisfies Readonly<Record<string, Mix>>;
/** `sweep`: no chance decides who is faulty, and each seed is another case. */
export type MixName = keyof typeof MIXES | "sweep";
export const MIX_NAMES: readonly MixName[] = [...(Object.keys(MIXES) as MixName[]), "sweep"];

const SHARES = [0.25, 0.5, 1, 1] as const;

export function drawScenario(seed: number, name: MixName): Scenario {
  if (name === "sweep") return sweepScenario(seed);
  const mix: Mix = MIXES[name];
  const random = new SeededRandom(`scenario ${seed}`);
  const below = (bound: number): number => randomBelow(random, bound);
  const oneOf = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const isOn = (): boolean => below(2) === 0;
  const validators = oneOf(mix.validators);
  const groups = drawGroups(validators, below);
  const faulty = isOn() ? byzantine(validators) : below(byzantine(validators) + 1);
  const roles = drawRoles(validators, mix.cast?.faulty ?? faulty, mix, below, oneOf, isOn);
  const network = mix.cast === undefined && isOn() ? drawFaults(validators, mix, below, oneOf) : [];
  const isAsync = isOn();
  return withPartners({
    ...DEFAULT_SCENARIO,
    seed,
    validators,
    paras: 1 + below(Math.min(2, groups)),
    groups,
    rotationBlocks: oneOf([2, 3, 5, 20]),
    epochSlots: oneOf(mix.epochSlots === undefined ? [8, 12, 20] : [mix.epochSlots]),
    candidateDepth: isAsync ? 2 : 0,
    ancestry: isAsync ? 2 : 0,
    latencyMs: oneOf([5, 20, 100]),
    jitterMs: oneOf([0, 30, 300]),
    roles,
    network,
    slots: mix.slots,
    calmSlots: mix.calmSlots,
  });
}

/** The smallest network in which backing groups of two leave enough checkers. */
const VALIDATORS_FOR_PAIRS = 5;

/** Strategies that deceive the others of a group find some there. */
function withPartners(scenario: Scenario): Scenario {
  if (!scenario.roles.some(({ strategy }) => strategyOf(strategy).needsPartners === true))
    return scenario;
  const validators = Math.max(scenario.validators, VALIDATORS_FOR_PAIRS);
  const groups = Math.min(scenario.groups, Math.ceil(validators / 2));
  return { ...scenario, validators, groups, paras: Math.min(scenario.paras, groups) };
}

/**
 * Backing groups so small that checkers remain: with all that may be faulty among them, more than a third must
 * be honest and no backers (node-side reference, 6.4: what approves when everybody has been asked).
 */
function drawGroups(validators: number, below: (bound: number) => number): number {
  const f = byzantine(validators);
  const largest = Math.max(1, validators - f - Math.floor(validators / 3) - 1);
  const size = 1 + below(Math.min(3, largest));
  return Math.ceil(validators / size);
}

function drawRoles(
  validators: number,
  faulty: number,
  { slots, calmSlots, cast }: Mix,
  below: (bound: number) => number,
  oneOf: <T>(items: readonly T[]) => T,
  isOn: () => boolean,
): Role[] {
  if (faulty === 0) return [];
  // One strategy for all of them, or a pair in each.
  const strategies =
    cast !== undefined
      ? [strategyOf(cast.strategy)]
      : isOn()
        ? [oneOf(STRATEGIES)]
        : [oneOf(STRATEGIES), oneOf(STRATEGIES)];
  const first = below(validators);
  const share = oneOf(SHARES);
  const fromSlot = below(cast?.fromSlots ?? 4);
  return [...new Set(strategies)].flatMap(({ id, keepsPromises }) => {
    // Who is merely away may stay away.
    const staysAway = keepsPromises === true && strategies.length === 1 && isOn();
    const toSlot = staysAway ? slots + calmSlots : slots;
    return Array.from(
      { length: faulty },
      (_, index): Role => ({
        validator: (first + index) % validators,
        strategy: id,
        share: staysAway ? 1 : share,
        fromSlot,
        toSlot,
      }),
    );
  });
}

function drawFaults(
  validators: number,
  { slots }: Mix,
  below: (bound: number) => number,
  oneOf: <T>(items: readonly T[]) => T,
): NetworkFault[] {
  const kinds = new Set([oneOf(NETWORK_FAULTS), oneOf(NETWORK_FAULTS)]);
  return [...kinds].map((type) => drawFault(type, validators, slots, below, oneOf));
}

function drawFault(
  type: NetworkFault["type"],
  validators: number,
  slots: number,
  below: (bound: number) => number,
  oneOf: <T>(items: readonly T[]) => T,
): NetworkFault {
  const fromSlot = below(Math.max(1, slots - 2));
  const span = { fromSlot, toSlot: Math.min(slots, fromSlot + 1 + below(8)) };
  const first = below(validators);
  const count = 1 + below(Math.max(1, Math.floor(validators / 2)));
  const chosen = Array.from({ length: count }, (_, index) => (first + index) % validators);
  switch (type) {
    case "slow":
      return { type, validators: [first], extraMs: oneOf([500, 2_000]), ...span };
    case "loss":
      return { type, share: oneOf([0.01, 0.1, 0.3]), ...span };
    case "requests":
    case "reorder":
    case "duplicate":
      return { type, share: oneOf([0.05, 0.2, 0.5]), ...span };
    case "partition":
    case "oneWay":
    case "clog":
      return { type, validators: chosen, ...span };
    case "flap":
      return { type, validators: chosen, periodMs: 1_000 * (1 + below(10)), ...span };
  }
}

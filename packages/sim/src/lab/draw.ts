/**
 * Scenarios from seeds. First it is drawn which kinds of fault there are at all, then how bad each is: else
 * everything would always be a little broken, and rare combinations would never occur.
 */
import { randomBelow, SeededRandom } from "@parahost/base";
import { byzantine } from "@parahost/primitives";
import { STRATEGIES } from "../strategies/index.ts";
import type { Role } from "../strategies/villain.ts";
import { NETWORK_FAULTS, type NetworkFault } from "./network-faults.ts";
import { DEFAULT_SCENARIO, type Scenario } from "./scenario.ts";

/** Network sizes, each as often as it stands here: small ones find most, and cost least. */
export interface Mix {
  readonly validators: readonly number[];
  readonly slots: number;
  readonly calmSlots: number;
}

export const CI_MIX: Mix = { validators: [4, 4, 4, 4, 4, 4, 5, 6, 7], slots: 12, calmSlots: 22 };
export const NIGHT_MIX: Mix = {
  validators: [4, 4, 4, 5, 6, 6, 7, 7, 10, 10, 13, 31],
  slots: 40,
  calmSlots: 26,
};

const SHARES = [0.25, 0.5, 1, 1] as const;

export function drawScenario(seed: number, mix: Mix): Scenario {
  const random = new SeededRandom(`scenario ${seed}`);
  const below = (bound: number): number => randomBelow(random, bound);
  const oneOf = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const isOn = (): boolean => below(2) === 0;
  const validators = oneOf(mix.validators);
  const groups = drawGroups(validators, below);
  const faulty = isOn() ? byzantine(validators) : below(byzantine(validators) + 1);
  const roles = drawRoles(validators, faulty, mix, below, oneOf, isOn);
  const network = isOn() ? drawFaults(validators, mix, below, oneOf) : [];
  const isAsync = isOn();
  return {
    ...DEFAULT_SCENARIO,
    seed,
    validators,
    paras: 1 + below(Math.min(2, groups)),
    groups,
    rotationBlocks: oneOf([2, 3, 5, 20]),
    epochSlots: oneOf([8, 12, 20]),
    candidateDepth: isAsync ? 2 : 0,
    ancestry: isAsync ? 2 : 0,
    latencyMs: oneOf([5, 20, 100]),
    jitterMs: oneOf([0, 30, 300]),
    roles,
    network,
    slots: mix.slots,
    calmSlots: mix.calmSlots,
  };
}

/**
 * Backing groups so small that checkers remain: with all that may be faulty among them, more than a third must
 * be honest and no backers (node-side reference, 6.4: what approves when everybody has been asked).
 */
function drawGroups(validators: number, below: (bound: number) => number): number {
  const f = byzantine(validators);
  const largest = Math.max(1, validators - f - Math.floor(validators / 3) - 1);
  const size = 1 + below(Math.min(3, largest));
  return Math.floor(validators / size);
}

function drawRoles(
  validators: number,
  faulty: number,
  { slots, calmSlots }: Mix,
  below: (bound: number) => number,
  oneOf: <T>(items: readonly T[]) => T,
  isOn: () => boolean,
): Role[] {
  if (faulty === 0) return [];
  // One strategy for all of them, or a pair in each.
  const strategies = isOn() ? [oneOf(STRATEGIES)] : [oneOf(STRATEGIES), oneOf(STRATEGIES)];
  const first = below(validators);
  const share = oneOf(SHARES);
  const fromSlot = below(4);
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

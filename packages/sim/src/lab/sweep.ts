/**
 * Everything once: each strategy alone and with each other one, in networks of every size, with every number of
 * faulty validators from none to f. The cheapest come first: whoever has less time sees the more of it.
 */
import { byzantine } from "@parahost/primitives";
import { STRATEGIES } from "../strategies/index.ts";
import { DEFAULT_SCENARIO, type Scenario } from "./scenario.ts";

const SIZES = [4, 6, 7, 10, 13, 31] as const;
const SLOTS = 12;
const CALM_SLOTS = 22;
/** Backing groups are as large as may be, up to this. */
const GROUP_MAX = 3;

interface Case {
  readonly validators: number;
  readonly faulty: number;
  readonly strategies: readonly string[];
}

const casts = (ids: readonly string[], size: 1 | 2): string[][] =>
  size === 1
    ? ids.map((id) => [id])
    : ids.flatMap((id, index) => ids.slice(index + 1).map((other) => [id, other]));

const IDS = STRATEGIES.map(({ id }) => id);

/** All of them, in the order in which they are played. */
const CASES: readonly Case[] = ([1, 2] as const).flatMap((size) =>
  SIZES.flatMap((validators) => {
    const sound: Case[] = size === 1 ? [{ validators, faulty: 0, strategies: [] }] : [];
    const numbers = Array.from({ length: byzantine(validators) }, (_, index) => index + 1);
    return [
      ...sound,
      ...numbers.flatMap((faulty) =>
        casts(IDS, size).map((strategies) => ({ validators, faulty, strategies })),
      ),
    ];
  }),
);

export const SWEEP_SIZE = CASES.length;

/** The case with this number, from 1 on. Faulty validators stand side by side, so that groups are theirs. */
export function sweepScenario(number: number): Scenario {
  const found = CASES[number - 1];
  if (found === undefined) throw new RangeError(`there are ${SWEEP_SIZE} cases`);
  const { validators, faulty, strategies } = found;
  const f = byzantine(validators);
  // So small that checkers remain: node-side reference, 6.4.
  const groupSize = Math.max(
    1,
    Math.min(GROUP_MAX, validators - f - Math.floor(validators / 3) - 1),
  );
  const first = number % validators;
  return {
    ...DEFAULT_SCENARIO,
    seed: number,
    validators,
    paras: 2,
    groups: Math.ceil(validators / groupSize),
    rotationBlocks: 3,
    epochSlots: 12,
    slots: SLOTS,
    calmSlots: CALM_SLOTS,
    roles: strategies.flatMap((strategy) =>
      Array.from({ length: faulty }, (_, index) => ({
        validator: (first + index) % validators,
        strategy,
        share: 1,
        fromSlot: 2,
        toSlot: SLOTS,
      })),
    ),
  };
}

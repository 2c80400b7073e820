/** The smallest scenario that still fails: parts are taken away for as long as it goes on failing. */
import type { Scenario } from "./scenario.ts";

/** Smaller scenarios to try, those that take away most first. */
export function smaller(scenario: Scenario): Scenario[] {
  const { roles, network, slots, validators, paras, groups, calmSlots } = scenario;
  const without = <T>(items: readonly T[], index: number): T[] => items.toSpliced(index, 1);
  const change = (changed: Partial<Scenario>): Scenario => ({ ...scenario, ...changed });
  const half = Math.floor(slots / 2);
  return [
    ...(network.length > 1 ? [change({ network: [] })] : []),
    ...(roles.length > 1 ? [change({ roles: [] })] : []),
    ...network.map((_, index) => change({ network: without(network, index) })),
    ...roles.map((_, index) => change({ roles: without(roles, index) })),
    ...(half >= 2 ? [change({ slots: half, ...inTime(scenario, half) })] : []),
    ...(slots > 2 ? [change({ slots: slots - 1, ...inTime(scenario, slots - 1) })] : []),
    ...(calmSlots > 0 ? [change({ calmSlots: 0 })] : []),
    ...(paras > 1 ? [change({ paras: paras - 1 })] : []),
    ...fewerValidators(scenario, validators - 1, groups),
    ...(scenario.candidateDepth > 0 ? [change({ candidateDepth: 0, ancestry: 0 })] : []),
    ...roles.flatMap((role, index) =>
      role.share < 1 ? [change({ roles: roles.with(index, { ...role, share: 1 }) })] : [],
    ),
    ...(scenario.jitterMs > 0 ? [change({ jitterMs: 0 })] : []),
  ];
}

/** What begins before the disturbance ends, and ends with it. */
function inTime({ roles, network, slots }: Scenario, until: number): Partial<Scenario> {
  // Who stays away for ever still does.
  const cut = <T extends { readonly fromSlot: number; readonly toSlot: number }>(
    items: readonly T[],
  ) =>
    items
      .filter(({ fromSlot }) => fromSlot < until)
      .map((item) =>
        item.toSlot > slots ? item : { ...item, toSlot: Math.min(item.toSlot, until) },
      );
  return { roles: cut(roles), network: cut(network) };
}

function fewerValidators(scenario: Scenario, validators: number, groups: number): Scenario[] {
  const isNamed = (index: number): boolean => index >= validators;
  const named =
    scenario.roles.some(({ validator }) => isNamed(validator)) ||
    scenario.network.some((fault) => "validators" in fault && fault.validators.some(isNamed));
  if (named || validators < Math.max(2, scenario.paras)) return [];
  return [{ ...scenario, validators, groups: Math.min(groups, validators) }];
}

export interface Shrunk {
  readonly scenario: Scenario;
  /** Scenarios that were played. */
  readonly tried: number;
}

/** Takes the first smaller one that still fails, again and again, up to `triesMax` runs. */
export async function shrink(
  scenario: Scenario,
  stillFails: (smaller: Scenario) => Promise<boolean>,
  triesMax: number,
): Promise<Shrunk> {
  let smallest = scenario;
  let tried = 0;
  for (let hasShrunk = true; hasShrunk; ) {
    hasShrunk = false;
    for (const candidate of smaller(smallest)) {
      if (tried >= triesMax) return { scenario: smallest, tried };
      tried += 1;
      if (!(await stillFails(candidate))) continue;
      smallest = candidate;
      hasShrunk = true;
      break;
    }
  }
  return { scenario: smallest, tried };
}

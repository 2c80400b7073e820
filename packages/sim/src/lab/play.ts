/** Plays a scenario under the eyes of the observer, and says how every property stands. */
import { describe, type Logger } from "@parahost/base";
import { certainApprovals } from "@parahost/node/service/certain-approvals";
import { backingThreshold, defaultHostConfiguration } from "@parahost/primitives";
import { Observer, type Verdict } from "../observer/observer.ts";
import { type Violation, violationLine } from "../observer/violation.ts";
import { Simulation } from "../simulation.ts";
import { scheduleFaults } from "./network-faults.ts";
import type { Scenario } from "./scenario.ts";

export interface Outcome {
  readonly scenario: Scenario;
  /** Empty when the run did not get to its end. */
  readonly verdicts: readonly Verdict[];
  readonly violations: readonly Violation[];
  /** How often each strategy of the scenario took effect. */
  readonly effects: ReadonlyMap<string, number>;
  /** Messages that the network lost, held, doubled or let overtake. */
  readonly disturbed: number;
  /** Highest block that an honest validator has finalized, and the hash of it: the same for every run of a seed. */
  readonly finalized: string;
  /** What ended the run: an honest node that failed. */
  readonly failure: string | undefined;
}

/** What did not hold, each property once; `crash` when a node failed. */
export const brokenIn = ({ violations, failure }: Outcome): ReadonlySet<string> =>
  new Set([
    ...violations.map(({ property }) => property),
    ...(failure === undefined ? [] : ["crash"]),
  ]);

export const failureLines = ({ violations, failure }: Outcome): string[] => [
  ...violations.map(violationLine),
  ...(failure === undefined ? [] : [failure]),
];

/** Approvals that candidates of the scenario's network need. */
export function neededApprovalsOf({ neededApprovals, validators, groups }: Scenario): number {
  if (neededApprovals !== "certain") return neededApprovals;
  const smallest = Math.max(1, Math.floor(validators / groups));
  return certainApprovals(validators, backingThreshold(smallest, 1));
}

export async function play(
  scenario: Scenario,
  log?: (atMs: number, node: string) => Logger,
): Promise<Outcome> {
  const { seed, validators, paras, groups, slotMs, epochSlots, slots, calmSlots, roles } = scenario;
  const simulation = new Simulation({
    seed,
    validators,
    paras,
    slotMs,
    epochSlots,
    roles,
    links: { latencyMs: scenario.latencyMs, jitterMs: scenario.jitterMs },
    configuration: {
      neededApprovals: neededApprovalsOf(scenario),
      schedulerParams: {
        ...defaultHostConfiguration({ validatorCount: validators, groupSize: 1, slotMs })
          .schedulerParams,
        groupRotationFrequency: scenario.rotationBlocks,
      },
      // Cores without a para have groups, too.
      parathreadCores: groups - paras,
      asyncBackingParams: {
        maxCandidateDepth: scenario.candidateDepth,
        allowedAncestryLen: scenario.ancestry,
      },
    },
    ...(log === undefined ? {} : { log }),
  });
  const observer = new Observer(simulation, { excusesAbsence: scenario.network.length > 0 });
  let failure: string | undefined;
  try {
    scheduleFaults(simulation, scenario.network);
    await simulation.run(slots * slotMs);
    simulation.heal();
    observer.calmBegins(deadIn(scenario, simulation));
    await simulation.run(calmSlots * slotMs);
    observer.end();
  } catch (error) {
    failure = describe(error);
  }
  const [finalized] = simulation.validators
    .filter(({ name }) => !simulation.cast.isFaulty(name))
    .map(({ chain }) => chain.finalized())
    .toSorted((a, b) => b.number - a.number);
  const outcome: Outcome = {
    scenario,
    verdicts: failure === undefined ? observer.verdicts() : [],
    violations: observer.violations,
    effects: simulation.cast.effects(),
    disturbed: simulation.links.lost + simulation.links.disturbed,
    finalized: `#${finalized?.number ?? 0} ${finalized?.hash ?? ""}`,
    failure,
  };
  await simulation.stop();
  return outcome;
}

/** Validators that are away to the end. */
function deadIn({ roles, slots, calmSlots }: Scenario, simulation: Simulation): Set<string> {
  return new Set(
    roles
      .filter(({ toSlot }) => toSlot >= slots + calmSlots)
      .map(({ validator }) => simulation.validatorNames[validator] ?? ""),
  );
}

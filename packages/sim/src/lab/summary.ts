/** Many runs together: what held, what did not, and whether anything was tried at all. */
import { PROPERTIES, type Property } from "../observer/violation.ts";
import { brokenIn, failureLines, type Outcome } from "./play.ts";
import type { Scenario } from "./scenario.ts";

/** One run, as it is written down: a line of JSON. */
export interface RunLine {
  readonly seed: number;
  readonly validators: number;
  readonly strategies: readonly string[];
  readonly faults: readonly string[];
  /** Properties that did not hold; `crash` for a node that failed. */
  readonly broken: readonly string[];
  /** What was looked at, by property that held. */
  readonly seen: Readonly<Record<string, string>>;
  readonly effects: Readonly<Record<string, number>>;
  readonly disturbed: number;
  readonly finalized: string;
  /** The first things that went wrong. */
  readonly lines: readonly string[];
}

/** Lines of a failed run that are kept. */
const LINES_MAX = 5;

export function lineOf(outcome: Outcome): RunLine {
  const { scenario, verdicts, effects, disturbed, finalized } = outcome;
  return {
    seed: scenario.seed,
    validators: scenario.validators,
    strategies: [...new Set(scenario.roles.map(({ strategy }) => strategy))],
    faults: scenario.network.map(({ type }) => type),
    broken: [...brokenIn(outcome)],
    seen: Object.fromEntries(verdicts.map(({ property, seen }) => [property, seen])),
    effects: Object.fromEntries(effects),
    disturbed,
    finalized,
    lines: failureLines(outcome).slice(0, LINES_MAX),
  };
}

/** Network, roles and faults of a scenario in a line. */
export function scenarioLine({
  seed,
  validators,
  paras,
  groups,
  roles,
  network,
}: Scenario): string {
  const cast = new Map<string, Set<number>>();
  for (const { strategy, validator } of roles)
    cast.set(strategy, (cast.get(strategy) ?? new Set()).add(validator));
  const faulty = [...cast].map(([strategy, who]) => `${strategy} by ${[...who].join(", ")}`);
  return [
    `seed ${seed}: ${validators} validators, ${paras} paras, ${groups} groups`,
    ...(faulty.length > 0 ? [faulty.join("; ")] : []),
    ...(network.length > 0 ? [`network: ${network.map(({ type }) => type).join(", ")}`] : []),
  ].join("; ");
}

/** A verdict per property over all runs, how often each strategy took effect, and the runs that failed. */
export function summaryOf(runs: readonly RunLine[]): string[] {
  const lines: string[] = [];
  for (const property of Object.keys(PROPERTIES) as Property[]) {
    const judged = runs.filter(
      ({ seen, broken }) => seen[property] !== undefined || broken.includes(property),
    );
    if (judged.length === 0) continue;
    const broken = judged.filter((run) => run.broken.includes(property));
    const last = judged.at(-1)?.seen[property] ?? "";
    const verdict =
      broken.length === 0
        ? "held    "
        : `VIOLATED in ${broken.length} of ${judged.length}: seeds ${broken
            .map(({ seed }) => seed)
            .slice(0, 10)
            .join(", ")};`;
    lines.push(
      `${property} ${verdict} ${PROPERTIES[property]}; ${judged.length} runs, the last: ${last}`,
    );
  }
  const crashed = runs.filter(({ broken }) => broken.includes("crash"));
  if (crashed.length > 0)
    lines.push(
      `a node failed in ${crashed.length} runs: seeds ${crashed.map(({ seed }) => seed).join(", ")}`,
    );
  return [...lines, ...effectTable(runs)];
}

const strategiesOf = (runs: readonly RunLine[]): string[] =>
  [...new Set(runs.flatMap(({ strategies }) => strategies))].toSorted();

/** By strategy: in how many of the runs that had it it took effect, how often, and what held in all of them. */
function effectTable(runs: readonly RunLine[]): string[] {
  const ids = strategiesOf(runs);
  return ids.map((id) => {
    const played = runs.filter(({ strategies }) => strategies.includes(id));
    const effects = played.map((run) => run.effects[id] ?? 0);
    const took = effects.filter((count) => count > 0).length;
    const times = effects.reduce((sum, count) => sum + count, 0);
    const broken = new Set(played.flatMap((run) => run.broken));
    const held = [...new Set(played.flatMap(({ seen }) => Object.keys(seen)))]
      .filter((property) => !broken.has(property))
      .join(" ");
    const violated = broken.size === 0 ? "" : `, VIOLATED: ${[...broken].join(" ")}`;
    return `${id} took effect in ${took} of ${played.length} runs, ${times} times; held: ${held}${violated}`;
  });
}

/** Strategies that were played and never took effect: then nothing was tested. */
export const withoutEffect = (runs: readonly RunLine[]): string[] =>
  strategiesOf(runs).filter((id) => runs.every(({ effects }) => (effects[id] ?? 0) === 0));

/** A scenario file as a command plays it: with one seed or many, a verdict per property, and smaller if it fails. */
import { readFileSync } from "node:fs";
import { describe, err, type Logger, type Result } from "@parahost/base";
import type { Verdict } from "../observer/observer.ts";
import { PROPERTIES, type Property } from "../observer/violation.ts";
import { brokenIn, failureLines, type Outcome, play } from "./play.ts";
import { readScenario, type Scenario, type ScenarioError, scenarioErrorLine } from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { scenarioLine } from "./summary.ts";

/** Runs by which a failing scenario is made smaller. */
const SHRINK_RUNS_MAX = 60;

export type FileError = ScenarioError | { readonly code: "unreadable"; readonly message: string };

export function readScenarioFile(path: string): Result<Scenario, FileError> {
  try {
    return readScenario(readFileSync(path, "utf8"));
  } catch (error) {
    return err({ code: "unreadable", message: describe(error) });
  }
}

/** Exit code 0 when everything held for all seeds, 1 when something did not, 2 for a file that is none. */
export async function playFile(
  path: string,
  seeds: number,
  say: (line: string) => void,
  complain: (line: string) => void,
  log?: (atMs: number, node: string) => Logger,
): Promise<number> {
  const read = readScenarioFile(path);
  if (!read.ok) {
    const { error } = read;
    complain(
      `error: ${path}: ${error.code === "unreadable" ? error.message : scenarioErrorLine(error)}`,
    );
    return 2;
  }
  const outcomes: Outcome[] = [];
  for (let seed = read.value.seed; seed < read.value.seed + seeds; seed++) {
    const scenario = { ...read.value, seed };
    const outcome = await play(scenario, log);
    outcomes.push(outcome);
    say(`${scenarioLine(scenario)}; final ${outcome.finalized}`);
    for (const [strategy, count] of outcome.effects)
      say(`  ${strategy} took effect ${count} times`);
  }
  for (const line of verdictLines(outcomes)) say(line);
  const failed = outcomes.find((outcome) => brokenIn(outcome).size > 0);
  if (failed === undefined) return 0;
  for (const line of await smallest(failed)) say(line);
  return 1;
}

/** The worst verdict of each property, with what was seen in that run. */
function verdictLines(outcomes: readonly Outcome[]): string[] {
  return (Object.keys(PROPERTIES) as Property[]).flatMap((property) => {
    const all = outcomes.flatMap(({ scenario, verdicts }) =>
      verdicts
        .filter((verdict) => verdict.property === property)
        .map((verdict) => ({ ...verdict, scenario })),
    );
    const worst: (Verdict & { readonly scenario: Scenario }) | undefined =
      all.find(({ held }) => !held) ?? all.at(-1);
    if (worst === undefined) return [];
    const where = worst.held ? "held" : `VIOLATED with seed ${worst.scenario.seed}`;
    return [`${property} ${where}: ${PROPERTIES[property]} (${worst.seen})`];
  });
}

/** What went wrong, and the smallest scenario in which it still does. */
export async function smallest(outcome: Outcome): Promise<string[]> {
  const { scenario } = outcome;
  const broken = brokenIn(outcome);
  const stillFails = async (smaller: Scenario): Promise<boolean> => {
    const again = brokenIn(await play(smaller));
    return [...broken].some((property) => again.has(property));
  };
  const shrunk = await shrink(scenario, stillFails, SHRINK_RUNS_MAX);
  return [
    `seed ${scenario.seed} fails:`,
    ...failureLines(outcome),
    `the smallest of ${shrunk.tried} scenarios that still fails:`,
    JSON.stringify(shrunk.scenario, undefined, 2),
  ];
}

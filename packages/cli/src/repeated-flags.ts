/** A flag that is given twice contradicts itself: which one was meant, nobody knows. */
import type { Command } from "commander";

/** Flags that collect values though each takes one: `up --para a --para b`. */
const COLLECTING: ReadonlySet<string> = new Set(["up --para"]);

/** Ends with wrong usage when a flag of the command that takes one value stands in `argv` more than once. */
export function refuseRepeatedFlags(command: Command, argv: readonly string[]): void {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  for (const { long, short, variadic } of command.options) {
    if (variadic || long === undefined || long === null) continue;
    if (COLLECTING.has(`${command.name()} ${long}`)) continue;
    const count = words.filter(
      (word) => word === long || word === short || word.startsWith(`${long}=`),
    ).length;
    if (count > 1) command.error(`error: option '${long}' is given ${count} times`);
  }
}

/** `parahost sim`: the simulator's command under the one name that users know. */
import { addSimulationOptions, simulate } from "@parahost/sim/command";
import type { Command } from "commander";

export function addSimCommand(program: Command): void {
  addSimulationOptions(
    program
      .command("sim")
      .description("run a network in virtual time; one seed repeats it exactly"),
  ).action(async (options) => {
    process.exitCode = await simulate(options);
  });
}

/** `npm run sim -- --seed 7 …`: see `command.ts`. Exit codes: 0 held, 1 did not, 2 wrong usage. */
import { Command, CommanderError } from "commander";
import { addSimulationOptions, type SimulateOptions, simulate } from "./command.ts";

const program = addSimulationOptions(new Command("sim"))
  .description("run a network in virtual time; one seed repeats it exactly")
  .exitOverride()
  .action(async (options: SimulateOptions) => {
    process.exitCode = await simulate(options);
  });
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}

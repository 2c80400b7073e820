/** The `parahost` command. Exit codes: 0 done, 1 failed, 2 wrong usage. */
import { HostError } from "@parahost/base";
import { Command, CommanderError } from "commander";
import { addChainFileCommands } from "./commands/chain-files.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addExplainCommand } from "./commands/explain.ts";
import { addKeyCommand } from "./commands/key.ts";
import { addNodeCommand } from "./commands/node.ts";
import { addParaCommands } from "./commands/para.ts";
import { addProjectCommands } from "./commands/project.ts";
import { addQueryCommand } from "./commands/query.ts";
import { addSimCommand } from "./commands/sim.ts";
import { addTxCommand } from "./commands/tx.ts";
import { addUpCommand } from "./commands/up.ts";
import { refuseRepeatedFlags } from "./repeated-flags.ts";
import { RpcFailure } from "./rpc-client.ts";
import { BadSecret } from "./usage.ts";
import { VERSION } from "./version.ts";

// Whoever reads our output may have seen enough, as `head` has: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

const program = new Command("parahost")
  .description(
    "Polkadot's parachain host in TypeScript: a relay chain with parachains on your machine",
  )
  .version(VERSION)
  .showHelpAfterError("(parahost help <command> says more)")
  .enablePositionalOptions()
  .exitOverride();
addUpCommand(program);
addNodeCommand(program);
addKeyCommand(program);
addChainFileCommands(program);
addDoctorCommand(program);
addProjectCommands(program);
addParaCommands(program);
addExplainCommand(program);
addTxCommand(program);
addQueryCommand(program);
addSimCommand(program);
for (const command of program.commands)
  for (const each of [command, ...command.commands]) each.exitOverride().showHelpAfterError(false);

program.hook("preAction", (_, command) => refuseRepeatedFlags(command, process.argv.slice(2)));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof BadSecret) {
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 2;
  } else if (error instanceof RpcFailure || error instanceof HostError) {
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 1;
  } else throw error;
}

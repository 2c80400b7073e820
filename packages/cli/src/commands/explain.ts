/** `parahost explain`: what an error code means, why it comes about, and what to do. */
import type { Command } from "commander";
import { EXPLANATIONS } from "../explanations.ts";

export function addExplainCommand(program: Command): void {
  program
    .command("explain")
    .description("say what an error code means, why it comes about, and what to do")
    .argument("[code]", "the code; all are listed without it")
    .action((code: string | undefined, _: unknown, command: Command) => {
      const out = (line: string): void => void process.stdout.write(`${line}\n`);
      if (code === undefined) {
        for (const [name, { what }] of Object.entries(EXPLANATIONS).sort())
          out(`${name.padEnd(22)} ${what}`);
        return;
      }
      const known = Object.keys(EXPLANATIONS).find(
        (name) => name.toLowerCase() === code.toLowerCase(),
      );
      const found = known === undefined ? undefined : EXPLANATIONS[known];
      if (found === undefined)
        return command.error(
          `error: there is no error code ${code}: parahost explain lists all of them`,
        );
      for (const line of [found.what, found.why, found.toDo]) out(line);
    });
}

/** `parahost new`, `build`, `check` and `test`: a chain from its first file to code that validators take. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { buildProject, loadProject, type Project } from "@parahost/kit/compile";
import { type Command, Option } from "commander";
import { checkProject } from "../project/check-project.ts";
import { newProject, TEMPLATES, type Template } from "../project/new-project.ts";
import { testProject } from "../project/test-project.ts";

const out = (line: string): void => void process.stdout.write(`${line}\n`);

function fail(message: string): void {
  process.stderr.write(`error: ${message}\n`);
  process.exitCode = 1;
}

export function addProjectCommands(program: Command): void {
  program
    .command("new")
    .description("make a folder with a chain of your own")
    .argument("<template>", `what it begins as: ${TEMPLATES.join(", ")}`)
    .argument("<name>", "folder to make; its last part is the chain's name")
    .action((template: string, target: string, _: unknown, command: Command) => {
      if (!isTemplate(template))
        command.error(
          `error: there is no template ${template}: choose one of ${TEMPLATES.join(", ")}`,
        );
      const made = newProject(template, target);
      if (!made.ok) return fail(made.error.message);
      const folder = relative(process.cwd(), made.value.directory) || ".";
      out(`${made.value.name} is in ${folder}: its declaration in chain.ts, its code in assembly`);
      out(`parahost up --para ${folder}    runs it on validators of your own`);
    });

  program
    .command("build")
    .description("compile the chain in a folder to validation code")
    .argument("[directory]", "folder with chain.ts", ".")
    .action(async (directory: string) => {
      const built = await build(directory);
      if (built === undefined) return;
      const path = writeCode(built);
      out(`${path}: ${built.wasm.length} bytes`);
    });

  program
    .command("check")
    .description("say what validators would say of the chain's code")
    .argument("[directory]", "folder with chain.ts", ".")
    .addOption(new Option("--json", "one JSON object per line instead of text"))
    .action(async (directory: string, { json }: { readonly json?: true }) => {
      const built = await build(directory);
      if (built === undefined) return;
      const findings = checkProject(built.project, built.wasm);
      for (const finding of findings) {
        const { what, isFine, found } = finding;
        if (json) out(JSON.stringify(finding));
        else out(`${isFine ? "ok    " : "failed"}  ${what.padEnd(10)}  ${found}`);
      }
      if (findings.some(({ isFine }) => !isFine)) process.exitCode = 1;
    });

  program
    .command("test")
    .description("run the chain's tests, on a network in virtual time")
    .argument("[directory]", "folder with chain.ts", ".")
    .argument("[args...]", "for the test runner of Node, behind --")
    .action(async (directory: string, args: string[]) => {
      const tested = await testProject(directory, args);
      if (!tested.ok) return fail(tested.error.message);
      process.exitCode = tested.value;
    });
}

const isTemplate = (name: string): name is Template => TEMPLATES.some((known) => known === name);

interface Built {
  readonly project: Project;
  readonly wasm: Uint8Array;
  readonly sourceMap: string;
}

/** The project with its code; says what is wrong where there is none. */
async function build(directory: string): Promise<Built | undefined> {
  const project = await loadProject(directory);
  if (!project.ok) return void fail(project.error.message);
  const built = await buildProject(project.value);
  if (!built.ok) return void fail(built.error.message);
  return { project: project.value, ...built.value };
}

function writeCode({ project, wasm, sourceMap }: Built): string {
  const folder = join(project.directory, "build");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${project.schema.name}.wasm`);
  writeFileSync(path, wasm);
  writeFileSync(`${path}.map`, sourceMap);
  return relative(process.cwd(), path);
}

/** A new project from a template: the template's files, with the chain's name in them, and what an editor needs. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { err, ok, type Result } from "@parahost/base";

export const TEMPLATES = ["counter", "token", "registry", "empty"] as const;
export type Template = (typeof TEMPLATES)[number];

export type NewProjectError = { readonly code: "badName" | "exists"; readonly message: string };

/** Where the kit is installed, with templates and the library for guests. */
const KIT = dirname(dirname(fileURLToPath(import.meta.resolve("@parahost/kit"))));

export function newProject(
  template: Template,
  target: string,
): Result<{ readonly directory: string; readonly name: string }, NewProjectError> {
  const directory = resolve(target);
  const name = basename(directory);
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(name))
    return err({
      code: "badName",
      message: `${name} is no name for a chain: lower-case letters, digits and dashes, at most 32, a letter first`,
    });
  if (existsSync(directory) && readdirSync(directory).length > 0)
    return err({ code: "exists", message: `${directory} is not empty: choose another name` });
  mkdirSync(directory, { recursive: true });
  cpSync(join(KIT, "templates", template), directory, {
    recursive: true,
    filter: (path) => !path.includes("generated"),
  });
  const declaration = join(directory, "chain.ts");
  const text = readFileSync(declaration, "utf8");
  writeFileSync(declaration, text.replace(`name: "${template}"`, `name: "${name}"`));
  for (const [file, contents] of Object.entries(projectFiles(name)))
    writeFileSync(join(directory, file), contents);
  return ok({ directory, name });
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function projectFiles(name: string): Readonly<Record<string, string>> {
  return {
    "package.json": json({
      name,
      version: "0.1.0",
      private: true,
      type: "module",
      scripts: {
        build: "parahost build",
        check: "parahost check",
        test: "parahost test",
        start: "parahost up --para .",
      },
    }),
    ".gitignore": "node_modules/\nbuild/\nassembly/generated/\n",
    "tsconfig.json": json({
      compilerOptions: {
        module: "nodenext",
        target: "es2024",
        strict: true,
        noEmit: true,
        allowImportingTsExtensions: true,
        paths: {
          "@parahost/kit/schema": [join(KIT, "src/schema/index.ts")],
          "@parahost/sim/harness": [fileURLToPath(import.meta.resolve("@parahost/sim/harness"))],
        },
      },
      include: ["*.ts", "test"],
    }),
    "assembly/tsconfig.json": json({
      extends: join(KIT, "../../node_modules/assemblyscript/std/assembly.json"),
      compilerOptions: { paths: { parahost: [join(KIT, "assembly/parahost/index.ts")] } },
      include: ["./**/*.ts"],
    }),
  };
}

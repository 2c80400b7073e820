/**
 * From a chain's declaration and its modules to validation code.
 *
 * Code for validators uses WebAssembly 1.0 with sign extension and mutable globals, nothing else, and has no start
 * section, since nothing but its entries is called.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { err, ok, type Result } from "@parahost/base";
import { type GeneratedGuest, generateGuest } from "../codegen/generate.ts";
import { UnsupportedType } from "../codegen/guest-type.ts";
import { withDescription } from "../metadata/chain-description.ts";
import type { ChainSchema } from "../schema/chain.ts";

/** Where guests find the library that they import as `parahost`. */
const LIBRARY = join(import.meta.dirname, "../../assembly");
/** The compiler's name for the first address above the module's own data. */
const HEAP_BASE = "~lib/memory/__heap_base";

export type BuildError =
  /** The kit's compiler is not installed. */
  | { readonly code: "noCompiler"; readonly message: string }
  /** The declaration has something that guests cannot have. */
  | { readonly code: "badDeclaration"; readonly message: string }
  /** What the compiler says, with file and line. */
  | { readonly code: "doesNotCompile"; readonly message: string };

export interface BuiltGuest {
  readonly wasm: Uint8Array;
  readonly sourceMap: string;
}

/**
 * Builds the chain in `directory`, whose modules lie in `assembly`. Writes what is generated from the declaration
 * to `assembly/generated`, where the modules import it from.
 */
export async function buildGuest(
  directory: string,
  schema: ChainSchema,
): Promise<Result<BuiltGuest, BuildError>> {
  const generated = generate(schema);
  if (!generated.ok) return generated;
  const folder = join(directory, "assembly/generated");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "chain.ts"), generated.value.chain);
  await writeFile(join(folder, "entry.ts"), generated.value.entry);
  const compiled = await compileGuest(directory, "assembly/generated/entry.ts");
  if (!compiled.ok) return compiled;
  const { wasm, sourceMap } = compiled.value;
  return ok({ wasm: withDescription(wasm, schema), sourceMap });
}

function generate(schema: ChainSchema): Result<GeneratedGuest, BuildError> {
  try {
    return ok(generateGuest(schema, "parahost"));
  } catch (error) {
    if (!(error instanceof UnsupportedType)) throw error;
    return err({ code: "badDeclaration", message: error.message });
  }
}

/** Compiles one AssemblyScript file of `directory` that exports `validate_block`. */
export async function compileGuest(
  directory: string,
  file: string,
): Promise<Result<BuiltGuest, BuildError>> {
  const compiler = await loadCompiler();
  if (compiler === undefined)
    return err({
      code: "noCompiler",
      message: "the package assemblyscript is not installed: npm install assemblyscript",
    });
  const written = new Map<string, string | Uint8Array>();
  const { error, stderr } = await compiler.main(
    [
      file,
      ...["--baseDir", directory],
      ...["--lib", LIBRARY],
      ...["--outFile", "out.wasm"],
      "--sourceMap",
      ...["--runtime", join(LIBRARY, "parahost/runtime")],
      ...["--use", "abort=~lib/parahost/host/panic"],
      ...["--disable", "bulk-memory"],
      ...["--disable", "nontrapping-f2i"],
      ...["--optimizeLevel", "2"],
      ...["--shrinkLevel", "0"],
    ],
    {
      writeFile: (name, contents) => void written.set(name, contents),
      transforms: [
        { afterCompile: (module) => void module.addGlobalExport(HEAP_BASE, "__heap_base") },
      ],
    },
  );
  if (error !== null)
    return err({
      code: "doesNotCompile",
      message: `${error.message}\n${stderr.toString()}`.trim(),
    });
  const wasm = written.get("out.wasm");
  const sourceMap = written.get("out.wasm.map");
  if (!(wasm instanceof Uint8Array) || typeof sourceMap !== "string")
    return err({ code: "doesNotCompile", message: "the compiler left no module" });
  return ok({ wasm, sourceMap });
}

interface Compiler {
  main(
    args: string[],
    options: {
      readonly writeFile: (name: string, contents: string | Uint8Array) => void;
      readonly transforms: readonly {
        afterCompile(module: {
          addGlobalExport(internal: string, external: string): unknown;
        }): void;
      }[];
    },
  ): Promise<{ readonly error: Error | null; readonly stderr: { toString(): string } }>;
}

/** It is only there where chains are written. */
async function loadCompiler(): Promise<Compiler | undefined> {
  const name: string = "assemblyscript/asc";
  try {
    return ((await import(name)) as { readonly default: Compiler }).default;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")
      return undefined;
    throw error;
  }
}

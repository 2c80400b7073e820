/**
 * Compiles the kit's parachains from AssemblyScript to `build/<name>.wasm`. Runs under Node 20 and newer, as part
 * of the installation: `node packages/kit/build.mjs`.
 *
 * Code for validators uses WebAssembly 1.0 with sign extension and mutable globals, nothing else, and has no start
 * section, since nothing but `validate_block` is called.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const KIT = dirname(fileURLToPath(import.meta.url));
const PARACHAINS = ["adder", "ledger"];
/** The compiler's name for the first address above the module's own data. */
const HEAP_BASE = "~lib/memory/__heap_base";

for (const name of process.argv.length > 2 ? process.argv.slice(2) : PARACHAINS) {
  const wasm = await compile(name);
  await mkdir(join(KIT, "build"), { recursive: true });
  await writeFile(join(KIT, "build", `${name}.wasm`), wasm);
}

async function compile(name) {
  let wasm;
  const { error, stderr } = await asc.main(
    [
      `assembly/${name}.ts`,
      ...["--baseDir", KIT],
      ...["--outFile", "out.wasm"],
      ...["--runtime", "assembly/guest/runtime"],
      ...["--use", "abort=assembly/guest/host/panic"],
      ...["--disable", "bulk-memory"],
      ...["--disable", "nontrapping-f2i"],
      ...["--optimizeLevel", "2"],
      ...["--shrinkLevel", "0"],
    ],
    {
      writeFile: (_, contents) => {
        wasm = contents;
      },
      transforms: [
        {
          afterCompile: (module) => module.addGlobalExport(HEAP_BASE, "__heap_base"),
        },
      ],
    },
  );
  if (error !== null) throw new Error(`${name} does not compile: ${error.message}\n${stderr}`);
  const start = WebAssembly.Module.exports(new WebAssembly.Module(wasm));
  for (const wanted of ["validate_block", "memory", "__heap_base"])
    if (!start.some((entry) => entry.name === wanted))
      throw new Error(`${name} does not export ${wanted}`);
  return wasm;
}

/**
 * Compiles the kernels from AssemblyScript to `build/<name>.wasm`. Runs under Node 20 and newer, as part of the
 * installation: `node packages/kernels/build.mjs`.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const KERNELS = dirname(fileURLToPath(import.meta.url));

/** Builds by name: the module compiled and its options. */
const BUILDS = {
  blake2b: ["blake2b"],
  "sr25519-fused": ["sr25519", "--use", "FUSED=1", "--enable", "relaxed-simd"],
  "sr25519-portable": ["sr25519", "--use", "FUSED=0"],
  "erasure-relaxed": ["erasure", "--use", "RELAXED=1", "--enable", "relaxed-simd"],
  "erasure-portable": ["erasure", "--use", "RELAXED=0"],
  // For the interpreters of light clients: nothing beyond the first version of WebAssembly.
  "light-runtime": [
    "light-runtime",
    ...["--memoryBase", "0x100000", "--initialMemory", "32"],
    ...["--disable", "bulk-memory,sign-extension,nontrapping-f2i"],
  ],
};

await mkdir(join(KERNELS, "build"), { recursive: true });
for (const [name, [module, ...options]] of Object.entries(BUILDS))
  await writeFile(join(KERNELS, "build", `${name}.wasm`), await compile(module, options));

async function compile(module, options) {
  let wasm;
  const { error, stderr } = await asc.main(
    [
      `assembly/${module}/index.ts`,
      ...["--baseDir", KERNELS],
      ...["--outFile", "out.wasm"],
      ...["--runtime", "stub"],
      ...["--use", "abort="],
      ...["--enable", "simd"],
      ...["--optimizeLevel", "3"],
      ...["--shrinkLevel", "0"],
      "--noAssert",
      ...options,
    ],
    {
      writeFile: (_, contents) => {
        wasm = contents;
      },
    },
  );
  if (error !== null) throw new Error(`${module} does not compile: ${error.message}\n${stderr}`);
  return wasm;
}

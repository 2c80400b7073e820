/**
 * Runs instrumented modules without anything of ours, in whatever Node and with whatever flags it is started:
 * `node tier-runner.mjs <folder> <repeats>`. Prints one line for each module: its fuel, how it ended, the digest of its
 * memory. Plain JavaScript, so that older versions of Node can run it.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder, repeats] = process.argv.slice(2);
for (const file of readdirSync(folder).sort()) {
  const module = new WebAssembly.Module(readFileSync(join(folder, file)));
  let line = "";
  // Only what runs often meets the optimising compiler.
  for (let round = 0; round < Number(repeats); round++) line = run(module);
  process.stdout.write(`${file} ${line}\n`);
}

function run(module) {
  const { exports } = new WebAssembly.Instance(module, { env: {} });
  const fuel = exports["parahost.fuel"];
  fuel.value = 4_000_000n;
  let end = "returned";
  try {
    exports.validate_block(4104, 0);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    end = "trapped";
  }
  const memory = createHash("sha256").update(new Uint8Array(exports.memory.buffer)).digest("hex");
  // After a trap the counter is where the last call left it, which is the same everywhere too.
  return `${4_000_000n - fuel.value} ${end} ${memory}`;
}

/**
 * Compiles the kit's parachains to `build/<name>.wasm`, as part of the installation: `node packages/kit/build.ts`.
 * Those that are declared (`templates/<name>/chain.ts`) have their code generated first.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildGuest, compileGuest } from "./src/compile/index.ts";
import { chain as counter } from "./templates/counter/chain.ts";
import { chain as registry } from "./templates/registry/chain.ts";
import { chain as token } from "./templates/token/chain.ts";

const KIT = import.meta.dirname;

const built = {
  adder: await compileGuest(KIT, "assembly/adder.ts"),
  ledger: await compileGuest(KIT, "assembly/ledger.ts"),
  counter: await buildGuest(join(KIT, "templates/counter"), counter),
  registry: await buildGuest(join(KIT, "templates/registry"), registry),
  token: await buildGuest(join(KIT, "templates/token"), token),
};

await mkdir(join(KIT, "build"), { recursive: true });
for (const [name, guest] of Object.entries(built)) {
  if (!guest.ok) throw new Error(`${name}: ${guest.error.message}`);
  await writeFile(join(KIT, "build", `${name}.wasm`), guest.value.wasm);
  await writeFile(join(KIT, "build", `${name}.wasm.map`), guest.value.sourceMap);
}

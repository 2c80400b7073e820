/** What the page of JSON-RPC says about connecting is done as it stands there. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { LiveNetwork } from "./clients-network.ts";

const root = join(import.meta.dirname, "../..");
const LIMIT = { timeout: 120_000 };
const MAIN = join(root, "packages/cli/src/main.ts");

const page = readFileSync(join(root, "packages/rpc/README.md"), "utf8");
const section = page.slice(page.indexOf("## Connect"), page.indexOf("## Methods"));
/** Fenced blocks of a language. */
const blocks = (language: string): string[] =>
  [...section.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].flatMap(([, named, text = ""]) =>
    named === language ? [text] : [],
  );

let network: LiveNetwork;
before(async () => {
  network = await LiveNetwork.start();
}, LIMIT);
after(() => network.stop());

const run = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, args, { cwd: root });

test("the programs run and print what the chain has", LIMIT, async () => {
  const programs = blocks("js");
  assert.equal(programs.length, 2);
  for (const program of programs) {
    const here = program.replaceAll("9944", String(network.port));
    const { stdout } = await run("--input-type=module", "--eval", here);
    assert.match(stdout, /0x[0-9a-f]{64}/);
    assert.match(stdout, /1,?000/);
  }
});

test("the commands do what they say", LIMIT, async () => {
  const lines = blocks("").flatMap((block) => block.trim().split("\n"));
  const commands = lines.map((line) => line.replace(/^npm run parahost -- /, ""));
  assert.equal(commands.length, 3);
  for (const command of commands) {
    const args = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(
      ([, quoted, bare]) => quoted ?? bare ?? "",
    );
    const { stdout } = await run(MAIN, ...args, "--rpc-port", String(network.port));
    if (args[0] === "tx") assert.match(stdout, /\ndone\n$/);
    else assert.match(stdout, /^\{.*\}\n$/);
  }
});

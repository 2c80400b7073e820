/** What an author of a parachain does, by the commands of the tutorial, on a network of real processes and time. */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const MAIN = join(import.meta.dirname, "../../packages/cli/src/main.ts");
const folder = mkdtempSync(join(tmpdir(), "parahost-own-"));
const project = join(folder, "my-chain");
let network: ChildProcess | undefined;
/** Slots of a session. */
const SESSION = 16;
after(() => {
  network?.kill();
  rmSync(folder, { recursive: true });
});

/** Commands that were run, as the tutorial names them: without paths, ports and options of this test. */
const ran = new Set<string>();
const nameOf = (args: readonly string[]): string =>
  args.slice(0, args[0] === "para" || args[0] === "new" ? 2 : 1).join(" ");

const parahost = (...args: readonly string[]): Promise<{ code: number; text: string }> =>
  new Promise((resolve) => {
    ran.add(nameOf(args));
    execFile(process.execPath, [MAIN, ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), text: stdout + stderr }),
    );
  });

async function fine(...args: readonly string[]): Promise<string> {
  const { code, text } = await parahost(...args);
  assert.equal(code, 0, text);
  return text;
}

/** Until the network has said this. */
function says(child: ChildProcess, wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      if (wanted.test(said)) resolve(said);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", () => reject(new Error(`the network ended: ${said}`)));
  });
}

const edit = (change: (code: string) => string): void => {
  const file = join(project, "assembly/counter.ts");
  writeFileSync(file, change(readFileSync(file, "utf8")));
};

test("a chain is made, checked, tested, run, changed while it runs, and explains its faults", async () => {
  assert.match(await fine("new", "counter", project), /parahost up --para/);
  assert.match(await fine("check", project), /double run +3 blocks, the same twice/);
  assert.match(await fine("test", project), /pass 1/);

  network = spawn(
    process.execPath,
    [MAIN, "up", "--para", project, "--watch", "--validators", "3", "--slot-ms", "1000"].concat([
      "--epoch-slots",
      String(SESSION),
      "--rpc-port",
      "0",
    ]),
    { stdio: "pipe" },
  );
  ran.add("up");
  const screen = await says(network, /my-chain 1000 block #2 included/);
  const port = /ws:\/\/127\.0\.0\.1:(\d+)/.exec(screen)?.[1] ?? "";
  assert.match(await fine("para", "list", "--rpc-port", port), /1000 +parachain +producing/);
  assert.match(await fine("para", "why", "1000", "--rpc-port", port), /^producing/);
  assert.match(await fine("para", "why", "3000", "--rpc-port", port), /^not registered/);

  // Another chain comes to the running network.
  const second = join(folder, "second");
  await fine("new", "token", second);
  const built = says(network, /second 1001 +block #1 included/);
  const registered = await fine("para", "register", second, "--rpc-port", port);
  assert.match(registered, /para 1001 is registered/);
  assert.match(registered, /the network collates it; clients go to ws:/);
  await built;
  assert.match(await fine("para", "why", "1001", "--rpc-port", port), /^producing/);
  const listed = await fine("para", "list", "--rpc-port", port);
  assert.match(listed, /1000 +parachain +producing\n1001 +parachain +producing/);

  // Saved, rebuilt, upgraded: the new code's first block comes behind the old one's last.
  const last = { relay: 0, block: 0 };
  network.stdout?.on("data", (chunk: Buffer) => {
    for (const [, relay] of chunk.toString().matchAll(/relay +#(\d+)/g)) last.relay = Number(relay);
    for (const [, block] of chunk.toString().matchAll(/my-chain 1000 +block #(\d+) included/g))
      last.block = Number(block);
  });
  await says(network, /my-chain 1000 +block #\d+ included/);
  const before = { ...last };
  const upgraded = says(network, /1000 runs the new code/);
  edit((code) => code.replace("count + by);", "count + by + 1);"));
  await upgraded;
  await says(network, /my-chain 1000 +block #\d+ included/);
  assert.ok(last.relay - before.relay <= 2 * SESSION, `${last.relay - before.relay} blocks`);
  assert.ok(last.block > before.block, "the chain goes on where it was");

  // A mistake of the author stops the chain, and everybody is told where it is.
  const told = says(network, /assembly\/counter\.ts:\d+/);
  const declaration = join(project, "chain.ts");
  const declared = readFileSync(declaration, "utf8");
  edit(
    (code) => `${code}\nexport function onInitialize(): void {\n  assert(false, "no more");\n}\n`,
  );
  writeFileSync(
    declaration,
    declared.replace('docs: "Counts.",', 'docs: "Counts.",\n      hooks: ["onInitialize"],'),
  );
  await told;
  assert.match(
    await fine("para", "why", "1000", "--rpc-port", port),
    /^candidate rejected: .*assembly\/counter\.ts:\d+.*no more/,
  );
  assert.match(await fine("explain", "trap"), /ended itself/);
});

test("every command of the tutorial was run", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/tutorial.md"), "utf8");
  const commands = [...page.matchAll(/^npm run parahost -- (.+)$/gm)].map((match) =>
    nameOf((match[1] as string).split(" ")),
  );
  assert.ok(commands.length >= 7);
  for (const command of commands) assert.ok(ran.has(command), command);
});

/** The simulator as a command: one seed, one story. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import test from "node:test";

const root = join(import.meta.dirname, "../..");
const main = join(root, "packages/sim/src/main.ts");

function sim(
  ...flags: readonly string[]
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [main, ...flags], { cwd: root });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

const SEVEN = ["--validators", "7", "--paras", "3", "--until-finalized", "30"];
const hashes = (out: string): string[] => out.split("\n").filter((line) => line.startsWith("#"));

test("two runs of one seed print the same, another seed other blocks, all faster than real time", {
  timeout: 170_000,
}, async () => {
  const first = await sim("--seed", "7", ...SEVEN);
  assert.equal(first.code, 0, first.out + first.err);
  assert.match(first.out, /^seed 7: 7 validators, 3 parachains, slots of 6000 ms$/m);
  assert.match(first.out, /^no violation$/m);
  assert.equal(hashes(first.out).length, 30);
  const second = await sim("--seed", "7", ...SEVEN);
  assert.equal(second.out, first.out);
  const other = await sim("--seed", "8", ...SEVEN);
  assert.equal(other.code, 0, other.out + other.err);
  assert.notDeepEqual(hashes(other.out), hashes(first.out));
  const [, virtual, real] = /^(\d+) s of virtual time in ([\d.]+) s$/m.exec(first.err) ?? [];
  assert.ok(Number(virtual) > 2 * Number(real), first.err);
});

test("wrong usage ends with 2", { timeout: 30_000 }, async () => {
  const wrong = await sim("--loss", "1");
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /number from 0 up to, but not, 1/);
  const allSilent = await sim("--validators", "4", "--silent", "4");
  assert.equal(allSilent.code, 2);
  assert.match(allSilent.err, /at least one validator must not be silent/);
});

/** The simulator as a command: one seed, one story. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

const root = join(import.meta.dirname, "../..");
const main = join(root, "packages/sim/src/main.ts");

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const sim = (...flags: readonly string[]): Promise<Ended> => run(main, flags);
const lab = (...flags: readonly string[]): Promise<Ended> =>
  run(join(root, "packages/sim/src/lab/main.ts"), flags);

function run(program: string, flags: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...flags], { cwd: root });
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

test("a scenario file is played with several seeds, and every property has its verdict", {
  timeout: 170_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "parahost-sim-"));
  const file = join(folder, "garbage.json");
  const roles = [{ validator: 3, strategy: "B03", toSlot: 8 }];
  writeFileSync(file, JSON.stringify({ rotationBlocks: 2, slots: 8, calmSlots: 2, roles }));
  const played = await sim("--scenario", file, "--seeds", "2");
  writeFileSync(file, JSON.stringify({ slots: "ten" }));
  const refused = await sim("--scenario", file);
  rmSync(folder, { recursive: true });
  assert.equal(played.code, 0, played.out + played.err);
  assert.match(played.out, /^seed 1: 4 validators, 2 paras, 4 groups; B03 by 3; final #\d+ 0x/m);
  assert.match(played.out, /^seed 2: /m);
  assert.match(played.out, /^ {2}B03 took effect \d+ times$/m);
  assert.match(played.out, /^S2 held: what is final is valid \(\d+ candidates executed again\)$/m);
  assert.equal(refused.code, 2);
  assert.match(
    refused.err,
    /garbage\.json: slots: it must be a whole number from 0 to 100000, not "ten"/,
  );
});

test("the lab plays seeds in processes, goes on where it was, and finds a planted mistake", {
  timeout: 170_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "parahost-lab-"));
  const file = join(folder, "runs.jsonl");
  const flags = ["--mix", "ci", "--processes", "1", "--out", file];
  const first = await lab("--seeds", "1", ...flags);
  const again = await lab("--seeds", "2", ...flags);
  const planted = await lab("--planted", "grandpa-threshold", "--processes", "1");
  rmSync(folder, { recursive: true });
  assert.equal(first.code, 0, first.out + first.err);
  assert.match(first.out, /^1 of 1 seeds, 0 failed, \d+ s$/m);
  assert.match(again.out, /^1 seeds are in .*runs\.jsonl already$/m);
  assert.match(again.out, /^2 of 2 seeds, 0 failed, \d+ s$/m);
  assert.equal(planted.code, 0, planted.out + planted.err);
  assert.match(planted.out, /^grandpa-threshold +seed 1 by S1, after 1 runs: S1 violated at #/m);
});

test("wrong usage ends with 2", { timeout: 30_000 }, async () => {
  const wrong = await sim("--loss", "1");
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /number from 0 up to, but not, 1/);
  const allSilent = await sim("--validators", "4", "--silent", "4");
  assert.equal(allSilent.code, 2);
  assert.match(allSilent.err, /at least one validator must not be silent/);
});

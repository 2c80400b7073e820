/** Nodes that come late or were away, by the command that measures them: `npm run bench:sync`. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import test from "node:test";

const root = join(import.meta.dirname, "../..");

function run(...command: readonly string[]): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, command, { cwd: root });
  let out = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      out += chunk;
    });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out })));
}

test("late processes come to the head in full and by warp sync; who was away takes part again", {
  timeout: 175_000,
}, async () => {
  const { code, out } = await run("bench/sync.ts", "--blocks", "60", "--away", "1000");
  assert.equal(code, 0, out);
  assert.match(out, /full: at #6\d after/);
  assert.match(out, /warp: at #6\d after .*, history whole after/);
  assert.match(out, /away: back after 1000 blocks .* its votes finalize #\d+/);
});

/**
 * Results and fuel do not depend on how the engine compiles: the baseline compiler alone, the optimising one alone, both
 * in turns, and another version of Node where there is one, all give the same for the same instrumented modules.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { expectOk } from "@parahost/base";
import { DEFAULT_ENGINE_PARAMETERS } from "../src/engine-parameters.ts";
import { checkPvf } from "../src/pvf.ts";
import { randomModule } from "../src/testing/random-module.ts";
import { instrument } from "../src/wasm/instrument.ts";

const MODULES = 60;
const RUNNER = join(import.meta.dirname, "tier-runner.mjs");

/** The same flags have other names or none in other versions, so those get none. */
const TIERS: readonly (readonly string[])[] = [
  [],
  ["--liftoff", "--no-wasm-tier-up"],
  ["--no-liftoff"],
  ["--no-wasm-lazy-compilation", "--wasm-tiering-budget=1"],
];
/** Where a user's own Node may be; whichever version it has, the answers are the same. */
const OTHER_NODES = ["/usr/bin/node", "/usr/local/bin/node"];

const parameters = { ...DEFAULT_ENGINE_PARAMETERS, stackLimit: 4_096, bulkMemory: true };

function writeModules(folder: string): void {
  for (let seed = 1; seed <= MODULES; seed++) {
    const wasm = randomModule({ seed, seesFloatBits: true, bulkMemory: true });
    const { module, bodies } = expectOk(checkPvf(wasm, parameters), `module ${seed}`);
    const { bytes } = expectOk(
      instrument(module, bodies, { ...parameters, fuel: true, exports: ["validate_block"] }),
      `module ${seed}`,
    );
    writeFileSync(join(folder, `${String(seed).padStart(3, "0")}.wasm`), bytes);
  }
}

function run(node: string, flags: readonly string[], folder: string): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(node, [...flags, RUNNER, folder, "20"], {
    encoding: "utf8",
    timeout: 60_000,
  });
  if (error !== undefined && "code" in error && error.code === "ENOENT") return undefined;
  assert.equal(status, 0, `${node} ${flags.join(" ")}: ${stderr}`);
  return stdout;
}

test("results and fuel are the same in every tier and version", () => {
  const folder = mkdtempSync(join(tmpdir(), "parahost-tiers-"));
  try {
    writeModules(folder);
    const [first, ...others] = [
      ...TIERS.map((flags) => run(process.execPath, flags, folder)),
      ...OTHER_NODES.map((node) => run(node, [], folder)),
    ].filter((output) => output !== undefined);
    assert.equal(first?.trim().split("\n").length, MODULES);
    assert.ok(others.length >= TIERS.length - 1);
    for (const other of others) assert.equal(other, first);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

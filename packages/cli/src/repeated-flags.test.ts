import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { refuseRepeatedFlags } from "./repeated-flags.ts";

function complaint(...argv: readonly string[]): string {
  const said: string[] = [];
  const command = new Command("node")
    .exitOverride()
    .configureOutput({ writeErr: (text) => void said.push(text) })
    .option("-p, --port <n>")
    .option("--bootnodes <address...>")
    .option("--json");
  try {
    refuseRepeatedFlags(command, argv);
  } catch {
    // What it says is what counts.
  }
  return said.join("");
}

test("a flag may be given once, in whatever form", () => {
  assert.equal(complaint("node", "--port", "1", "--json"), "");
  assert.match(complaint("--port", "1", "--port", "2"), /'--port' is given 2 times/);
  assert.match(complaint("--port=1", "-p", "2"), /'--port' is given 2 times/);
  assert.match(complaint("--json", "--json"), /'--json' is given 2 times/);
});

test("flags that take many values may be repeated, and what follows -- is no flag", () => {
  assert.equal(complaint("--bootnodes", "a", "--bootnodes", "b"), "");
  assert.equal(complaint("--port", "1", "--", "--port"), "");
});

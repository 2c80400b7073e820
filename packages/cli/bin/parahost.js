#!/usr/bin/env node
// Starts the command with a Node that can run it: this one from version 24 on, else the one that was
// installed beside us.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MAJOR_MIN = 24;
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

function newerNode() {
  if (Number(process.versions.node.split(".")[0]) >= MAJOR_MIN) return process.execPath;
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve(`node-${process.platform}-${process.arch}/package.json`);
    const binary = join(dirname(manifest), "bin", "node");
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

const node = newerNode();
if (node === undefined) {
  process.stderr.write(
    `parahost needs Node ${MAJOR_MIN} or newer; this is ${process.version}. Install it, or run npm install again with optional dependencies.\n`,
  );
  process.exit(1);
}
// Ctrl-C reaches the command by itself; we only wait for how it ends.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
const { status, signal } = spawnSync(node, [main, ...process.argv.slice(2)], { stdio: "inherit" });
process.exit(status ?? (signal === null ? 1 : 0));

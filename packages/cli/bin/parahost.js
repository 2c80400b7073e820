#!/usr/bin/env node
// Starts the command with a Node that can run it: this one from version 24 on, else the one that was
// installed beside us.
import { spawn } from "node:child_process";
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
const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: "inherit" });
// Ctrl-C reaches the command by itself; what is sent to us alone is passed on.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (status) => process.exit(status ?? 1));

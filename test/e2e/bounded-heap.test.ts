/** The tables of bad inputs, of frames, messages, requests, answers, files and flags, in a process whose heap ends at 256 MB. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import test from "node:test";

const root = join(import.meta.dirname, "../..");
const HEAP_MB = 256;

const TABLES = [
  "packages/network/src/libp2p/hostile-input.test.ts",
  "packages/network/src/libp2p/frame-guard.test.ts",
  "packages/network/src/libp2p/negotiation-guard.test.ts",
  "packages/network/src/libp2p/frames.test.ts",
  "packages/network/src/protocols/hostile-input.test.ts",
  "packages/network/src/sync/*.test.ts",
  "packages/consensus/src/grandpa/justification.test.ts",
  "packages/consensus/src/grandpa/warp-proof.test.ts",
  "packages/node/src/state-requests/*.test.ts",
  "packages/node/src/service/block-database.test.ts",
  "packages/sim/src/warp-sync.test.ts",
  "packages/storage/src/*.test.ts",
  "packages/cli/src/commands/node.test.ts",
  "packages/cli/src/node/chain-choice.test.ts",
  "packages/cli/src/ports/file-keystore.test.ts",
  "packages/runtime/src/genesis/*.test.ts",
];

test("bad inputs of all kinds have their reactions within 256 MB of heap", {
  timeout: 175_000,
}, async () => {
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${HEAP_MB}`, "--test", "--test-isolation=none", ...TABLES],
    // The variable tells a test runner that it is one of another's.
    { cwd: root, env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
  );
  let out = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      out += chunk;
    });
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.equal(code, 0, out.slice(-4000));
  assert.ok(Number(/^# tests (\d+)$|^ℹ tests (\d+)$/m.exec(out)?.slice(1).join("")) > 300, out);
});

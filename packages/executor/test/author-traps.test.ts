/** Traps in AssemblyScript, as its compiler builds it with a source map: file, line and message reach the author. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk } from "@parahost/base";
import asc from "assemblyscript/asc";
import { sourceMapUrl } from "../src/debug/custom-section.ts";
import { explainFault, faultLine } from "../src/debug/explain-fault.ts";
import { SourceMap } from "../src/debug/source-map.ts";
import { DEFAULT_ENGINE_PARAMETERS } from "../src/engine-parameters.ts";
import { preparePvf } from "../src/pvf.ts";
import { callValidateBlock } from "../src/validate-block.ts";

/** What a call does is chosen by the length of its input. Lines are counted in the assertions below. */
const SOURCE = `// line 1
function share(total: i32, holders: i32): i32 {
  return total / holders; // line 3
}
@unmanaged class Account { balance: u64 }
function pay(account: Account | null): u64 {
  assert(account !== null, "no such account"); // line 7
  return account!.balance;
}
function descend(n: i32): i32 {
  return n == 0 ? 0 : 1 + descend(n + 1) // line 11
}
export const __heap_base: i32 = 4096;
export function validate_block(pointer: usize, length: i32): u64 {
  if (length == 1) return share(10, length - 1); // line 15
  if (length == 2) return pay(null);
  if (length == 3) return descend(1);
  return 0;
}
`;

interface Built {
  readonly wasm: Uint8Array;
  readonly map: SourceMap;
}

async function build(...options: readonly string[]): Promise<Built> {
  const files = new Map<string, string | Uint8Array>();
  const { error, stderr } = await asc.main(
    [
      ...["token.ts", "--outFile", "token.wasm", "--sourceMap", "--runtime", "stub"],
      ...["--disable", "bulk-memory", "--disable", "nontrapping-f2i", ...options],
    ],
    {
      readFile: (name) => (name === "token.ts" ? SOURCE : null),
      writeFile: (name, contents) => {
        files.set(name, contents);
      },
      listFiles: () => [],
    },
  );
  assert.equal(error, null, `${stderr}`);
  const wasm = files.get("token.wasm");
  assert.ok(wasm instanceof Uint8Array);
  assert.equal(sourceMapUrl(wasm), "./token.wasm.map");
  const map = expectOk(SourceMap.parse(`${files.get("token.wasm.map")}`), "the compiler's map");
  return { wasm, map };
}

function line({ wasm, map }: Built, inputLength: number, metered: boolean): string {
  const parameters = { ...DEFAULT_ENGINE_PARAMETERS, stackLimit: 4096 };
  const pvf = expectOk(preparePvf(wasm, parameters, { metered }), "AssemblyScript");
  const answer = callValidateBlock(pvf, new Uint8Array(inputLength));
  assert.ok(!answer.ok);
  return faultLine(explainFault(answer.error, wasm, map));
}

test("a trap in AssemblyScript is shown with file, line and message", async () => {
  for (const built of [await build("--debug"), await build("--optimizeLevel", "3")]) {
    for (const metered of [false, true]) {
      assert.match(line(built, 1, metered), /^token\.ts:(3|15):\d+.*: divide by zero$/);
      assert.match(line(built, 2, metered), /^token\.ts:7:3.*: no such account$/);
      assert.match(line(built, 3, metered), /^token\.ts:11:\d+.*: .*recursion/);
    }
  }
});

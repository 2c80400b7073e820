import assert from "node:assert/strict";
import { test } from "node:test";
import { Command, CommanderError } from "commander";
import { BadSecret } from "../usage.ts";
import { addNodeCommand } from "./node.ts";

/** What a user is told of flags that are refused before anything is started. */
async function refusalOf(flags: readonly string[]): Promise<string> {
  let said = "";
  const program = new Command().exitOverride().configureOutput({
    writeErr: (text) => {
      said += text;
    },
  });
  addNodeCommand(program);
  try {
    await program.parseAsync(["node", ...flags], { from: "user" });
  } catch (error) {
    if (error instanceof BadSecret) return error.message;
    assert.ok(error instanceof CommanderError);
    return said;
  }
  return assert.fail(`${flags.join(" ")} is taken`);
}

const PORT = /argument '.*' is invalid\. It must be a whole number from 0 to 65535/;
const collator = ["--collator", "--para", "1000"];
const refusals: readonly (readonly [readonly string[], RegExp])[] = [
  ...["80a", "1e3", "0x10", " 5", "-1", "65536", "NaN", "Infinity", "-0", "1_000", ""].map(
    (text) => [["--port", text], PORT] as const,
  ),
  [["--port="], PORT],
  [["--port"], /argument missing/],
  [["--base-path"], /argument missing/],
  [["--until-finalized", "9007199254740993"], /whole number from 1 to 2147483648/],
  [["--until-finalized", "0"], /whole number from 1/],
  [["--para", "4294967296", "--collator"], /whole number from 1 to 4294967295/],
  [["--execute-workers-max-num", "65"], /whole number from 1 to 64/],
  [["--sync", "fast"], /Allowed choices are full, warp/],
  [["--sync", "warp", ...collator], /--sync warp leaves out blocks that --collator needs/],
  [["--validator", ...collator], /'--collator' cannot be used with option '--validator'/],
  [["--keys-of", "//Alice", ...collator], /'--keys-of <uri>' cannot be used with.*'--collator'/],
  [["--node-key", "11".repeat(32), "--node-key-file", "x"], /cannot be used with option/],
  [["--node-key-file", "/nowhere/key"], /\/nowhere\/key cannot be read/],
  [["--name", "a\u0007b"], /--name may have letters, digits/],
  [["--name", "x".repeat(10_000)], /--name may have/],
  [["--name", ""], /--name may have/],
  [["--chain", ""], /"": there is no such file/],
  [["--chain", "/"], /\/: it cannot be read \(EISDIR\)/],
  [["--chain", "a\u001b[31m"], /"a\\u001b\[31m": there is no such file/],
  [["--bootnodes", "/ip4/127.0.0.1/tcp/30333"], /is no address of a peer: it does not end with/],
  [["--reserved-nodes", "nonsense"], /is no address of a peer/],
  [["--log", "=x"], /unknown log level/],
  [["--tmp=yes"], /unknown option '--tmp=yes'/],
  [["extra"], /too many arguments/],
];
for (const [flags, says] of refusals)
  test(`refused: ${JSON.stringify(flags).slice(0, 60)}`, async () => {
    assert.match(await refusalOf(flags), says);
  });

test("an argument of 10,000 characters is cut where it is shown", async () => {
  const said = await refusalOf(["--chain", "x".repeat(10_000)]);
  assert.match(said, /ENAMETOOLONG|no such file/);
  assert.ok(said.length < 1000);
});

test("a secret with a slip of the pen is not repeated", async () => {
  const slips: readonly (readonly [string, string])[] = [
    ["--node-key", `${"4d".repeat(31)}zz`],
    ["--keys-of", "bottom drive obey lake curtain smoke basket hold race lonely fit wlak"],
    ["--keys-of", "//Alice/soft"],
    ["--fisherman", "bottom drive obey lake"],
  ];
  for (const [flag, secret] of slips) {
    const said = await refusalOf([flag, secret]);
    assert.equal(said.includes(secret), false, flag);
    assert.match(said, /must be 64 hex digits|no secret URI/);
  }
});

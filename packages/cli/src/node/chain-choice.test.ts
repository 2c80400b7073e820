import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { HostError } from "@parahost/base";
import { headerHash } from "@parahost/primitives";
import { plainChainSpec, rawChainSpec } from "@parahost/runtime";
import { chooseChain } from "./chain-choice.ts";

const directory = mkdtempSync(join(tmpdir(), "parahost-chain-"));
after(() => rmSync(directory, { recursive: true, force: true }));

function written(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

const refused = (chain: string, says: RegExp): void =>
  assert.throws(
    () => chooseChain(chain),
    (error) =>
      error instanceof HostError && error.code === "badChainSpec" && says.test(error.message),
  );

test("a specification that was exported, plain or raw, is the same chain", () => {
  const dev = chooseChain("dev");
  assert.ok(dev.config !== undefined);
  const hash = headerHash(dev.genesis.header);
  for (const text of [plainChainSpec(dev, dev.config), rawChainSpec(dev, dev.genesis)]) {
    const read = chooseChain(written("spec.json", text));
    assert.equal(headerHash(read.genesis.header), hash);
    assert.equal(read.id, "dev");
  }
});

test("dev and local are different chains", () => {
  const [dev, local] = [chooseChain("dev"), chooseChain("local")];
  assert.notEqual(headerHash(dev.genesis.header), headerHash(local.genesis.header));
  assert.equal(local.id, "local_testnet");
});

test("what is no specification is refused with the file and what is wrong", () => {
  refused("nowhere.json", /nowhere\.json: there is no such file.*dev, local/);
  refused(directory, /no such file|no JSON|EISDIR/);
  refused(written("empty.json", ""), /it is no JSON/);
  refused(written("bom.json", "\ufeff{}"), /it is no JSON|must be text/);
  const dev = chooseChain("dev");
  const raw = JSON.parse(rawChainSpec(dev, dev.genesis));
  refused(
    written("id.json", JSON.stringify({ ...raw, id: "../../etc" })),
    /the field id must be letters/,
  );
  refused(written("name.json", JSON.stringify({ ...raw, name: 7 })), /the field name must be text/);
  const genesis = { raw: { top: { "0x01": "xyz" }, childrenDefault: {} } };
  refused(written("key.json", JSON.stringify({ ...raw, genesis })), /genesis\.raw\.top/);
});

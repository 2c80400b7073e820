import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { expectOk } from "@parahost/base";
import { buildProject, loadProject } from "@parahost/kit/compile";
import { checkProject } from "./check-project.ts";
import { newProject } from "./new-project.ts";

const folder = mkdtempSync(join(tmpdir(), "parahost-"));
after(() => rmSync(folder, { recursive: true }));

test("a new chain bears its own name, compiles, and passes what validators ask", async () => {
  const { directory } = expectOk(newProject("counter", join(folder, "my-count")), "made");
  const project = expectOk(await loadProject(directory), "loaded");
  assert.equal(project.schema.name, "my-count");
  const { wasm } = expectOk(await buildProject(project), "built");
  const findings = checkProject(project, wasm);
  assert.deepEqual(
    findings.map(({ what, isFine }) => [what, isFine]),
    [
      ["imports", true],
      ["code", true],
      ["floats", true],
      ["size", true],
      ["double run", true],
    ],
  );
});

test("the other templates pass, too", async () => {
  for (const template of ["token", "registry"] as const) {
    const { directory } = expectOk(newProject(template, join(folder, `my-${template}`)), "made");
    const project = expectOk(await loadProject(directory), "loaded");
    const { wasm } = expectOk(await buildProject(project), "built");
    const findings = checkProject(project, wasm);
    assert.deepEqual(
      findings.filter(({ isFine }) => !isFine),
      [],
    );
  }
});

test("a folder with something in it, and a name that is none, are left alone", () => {
  writeFileSync(join(folder, "taken"), "");
  const taken = newProject("empty", folder);
  assert.equal(taken.ok ? "" : taken.error.code, "badName");
  expectOk(newProject("empty", join(folder, "mine")), "made");
  const again = newProject("empty", join(folder, "mine"));
  assert.equal(again.ok ? "" : again.error.code, "exists");
});

test("what is wrong with a project is said with its place", async () => {
  const nowhere = await loadProject(join(folder, "nowhere"));
  assert.equal(nowhere.ok ? "" : nowhere.error.code, "noProject");
  const { directory } = expectOk(newProject("empty", join(folder, "broken")), "made");
  const module = join(directory, "assembly/example.ts");
  const code = readFileSync(module, "utf8");
  writeFileSync(module, code.replace("something == 0", "someting == 0"));
  const built = await buildProject(expectOk(await loadProject(directory), "loaded"));
  assert.match(
    built.ok ? "" : built.error.message,
    /Cannot find name 'someting'[\s\S]*example\.ts/,
  );
  writeFileSync(join(directory, "chain.ts"), "export const other = 1;\n");
  const undeclared = await loadProject(directory);
  assert.match(undeclared.ok ? "" : undeclared.error.message, /does not export the chain/);
});

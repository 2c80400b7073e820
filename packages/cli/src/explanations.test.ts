/** That every code has an entry is for the compiler to see; this is about what the entries say. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { EXPLANATIONS } from "./explanations.ts";

test("every explanation has what, why and what to do, as sentences", () => {
  for (const [code, { what, why, toDo }] of Object.entries(EXPLANATIONS)) {
    assert.match(what, /^\S.*\.$/, code);
    assert.match(why, /^\S.*\.$/, code);
    assert.match(toDo, /\S/, code);
  }
});

test("codes that the sources declare are explained", () => {
  const sources = {
    "@parahost/kit/compile": ["compile-guest.ts", "project.ts"],
    "@parahost/executor": ["wasm/refusal.ts"],
    "@parahost/kit": ["state-machine.ts"],
  };
  for (const [room, files] of Object.entries(sources))
    for (const file of files) {
      const text = readFileSync(fileURLToPath(new URL(file, import.meta.resolve(room))), "utf8");
      const declared = text.matchAll(/readonly code: "(\w+)"|^ {2}\| "(\w+)"/gm);
      const codes = [...declared].map(([, object, plain]) => object ?? plain ?? "");
      // Names of validity are told behind the code "refused".
      const validity =
        /^(call|payment|future|stale|badProof|ancient|exhausts|custom|badMandatory|mandatory|badSigner|cannotLookup)/;
      for (const code of codes.filter((name) => !validity.test(name)))
        assert.ok(code in EXPLANATIONS, `${file}: ${code}`);
      assert.ok(codes.length > 0, file);
    }
});

import { test } from "node:test";
import { MemoryKeystore } from "./keystore.ts";
import { keystoreSuite } from "./keystore-suite.ts";

for (const { name, run } of keystoreSuite(() => new MemoryKeystore()))
  test(`memory keystore: ${name}`, run);

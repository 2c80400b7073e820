import assert from "node:assert/strict";
import { test } from "node:test";
import { consoleLogger, LogFilterError, LogSettings } from "./console-logger.ts";

function written(settings: LogSettings, ...said: readonly (readonly ["info" | "debug", string])[]) {
  const lines: string[] = [];
  const logger = consoleLogger(
    settings,
    (line) => lines.push(line),
    () => 0,
  );
  for (const [level, target] of said) logger.log(level, target, `${level} of ${target}`);
  return lines.map((line) => line.split(": ")[1]?.trim());
}

const SAID = [
  ["info", "sync"],
  ["debug", "sync"],
  ["debug", "parachain::backing"],
] as const;

test("a filter names a level for all, and for targets by their beginning", () => {
  assert.deepEqual(written(new LogSettings("info"), ...SAID), ["info of sync"]);
  assert.deepEqual(written(new LogSettings("error,parachain=debug"), ...SAID), [
    "debug of parachain::backing",
  ]);
});

test("filters are added while the node runs, and taken back", () => {
  const settings = new LogSettings("error");
  settings.add("sync=debug");
  assert.deepEqual(written(settings, ...SAID), ["info of sync", "debug of sync"]);
  settings.add("sync=info,parachain=trace");
  assert.deepEqual(written(settings, ...SAID), ["info of sync", "debug of parachain::backing"]);
  settings.add("debug");
  assert.deepEqual(written(settings, ["debug", "rpc"]), ["debug of rpc"]);
  settings.reset();
  assert.deepEqual(written(settings, ...SAID), []);
});

test("an unknown level is refused and changes nothing", () => {
  const settings = new LogSettings("info");
  assert.throws(() => settings.add("sync=loud"), LogFilterError);
  assert.deepEqual(written(settings, ...SAID), ["info of sync"]);
});

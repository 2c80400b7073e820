import assert from "node:assert/strict";
import test from "node:test";
import { asciiBytes as ascii, HostError, SeededRandom } from "@parahost/base";
import { type SuiteColumn, storeSuite } from "../store-suite.ts";
import { CRASH_KINDS, type Crash, CrashingStore } from "./crashing-store.ts";

const COLUMNS: readonly SuiteColumn[] = ["a", "b"];
const isCrash = (error: unknown): boolean => error instanceof HostError && error.code === "crashed";
const put = (column: SuiteColumn, key: string) => ({ column, key: ascii(key), value: ascii(key) });
const keys = (store: CrashingStore<SuiteColumn>): string =>
  COLUMNS.flatMap((column) => [...store.range(column, new Uint8Array(0))])
    .map(({ key, value }) => {
      assert.deepEqual(key, value);
      return new TextDecoder().decode(key);
    })
    .join("");

/** A store that crashes at the write with this number. */
function crashingAt(number: number, crash: Crash, seed = 1): CrashingStore<SuiteColumn> {
  let writes = 0;
  return new CrashingStore(COLUMNS, {
    random: new SeededRandom(seed),
    crashAt: () => (++writes === number ? crash : undefined),
  });
}

const NEVER = { random: new SeededRandom(1), crashAt: () => undefined };

storeSuite(
  () => {
    const store = new CrashingStore(COLUMNS, NEVER);
    store.close = () => assert.throws(() => store.crash("killed"), isCrash);
    return store;
  },
  {
    // A crash is another end than being closed.
    test: (name, body) => void (name.includes("closed") || test(`crashing store: ${name}`, body)),
    deepEqual: assert.deepEqual,
    throws: (body, matches) => assert.throws(body, matches),
  },
);

test("whatever the crash does, durable batches survive whole and later ones as a whole or not at all", () => {
  for (const kind of CRASH_KINDS)
    for (const moment of ["before", "during", "after"] as const)
      for (let seed = 1; seed <= 40; seed++) {
        const store = crashingAt(5, { moment, kind }, seed);
        store.write([put("a", "1")], { durable: true });
        store.write([put("b", "2"), put("a", "3")]);
        store.write([put("b", "4")], { durable: true });
        store.write([put("a", "5")]);
        assert.throws(() => store.write([put("a", "6"), put("b", "7")]), isCrash);
        assert.throws(() => store.get("a", ascii("1")), isCrash);
        store.restart();
        const left = keys(store).split("").sort().join("");
        const allowed = kind === "killed" && moment !== "before" ? ["1234567"] : ["1234", "12345"];
        if (kind === "overwritten") allowed.push("1234567");
        if (kind === "killed" && moment === "before") allowed.splice(0, 1);
        assert.ok(allowed.includes(left), `${kind} ${moment} ${seed}: ${left}`);
      }
});

test("a durable batch takes those before it to the disk, unless the machine crashes before or while it does", () => {
  for (const [moment, expected] of [
    ["before", ""],
    ["during", ""],
    ["after", "12"],
  ] as const) {
    const store = crashingAt(2, { moment, kind: "lost" });
    store.write([put("a", "1")]);
    assert.throws(() => store.write([put("a", "2")], { durable: true }), isCrash);
    store.restart();
    assert.equal(keys(store), expected);
  }
});

test("an older copy of the disk brings back what it had", () => {
  const store = new CrashingStore(COLUMNS, NEVER);
  store.write([put("a", "1")], { durable: true });
  const copy = store.backup();
  store.write([put("a", "2")], { durable: true });
  store.restore(copy);
  assert.equal(keys(store), "1");
});

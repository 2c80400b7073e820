import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { asciiBytes as ascii, HostError } from "@parahost/base";
import { open } from "lmdb";
import { withChecksum } from "./checked-value.ts";
import { type Migration, openStore } from "./open-store.ts";
import { storeSuite } from "./store-suite.ts";

const CHAIN = `0x${"11".repeat(32)}` as const;
const COLUMNS = ["a", "b"] as const;
type Column = (typeof COLUMNS)[number];

const created: string[] = [];
function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "parahost store ü "));
  created.push(path);
  return path;
}
test.after(() => {
  for (const path of created) rmSync(path, { recursive: true, force: true });
});

const openAt = (path: string, other: Partial<Parameters<typeof openStore<Column>>[0]> = {}) =>
  openStore<Column>({ path, chain: CHAIN, columns: COLUMNS, migrations: [], ...other });

const refusal =
  (code: string, says: RegExp) =>
  (error: unknown): boolean =>
    error instanceof HostError && error.code === code && says.test(error.message);

storeSuite(() => openAt(directory()), {
  test: (name, body) => void test(`lmdb store: ${name}`, body),
  deepEqual: assert.deepEqual,
  throws: (body, matches) => assert.throws(body, matches),
});

test("what was written is there after reopening, durable or not", () => {
  const path = directory();
  const store = openAt(path);
  store.write([{ column: "a", key: ascii("k"), value: ascii("v") }]);
  store.write([{ column: "b", key: ascii("k"), value: ascii("w") }], { durable: true });
  store.write([{ column: "a", key: ascii("l"), value: ascii("x") }]);
  store.write([{ column: "b", key: ascii("k") }]);
  assert.equal(store.get("b", ascii("k")), undefined);
  store.close();
  const again = openAt(path);
  assert.deepEqual(again.get("a", ascii("k")), ascii("v"));
  assert.deepEqual(again.get("a", ascii("l")), ascii("x"));
  assert.equal(again.has("b", ascii("k")), false);
  again.close();
});

test("a value of megabytes and an empty one come back as they were", () => {
  const store = openAt(directory());
  const large = new Uint8Array(9 << 20).fill(7);
  store.write([
    { column: "a", key: ascii("large"), value: large },
    { column: "a", key: ascii("empty"), value: new Uint8Array(0) },
  ]);
  assert.deepEqual(store.get("a", ascii("large")), large);
  assert.deepEqual(store.get("a", ascii("empty")), new Uint8Array(0));
  store.close();
});

test("a flipped bit and the record of another key are refused by name, in gets and ranges", () => {
  const path = directory();
  openAt(path).close();
  const flipped = withChecksum("a", ascii("k"), ascii("value"));
  flipped[1] = (flipped[1] as number) ^ 4;
  const moved = withChecksum("a", ascii("k"), ascii("value"));
  const environment = open<Uint8Array, Uint8Array>({ path, maxDbs: 8, overlappingSync: false });
  const a = environment.openDB<Uint8Array, Uint8Array>("a", {
    encoding: "binary",
    keyEncoding: "binary",
  });
  a.putSync(ascii("k"), flipped);
  a.putSync(ascii("other"), moved);
  a.putSync(ascii("short"), ascii("abc"));
  void environment.close();
  const store = openAt(path);
  for (const key of ["k", "other", "short"])
    assert.throws(
      () => store.get("a", ascii(key)),
      refusal("corruptRecord", /column "a" of .*purge-chain/),
    );
  assert.throws(() => [...store.range("a", ascii("k"))], refusal("corruptRecord", /0x6b /));
  store.close();
});

test("a store of another chain, of a newer schema or without one is refused with the remedy", () => {
  const path = directory();
  const migration: Migration<Column> = () => [];
  openAt(path, { migrations: [migration] }).close();
  const other = `0x${"22".repeat(32)}` as const;
  assert.throws(
    () => openAt(path, { chain: other }),
    refusal("otherChain", /0x11.*not 0x22.*--base-path/s),
  );
  assert.throws(() => openAt(path), refusal("newerSchema", /schema 2, this version knows 1/));
  openAt(path, { migrations: [migration] }).close();
});

test("migrations run once, in order, each as a whole", () => {
  const path = directory();
  const first = openAt(path);
  first.write([{ column: "a", key: ascii("k"), value: ascii("1") }]);
  first.close();
  const ran: string[] = [];
  const rename: Migration<Column> = (store) => {
    ran.push("rename");
    return [...store.range("a", new Uint8Array(0))].flatMap(({ key, value }) => [
      { column: "a", key },
      { column: "b", key, value },
    ]);
  };
  const mark: Migration<Column> = (store) => {
    ran.push("mark");
    assert.deepEqual(store.get("b", ascii("k")), ascii("1"));
    return [{ column: "b", key: ascii("m"), value: ascii("2") }];
  };
  const broken: Migration<Column> = () => {
    throw new HostError("storeFailed");
  };
  assert.throws(() => openAt(path, { migrations: [rename, broken] }), refusal("storeFailed", /./));
  openAt(path, { migrations: [rename, mark] }).close();
  const store = openAt(path, { migrations: [rename, mark] });
  assert.deepEqual(ran, ["rename", "mark"]);
  assert.equal(store.has("a", ascii("k")), false);
  assert.deepEqual(store.get("b", ascii("m")), ascii("2"));
  store.close();
});

test("a directory in use is refused with the process that uses it, one that a dead process left is taken", () => {
  const path = directory();
  const store = openAt(path);
  assert.throws(() => openAt(path), refusal("storeLocked", /open in this process/));
  store.close();
  const stat = readFileSync(`/proc/${process.ppid}/stat`, "utf8");
  writeFileSync(join(path, "LOCK"), `${process.ppid} ${stat.split(") ")[1]?.split(" ")[19]}`);
  assert.throws(() => openAt(path), refusal("storeLocked", /by process \d+: stop it/));
  for (const left of ["4194999 12", `${process.ppid} 1`, "", "nonsense"]) {
    writeFileSync(join(path, "LOCK"), left);
    openAt(path).close();
  }
});

test("a directory that is a file, and a data file that is none or was cut short, are refused", () => {
  const path = directory();
  const file = join(path, "file");
  writeFileSync(file, "");
  assert.throws(() => openAt(file), refusal("storeUnreadable", /--base-path/));

  const data = join(path, "data.mdb");
  writeFileSync(data, new Uint8Array(8192).fill(0x5a));
  assert.throws(
    () => openAt(path),
    refusal("storeUnreadable", /does not begin as a database does/),
  );
  rmSync(data);
  const store = openAt(path);
  const value = new Uint8Array(3 << 20);
  store.write([{ column: "a", key: ascii("k"), value }], { durable: true });
  store.close();
  const whole = readFileSync(data);
  writeFileSync(data, whole.subarray(0, whole.length / 2));
  assert.throws(() => openAt(path), refusal("storeUnreadable", /has \d+ bytes of \d+: restore/));
  writeFileSync(data, whole.subarray(0, 100));
  assert.throws(() => openAt(path), refusal("storeUnreadable", /does not begin/));
  writeFileSync(data, whole);
  const again = openAt(path);
  assert.equal(again.get("a", ascii("k"))?.length, value.length);
  again.close();
});

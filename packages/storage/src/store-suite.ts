/** What every store must do. Whoever implements the port runs this suite. */
import { asciiBytes as ascii, HostError } from "@parahost/base";
import type { Entry, KeyValueStore } from "./port.ts";
import { prefixEnd, withPrefix } from "./port.ts";

export type SuiteColumn = "a" | "b";

/** The parts of a test runner that the suite needs. */
export interface SuiteRunner {
  test(name: string, body: () => void): void;
  deepEqual(actual: unknown, expected: unknown): void;
  throws(body: () => unknown, error: (error: unknown) => boolean): void;
}

export function storeSuite(
  make: () => KeyValueStore<SuiteColumn>,
  { test, deepEqual, throws }: SuiteRunner,
): void {
  const keys = (entries: Iterable<Entry>): string[] =>
    [...entries].map(({ key }) => new TextDecoder().decode(key));
  const put = (column: SuiteColumn, key: string) => ({
    column,
    key: ascii(key),
    value: ascii(`${column}:${key}`),
  });

  test("a written value is read back from its own column only", () => {
    const store = make();
    store.write([put("a", "k")], { durable: true });
    deepEqual(store.get("a", ascii("k")), ascii("a:k"));
    deepEqual(store.get("b", ascii("k")), undefined);
    deepEqual([store.has("a", ascii("k")), store.has("b", ascii("k"))], [true, false]);
    store.close();
  });

  test("changes of one batch apply in order", () => {
    const store = make();
    store.write([put("a", "k"), { column: "a", key: ascii("k") }, put("a", "l")]);
    deepEqual(keys(store.range("a", ascii(""))), ["l"]);
    store.close();
  });

  test("a range is ascending, includes its start and excludes its end", () => {
    const store = make();
    store.write(["c", "a", "ab", "b"].map((key) => put("a", key)));
    deepEqual(keys(store.range("a", ascii("a"), ascii("b"))), ["a", "ab"]);
    deepEqual(keys(withPrefix(store, "a", ascii("a"))), ["a", "ab"]);
    deepEqual(keys(store.range("a", ascii("ab"))), ["ab", "b", "c"]);
    store.close();
  });

  test("a range delivers what was there when it began", () => {
    const store = make();
    store.write(["a", "b", "c"].map((key) => put("a", key)));
    const seen: string[] = [];
    for (const { key } of store.range("a", ascii(""))) {
      seen.push(new TextDecoder().decode(key));
      store.write([{ column: "a", key: ascii("b") }, put("a", "z")]);
    }
    deepEqual(seen, ["a", "b", "c"]);
    store.close();
  });

  test("a value kept by the store does not change with the caller's buffer", () => {
    const store = make();
    const value = ascii("before");
    store.write([{ column: "a", key: ascii("k"), value }]);
    value.fill(0);
    deepEqual(store.get("a", ascii("k")), ascii("before"));
    store.close();
  });

  test("a closed store refuses with a host error", () => {
    const store = make();
    store.close();
    throws(
      () => store.get("a", ascii("k")),
      (error) => error instanceof HostError && error.code === "storeClosed",
    );
  });

  test("the end of a prefix carries over bytes that cannot grow", () => {
    deepEqual(prefixEnd(new Uint8Array([1, 0xff])), new Uint8Array([2]));
    deepEqual(prefixEnd(new Uint8Array([0xff, 0xff])), undefined);
  });
}

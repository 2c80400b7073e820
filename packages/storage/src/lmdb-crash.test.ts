import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { HostError, randomBelow, SeededRandom } from "@parahost/base";
import { openStore } from "./open-store.ts";

/**
 * LMDB writes the pages of a commit, syncs them, and then writes one of two pages that say which commit counts. A loss of
 * power in between leaves any of the new pages and not that one; the commit before must be there whole.
 */
const PAGE_BYTES = 4096;
/** The pages that say which commit counts. */
const META_PAGES = 2;
const COLUMNS = ["a", "b"] as const;
const CHAIN = `0x${"11".repeat(32)}` as const;
const ROUNDS = 10;

const openAt = (path: string) =>
  openStore<"a" | "b">({
    ...{ path, chain: CHAIN, columns: COLUMNS, migrations: [] },
    checkedAtStart: COLUMNS,
  });
const key = (number: number): Uint8Array => new Uint8Array([number >> 8, number & 255]);

/** What the store holds after `round`: entries come, change, and go. */
function contentsAfter(round: number): Map<number, number> {
  const contents = new Map<number, number>();
  for (let at = 0; at <= round; at++) {
    for (let i = 0; i < 40; i++) contents.set((at * 7 + i) % 97, at);
    contents.delete((at * 5) % 97);
  }
  return contents;
}

type Page = (before: Uint8Array, after: Uint8Array, random: SeededRandom) => Uint8Array;

const CRASHES: readonly (readonly [name: string, page: Page])[] = [
  ["all of the new pages", (_, after) => after],
  [
    "some of the new pages",
    (before, after, random) => [before, after][randomBelow(random, 2)] ?? after,
  ],
  [
    "new pages torn at a sector",
    (before, after, random) => {
      const cut = 512 * randomBelow(random, 9);
      return Buffer.concat([after.subarray(0, cut), before.subarray(cut)]);
    },
  ],
  [
    "new pages whose end is zeros",
    (_, after, random) => {
      const cut = randomBelow(random, PAGE_BYTES);
      return Buffer.concat([after.subarray(0, cut), Buffer.alloc(PAGE_BYTES - cut)]);
    },
  ],
];

test("a commit that a loss of power interrupted is not there, and the one before it is whole", (context) => {
  const root = mkdtempSync(join(tmpdir(), "parahost-torn-"));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  const path = join(root, "store");
  const random = new SeededRandom(7);
  let before = Buffer.alloc(0);
  for (let round = 0; round < ROUNDS; round++) {
    const store = openAt(path);
    const old = contentsAfter(round - 1);
    const now = contentsAfter(round);
    const all = new Set([...old.keys(), ...now.keys()]);
    store.write(
      [...all].flatMap((number) => {
        const value = now.get(number);
        const column = number % 2 === 0 ? ("a" as const) : ("b" as const);
        if (value === undefined) return [{ column, key: key(number) }];
        return [{ column, key: key(number), value: new Uint8Array(200 + number * 7).fill(value) }];
      }),
      { durable: true },
    );
    store.close();
    const after = readFileSync(join(path, "data.mdb"));
    if (round > 0)
      for (const [index, [name, page]] of CRASHES.entries()) {
        const torn = join(root, `${round}-${index}`);
        cpSync(path, torn, { recursive: true });
        writeFileSync(join(torn, "data.mdb"), interrupted(before, after, page, random));
        const left = openAt(torn);
        const found = new Map<number, number>();
        for (const column of COLUMNS)
          for (const entry of left.range(column, new Uint8Array(0)))
            found.set(((entry.key[0] ?? 0) << 8) | (entry.key[1] ?? 0), entry.value[0] ?? 0);
        left.close();
        assert.deepEqual([...found].sort(byNumber), [...old].sort(byNumber), `${round}: ${name}`);
        rmSync(torn, { recursive: true });
      }
    before = after;
  }
});

test("a bit flipped at a hundred places is found where it matters; no answer is ever wrong", (context) => {
  const root = mkdtempSync(join(tmpdir(), "parahost-flipped-"));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  const healthy = join(root, "healthy");
  const value = (number: number): Uint8Array =>
    new Uint8Array(20 + ((number * 37) % 700)).fill(number);
  const store = openAt(healthy);
  // Several commits, so that there are pages of former ones.
  for (let round = 0; round < 4; round++)
    store.write(
      Array.from({ length: 120 }, (_, number) => ({
        column: COLUMNS[number % 2] ?? "a",
        key: key(number),
        value: value(number),
      })),
      { durable: true },
    );
  store.close();
  const file = readFileSync(join(healthy, "data.mdb"));
  const random = new SeededRandom(11);
  let refused = 0;
  for (let flip = 0; flip < 100; flip++) {
    const damaged = join(root, `${flip}`);
    cpSync(healthy, damaged, { recursive: true });
    const bytes = Buffer.from(file);
    const at = randomBelow(random, bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (flip % 8));
    writeFileSync(join(damaged, "data.mdb"), bytes);
    let left: ReturnType<typeof openAt> | undefined;
    try {
      left = openAt(damaged);
      for (let number = 0; number < 120; number++) {
        const found: Uint8Array | undefined = left.get(COLUMNS[number % 2] ?? "a", key(number));
        assert.deepEqual(found, value(number), `${number}, byte ${at}`);
      }
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      assert.match(error.message, /purge-chain|restore/, error.code);
      refused += 1;
    } finally {
      left?.close();
      rmSync(damaged, { recursive: true });
    }
  }
  assert.ok(refused > 5, `${refused} were refused`);
});

const byNumber = ([a]: readonly [number, number], [b]: readonly [number, number]): number => a - b;

/** The file when power is lost before the page that makes the commit count. */
function interrupted(
  before: Uint8Array,
  after: Uint8Array,
  page: Page,
  random: SeededRandom,
): Uint8Array {
  const left = Buffer.from(after);
  for (let at = 0; at < after.length; at += PAGE_BYTES) {
    const old = Buffer.alloc(PAGE_BYTES);
    old.set(before.subarray(at, at + PAGE_BYTES));
    const fresh = after.subarray(at, at + PAGE_BYTES);
    if (at < META_PAGES * PAGE_BYTES) left.set(old, at);
    else if (!old.equals(fresh)) left.set(page(old, fresh, random), at);
  }
  return left;
}

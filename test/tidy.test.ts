/**
 * The repository's own rules, those that no linter knows: which room may import which, and what the
 * deterministic core may not touch. DESIGN: one node, two worlds.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import test from "node:test";

const root = join(import.meta.dirname, "..");

/** Rooms from the ground up; a room may import the rooms named for it and nothing else of ours. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  scale: ["base"],
  kernels: ["base"],
  crypto: ["base", "kernels"],
  primitives: ["base", "scale", "crypto"],
  trie: ["base", "scale", "crypto"],
  erasure: ["base", "kernels", "crypto", "trie"],
  runtime: ["base", "scale", "crypto", "primitives", "trie"],
  executor: ["base", "scale", "crypto", "primitives", "trie"],
  consensus: ["base", "scale", "crypto", "primitives", "trie"],
  storage: ["base"],
  network: ["base", "scale", "crypto", "primitives"],
  kit: ["base", "scale", "crypto", "primitives", "trie", "runtime", "executor"],
  node: [
    "base",
    "scale",
    "crypto",
    "primitives",
    "trie",
    "erasure",
    "runtime",
    "executor",
    "consensus",
    "network",
    "storage",
  ],
  collator: [
    "base",
    "scale",
    "crypto",
    "primitives",
    "trie",
    "erasure",
    "runtime",
    "executor",
    "consensus",
    "network",
    "storage",
    "node",
    "kit",
  ],
  rpc: [
    "base",
    "scale",
    "crypto",
    "primitives",
    "trie",
    "runtime",
    "consensus",
    "node",
    "collator",
    "kit",
  ],
};
/** Worlds: they choose implementations and may import everything. */
const WORLDS = ["cli", "sim"];

/** Rooms whose decisions must repeat from their inputs alone. */
const CORE = [
  "base",
  "scale",
  "primitives",
  "trie",
  "erasure",
  "runtime",
  "consensus",
  "node",
  "collator",
];
/**
 * Rooms that may use `node:` modules: those that touch the machine, `crypto` for its hashes, and `kit` and
 * `kernels` to read what they have built.
 */
const MAY_USE_NODE = [
  "crypto",
  "storage",
  "network",
  "executor",
  "rpc",
  "kit",
  "kernels",
  ...WORLDS,
];

const FORBIDDEN_IN_CORE: readonly (readonly [RegExp, string])[] = [
  [/\bMath\.random\b/, "take a Random"],
  [/\bDate\.now\b|\bnew Date\b/, "take a Clock"],
  [/\bset(Timeout|Interval|Immediate)\b/, "take a Clock"],
  [/\bperformance\.now\b/, "take a Clock"],
  [/\bprocess\.(env|argv|exit|hrtime|nextTick)\b/, "take a port"],
  [/\bcrypto\.(subtle|getRandomValues)\b/, "take a Random or a Keystore"],
  [/\bWebAssembly\.(compile|instantiate)\b/, "the host settles these promises by itself"],
];

/** Words that say what kind of thing a file is instead of what is in it. */
const EMPTY_NAMES = /^(utils?|helpers?|common|misc|manager2?)(\.test)?\.ts$/;

interface Source {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly isTest: boolean;
}

/** What is generated, or written in another language, or what authors of chains begin with. */
const ELSEWHERE = ["node_modules", "build", "assembly", "templates"];

function* walk(folder: string): Iterable<string> {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      if (!ELSEWHERE.includes(name)) yield* walk(path);
    } else if (name.endsWith(".ts")) yield path;
  }
}

const sources: Source[] = readdirSync(join(root, "packages")).flatMap((room) =>
  [...walk(join(root, "packages", room))].map((path) => ({
    path: relative(root, path),
    room,
    text: readFileSync(path, "utf8"),
    isTest: /\.test\.ts$|\/(test|bench)\//.test(path) || path.includes("/test-"),
  })),
);

/** Source without comments, so that a word in an explanation is no offence. */
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:])\/\/.*$/gm, "$1");

const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] as string);

test("every room imports only rooms below it", () => {
  const offences: string[] = [];
  for (const { path, room, text, isTest } of sources) {
    if (WORLDS.includes(room) || isTest) continue;
    const allowed = ROOMS[room];
    assert.ok(allowed !== undefined, `room ${room} is not in the table of rooms`);
    for (const specifier of importsOf(text)) {
      const target = /^@parahost\/([^/]+)/.exec(specifier)?.[1];
      if (target !== undefined && !allowed.includes(target))
        offences.push(`${path} imports ${specifier}`);
    }
  }
  assert.deepEqual(offences, []);
});

test("no file reaches into another room by a relative path", () => {
  const offences: string[] = [];
  for (const { path, text, isTest } of sources) {
    if (isTest) continue;
    const depth = path.split("/").length - 3;
    for (const specifier of importsOf(text))
      if ((specifier.match(/\.\.\//g) ?? []).length > depth)
        offences.push(`${path} imports ${specifier}`);
  }
  assert.deepEqual(offences, []);
});

test("the core owns no clock, no timer, no randomness and no machine", () => {
  const offences: string[] = [];
  for (const { path, room, text, isTest } of sources) {
    if (isTest) continue;
    if (!MAY_USE_NODE.includes(room))
      for (const specifier of importsOf(text))
        if (specifier.startsWith("node:")) offences.push(`${path} imports ${specifier}`);
    if (!CORE.includes(room)) continue;
    const code = withoutComments(text);
    for (const [pattern, instead] of FORBIDDEN_IN_CORE)
      if (pattern.test(code)) offences.push(`${path}: ${pattern.source}: ${instead}`);
  }
  assert.deepEqual(offences, []);
});

test("subsystems know each other by messages alone", () => {
  const offences: string[] = [];
  const folderOf = (path: string): string | undefined =>
    /^packages\/node\/src\/([^/]+)\//.exec(path)?.[1];
  for (const { path, text, isTest } of sources) {
    const own = folderOf(path);
    if (own === undefined || isTest || own === "overseer" || own === "service") continue;
    if (!readdirSync(join(root, "packages/node/src", own)).includes("subsystem.ts")) continue;
    for (const specifier of importsOf(text)) {
      const other = /^\.\.\/([^/.]+)\/(.+)$/.exec(specifier);
      if (other === null || other[1] === "overseer") continue;
      if (
        !readdirSync(join(root, "packages/node/src", other[1] as string)).includes("subsystem.ts")
      )
        continue;
      // Asking the runtime is a sentence of its own, said in one place.
      if (other[2] === "query.ts" && other[1] === "runtime-api") continue;
      if (other[2] !== "messages.ts") offences.push(`${path} imports ${specifier}`);
    }
  }
  assert.deepEqual(offences, []);
});

test("files are named for what is in them", () => {
  const offences = sources
    .map(({ path }) => path)
    .filter((path) => EMPTY_NAMES.test(path.split("/").at(-1) as string));
  assert.deepEqual(offences, []);
});

test("every room says on one page what it owns and what it does not", () => {
  for (const room of readdirSync(join(root, "packages"))) {
    const page = readFileSync(join(root, "packages", room, "README.md"), "utf8");
    assert.match(page, /^# /, `${room}: no title`);
    assert.ok(page.split("\n").length <= 90, `${room}: longer than a page`);
  }
});

test("no test is switched off and none is run alone", () => {
  const offences = sources
    .filter(({ isTest, text }) => isTest && /\b(test|it|describe)\.(skip|only|todo)\(/.test(text))
    .map(({ path }) => path);
  assert.deepEqual(offences, []);
});

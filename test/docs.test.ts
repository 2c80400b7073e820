/**
 * The documents say what is there: their links resolve, the commands in them exist, and no room is
 * missing from the map. That the commands do what the documents promise is for the end-to-end tests.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import test from "node:test";

const root = join(import.meta.dirname, "..");
const rooms = readdirSync(join(root, "packages"));

interface Page {
  readonly path: string;
  readonly text: string;
}

const pages: readonly Page[] = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "docs/tutorial.md",
  ...rooms.map((room) => `packages/${room}/README.md`),
]
  .filter((path) => existsSync(join(root, path)))
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

const page = (path: string): string => {
  const found = pages.find((candidate) => candidate.path === path);
  assert.ok(found !== undefined, `${path} is there`);
  return found.text;
};

/** Fenced blocks, which links are not looked for in. */
const FENCED = /^```[^\n]*\n([\s\S]*?)^```/gm;
/** Code within a line. */
const INLINE = /`([^`\n]+)`/g;

const withoutCode = (text: string): string => text.replace(FENCED, "").replace(INLINE, "code");

/** Lines of fenced blocks and code within lines: what a reader may type. */
const codeOf = (text: string): string[] => [
  ...[...text.matchAll(FENCED)].flatMap((match) => (match[1] as string).split("\n")),
  ...[...text.replace(FENCED, "").matchAll(INLINE)].map((match) => match[1] as string),
];

/** A heading as the hosting sites make its anchor. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\- ]/gu, "")
    .replaceAll(" ", "-");

const anchorsOf = (text: string): Set<string> =>
  new Set(
    [...text.replace(FENCED, "").matchAll(/^#+ (.+)$/gm)].map((match) =>
      anchorOf(match[1] as string),
    ),
  );

test("every relative link in the documents leads somewhere", () => {
  const broken: string[] = [];
  for (const { path, text } of pages)
    for (const match of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      const target = match[1] as string;
      if (/^[a-z]+:/.test(target)) continue;
      const [file = "", anchor] = target.split("#");
      const full = file === "" ? join(root, path) : join(root, dirname(path), file);
      if (!existsSync(full)) broken.push(`${path}: ${target}`);
      else if (relative(root, full).startsWith("..")) broken.push(`${path}: ${target} leaves us`);
      else if (anchor !== undefined && !anchorsOf(readFileSync(full, "utf8")).has(anchor))
        broken.push(`${path}: no heading for ${target}`);
    }
  assert.deepEqual(broken, []);
});

test("every npm command in the documents exists", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  /** Commands of npm itself. */
  const OWN = ["ci", "install"];
  const unknown: string[] = [];
  for (const { path, text } of pages)
    for (const line of codeOf(text))
      for (const match of line.matchAll(/\bnpm (run )?([a-z][a-z0-9:-]*)((?: [^|&;]*)?)/g)) {
        const [, run, name = "", rest = ""] = match;
        const workspace = /-w @parahost\/([a-z]+)/.exec(rest)?.[1];
        const known =
          workspace === undefined
            ? name in scripts && (run !== undefined || name === "start" || name === "test")
            : scriptsOf(workspace).includes(name);
        if (!known && !(run === undefined && OWN.includes(name))) unknown.push(`${path}: ${line}`);
      }
  assert.deepEqual(unknown, []);
});

function scriptsOf(room: string): string[] {
  const manifest = join(root, "packages", room, "package.json");
  if (!existsSync(manifest)) return [];
  const { scripts = {} } = JSON.parse(readFileSync(manifest, "utf8")) as {
    readonly scripts?: Readonly<Record<string, string>>;
  };
  return Object.keys(scripts);
}

test("every room is on the map and among the rooms of the architecture, and nothing else is", () => {
  const mapped = [...page("README.md").matchAll(/^\| \[`packages\/([a-z]+)`\]/gm)];
  assert.deepEqual(mapped.map((match) => match[1]).toSorted(), rooms.toSorted());
  const table = [...page("ARCHITECTURE.md").matchAll(/^\| \[?`([a-z]+)`(?:\]\([^)]*\))? \|/gm)];
  assert.deepEqual(table.map((match) => match[1]).toSorted(), rooms.toSorted());
});

test("source files that the documents name are there", () => {
  const missing: string[] = [];
  for (const { path, text } of pages.slice(0, 3))
    for (const code of codeOf(text)) {
      if (!/^[\w-]+(?:\/[\w-]+)+\.ts$/.test(code)) continue;
      const places = [code, `packages/${code}`, `packages/node/src/${code}`, ...roomsWith(code)];
      if (!places.some((place) => existsSync(join(root, place)))) missing.push(`${path}: ${code}`);
    }
  assert.deepEqual(missing, []);
});

/** A path may also begin within a room or its sources. */
const roomsWith = (path: string): string[] =>
  rooms.flatMap((room) => [`packages/${room}/${path}`, `packages/${room}/src/${path}`]);

test("subsystems and messages that the road of a candidate names are in the code", () => {
  const text = page("ARCHITECTURE.md");
  const road = text.slice(
    text.indexOf("## The road of a candidate"),
    text.indexOf("## Determinism"),
  );
  const folders = readdirSync(join(root, "packages/node/src"));
  const messages = folders
    .map((folder) => join(root, "packages/node/src", folder, "messages.ts"))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  const named = [...road.replace(FENCED, "").matchAll(INLINE)].map((match) => match[1] as string);
  for (const name of named) {
    if (/^[a-z]+(-[a-z]+)+$/.test(name)) assert.ok(folders.includes(name), `folder ${name}`);
    else if (/^[a-z]+[A-Z][A-Za-z]+$/.test(name))
      assert.ok(messages.includes(`"${name}"`), `message ${name}`);
  }
});

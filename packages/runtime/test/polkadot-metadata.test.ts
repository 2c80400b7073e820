/** This runtime's metadata against Polkadot's: the pallets and APIs that both have are alike, but for what is listed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hexToBytes } from "@parahost/base";
import { bytes, decode, option } from "@parahost/scale";
import polkadotHex from "@polkadot/types-support/metadata/v15/polkadot-hex";
import { runtimeMetadata } from "../src/metadata/index.ts";
import { Metadata } from "../src/metadata/layout.ts";
import { TestChain } from "../src/testing/chain.ts";
import { ADDED, DIFFERENT, MISSING, PALLETS_ADDED } from "./departures.ts";
import { compareShapes, functionsOf, shapesOf } from "./metadata-shapes.ts";

type Body = Extract<Metadata["body"], { readonly type: "v15" }>["value"];

function bodyOf({ body }: Metadata): Body {
  assert.ok(body.type === "v15");
  return body.value;
}

/** The runtime answers with an option of bytes. */
const theirs = bodyOf(
  decode(Metadata, decode(option(bytes()), hexToBytes(polkadotHex)) ?? new Uint8Array()),
);
const ours = bodyOf(runtimeMetadata(new TestChain().state, 15));

const names = (items: readonly { readonly name: string }[]): Set<string> =>
  new Set(items.map(({ name }) => name));
const common = (a: ReadonlySet<string>, b: ReadonlySet<string>): Set<string> =>
  new Set([...a].filter((name) => b.has(name)));
const listed = (departures: readonly { readonly items: readonly string[] }[]): string[] =>
  departures.flatMap(({ items }) => items).sort();

const pallets = common(names(ours.pallets), names(theirs.pallets));
const apis = common(names(ours.apis), names(theirs.apis));

/** Everything in what both have, and how it differs. */
const everything = (body: Body) =>
  new Map([...shapesOf(body, pallets), ...functionsOf(body, apis)]);
const found = compareShapes(everything(ours), everything(theirs));

test("pallets that Polkadot has not are those that are listed, and every API is one of its", () => {
  const added = ours.pallets.map(({ name }) => name).filter((name) => !pallets.has(name));
  assert.deepEqual(added.sort(), listed(PALLETS_ADDED));
  assert.equal(apis.size, ours.apis.length);
  assert.ok(pallets.size > 25 && everything(theirs).size > 600);
});

test("what Polkadot has not is listed, with the reason why it is here", () => {
  assert.deepEqual(found.added, listed(ADDED));
});

test("what of Polkadot's is not here is listed, with the reason", () => {
  assert.deepEqual(found.missing, listed(MISSING));
});

test("what has another shape than on Polkadot is listed, with the reason", () => {
  assert.deepEqual(found.different, listed(DIFFERENT));
});

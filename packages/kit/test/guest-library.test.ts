/** The guest library against what it must agree with: the relay chain's trie, whole numbers, and the host's codecs. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { bytesToHex, concatBytes, expectOk, type Hex, hexToBytes } from "@parahost/base";
import {
  callValidateBlock,
  DEFAULT_ENGINE_PARAMETERS,
  type PreparedPvf,
  preparePvf,
} from "@parahost/executor";
import { generateGuest } from "@parahost/kit/codegen/generate";
import { compileGuest } from "@parahost/kit/compile";
import { call, declareChain, option, struct, u32, variant } from "@parahost/kit/schema";
import { bytes, compactU128, decode, encode, tuple, u128, vec } from "@parahost/scale";
import { EMPTY_ROOT, MemoryNodeStore, NodeCache, Overlay, TrieBackend } from "@parahost/trie";
import fc from "fast-check";

let probe: PreparedPvf;
before(async () => {
  const { wasm } = expectOk(
    await compileGuest(join(import.meta.dirname, ".."), "assembly/testing/probe.ts"),
    "",
  );
  probe = expectOk(
    preparePvf(wasm, DEFAULT_ENGINE_PARAMETERS, { metered: true, entries: [] }),
    "prepared",
  );
});

/** The guest's answer; `undefined` where it ended itself. */
function ask(what: number, ...question: readonly Uint8Array[]): Uint8Array | undefined {
  const answer = callValidateBlock(probe, concatBytes(new Uint8Array([what]), ...question));
  if (!answer.ok) assert.equal(answer.error.code, "trap");
  return answer.ok ? answer.value.output : undefined;
}

// Numbers

const U64 = 1n << 64n;
const U128 = 1n << 128n;
const wide = fc.oneof(
  fc.bigInt({ min: 0n, max: U128 - 1n }),
  fc.bigInt({ min: 0n, max: U64 }),
  fc.constantFrom(0n, 1n, U64 - 1n, U64, U128 - 1n),
);
const narrow = fc.bigInt({ min: 0n, max: U64 - 1n });
const u64Bytes = (value: bigint): Uint8Array => encode(u128, value).slice(0, 8);

test("u128 reckons as whole numbers do, and ends the guest where the result does not fit", () => {
  const is = (got: Uint8Array | undefined, wanted: bigint | undefined): void =>
    assert.equal(got && decode(u128, got), wanted);
  const fitting = (value: bigint) => (value >= 0n && value < U128 ? value : undefined);
  fc.assert(
    fc.property(wide, wide, narrow, (a, b, small) => {
      const [first, second] = [encode(u128, a), encode(u128, b)];
      is(ask(1, first, second), fitting(a + b));
      is(ask(2, first, second), fitting(a - b));
      is(ask(3, first, u64Bytes(small)), fitting(a * small));
      is(ask(4, first, u64Bytes(small)), small === 0n ? undefined : a / small);
    }),
    { numRuns: 50, seed: 7 },
  );
});

test("compact numbers are read in their shortest form only, and written so", () => {
  fc.assert(
    fc.property(wide, (value) => {
      const compact = encode(compactU128, value);
      assert.deepEqual(ask(5, compact), concatBytes(compact, encode(u128, value)));
    }),
    { numRuns: 100, seed: 7 },
  );
  for (const longer of ["0x0100", "0x02000000", "0x0300000000", "0x070000004000", "0x01", "0x4300"])
    assert.equal(ask(5, hexToBytes(longer as Hex)), undefined, longer);
});

// The trie

const SET = 0;
const REMOVE = 1;
const GET = 2;
const key = fc
  .array(fc.constantFrom(0x00, 0x01, 0x10, 0x11, 0xff), { minLength: 1, maxLength: 4 })
  .map((digits) => Uint8Array.from(digits));
const value = fc.oneof(
  fc.uint8Array({ maxLength: 8 }),
  fc.uint8Array({ minLength: 31, maxLength: 40 }),
);
const operation = fc.record({ kind: fc.constantFrom(SET, SET, REMOVE, REMOVE, GET), key, value });

test("the guest's trie is the relay chain's, after any sets, removals and walks", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(key, value), { maxLength: 24 }),
      fc.array(operation, { maxLength: 24 }),
      fc.oneof(fc.constant(new Uint8Array()), key),
      (entries, operations, prefix) => {
        const nodes = new Map<Hex, Uint8Array>();
        const store = new MemoryNodeStore();
        const initial = new Overlay(new TrieBackend(new NodeCache(store), EMPTY_ROOT));
        for (const [at, stored] of entries) initial.set(bytesToHex(at), stored);
        const update = initial.commitment(1);
        store.apply(update);
        for (const [hash, node] of update.inserted) nodes.set(hash, node);

        const ours = new Overlay(new TrieBackend(new NodeCache(store), update.root));
        const live = new Map(entries.map(([at, stored]) => [bytesToHex(at), stored]));
        const wanted: Uint8Array[] = [];
        for (const { kind, key: at, value: given } of operations) {
          const name = bytesToHex(at);
          if (kind === SET) {
            ours.set(name, given);
            live.set(name, given);
          } else if (kind === REMOVE) {
            ours.delete(name);
            live.delete(name);
          } else {
            const there = live.get(name);
            wanted.push(
              there === undefined
                ? new Uint8Array([0])
                : concatBytes(new Uint8Array([1]), encode(bytes(), there)),
            );
          }
        }
        const beginning = bytesToHex(prefix);
        const behind = [...live.keys()]
          .filter((name) => name.startsWith(beginning) && name !== beginning)
          .sort();
        for (const name of behind)
          wanted.push(new Uint8Array([1]), encode(bytes(), hexToBytes(name)));
        wanted.push(new Uint8Array([0]), hexToBytes(ours.commitment(1).root));

        const answer = ask(
          0,
          hexToBytes(update.root),
          encode(vec(bytes()), [...nodes.values()]),
          encodeOperations(operations),
          encode(bytes(), prefix),
        );
        assert.deepEqual(answer && bytesToHex(answer), bytesToHex(concatBytes(...wanted)));
      },
    ),
    { numRuns: 150, seed: 7 },
  );
});

function encodeOperations(
  operations: readonly { kind: number; key: Uint8Array; value: Uint8Array }[],
): Uint8Array {
  const parts = operations.map(({ kind, key: at, value: given }) =>
    concatBytes(
      new Uint8Array([kind]),
      encode(bytes(), at),
      kind === SET ? encode(bytes(), given) : new Uint8Array(),
    ),
  );
  return concatBytes(new Uint8Array([operations.length << 2]), ...parts);
}

// Declarations

test("types that guests cannot have are refused with their place and what to write instead", () => {
  const refused = (args: Parameters<typeof call>[2]): string => {
    const schema = declareChain({
      name: "odd",
      specVersion: 1,
      transactionVersion: 1,
      token: { symbol: "ODD", decimals: 12, existentialDeposit: 1n },
      fees: { base: 0n, perByte: 0n, perMegaWeight: 0n },
      pallets: { Odd: { index: 40, docs: "", calls: { strange: call(0, "", args) } } },
    });
    try {
      generateGuest(schema, "parahost");
      return "";
    } catch (error) {
      return String(error);
    }
  };
  assert.match(refused({ pair: tuple(u32, u32) }), /Odd\.strange: .*tuple; name its parts/);
  assert.match(refused({ maybe: option(u32) }), /option of a number; put the number into a struct/);
  assert.match(refused({ plain: struct({ a: u32 }) }), /struct without a name; give it one/);
  assert.match(
    refused({ either: variant({ a: [0, u32], b: 1 }, ["Either"]) }),
    /enum with contents; use a struct/,
  );
});

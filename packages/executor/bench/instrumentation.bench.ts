/**
 * What instrumentation costs: the same Wasm as it is and as guests run it, in the engine of this Node. Small loops at
 * its worst, and programs as authors write them, compiled from AssemblyScript when this file is loaded.
 */

import assert from "node:assert/strict";
import { expectOk } from "@parahost/base";
import asc from "assemblyscript/asc";
import type { Bench } from "../../../test/bench.ts";
import { DEFAULT_ENGINE_PARAMETERS } from "../src/engine-parameters.ts";
import { tuneEngineForGuests } from "../src/pool/engine-flags.ts";
import { preparePvf } from "../src/pvf.ts";
import { i32Const, validationModule } from "../src/testing/module-builder.ts";
import { callValidateBlock } from "../src/validate-block.ts";
import { EMPTY, F64, I32, I64, OP } from "../src/wasm/opcodes.ts";

const PLAIN = `plain module, V8 ${process.versions.v8}`;

/** `validate_block` that calls function 1 with `argument` and returns its i64 in memory. */
const calling = (argument: number, callee: object): Uint8Array =>
  validationModule(
    [
      ...[...i32Const(0), ...i32Const(argument), OP.call, 1, 0x37, 3, 0],
      ...[OP.i64Const, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], // eight bytes at zero
    ],
    { functions: [{ params: [I32], result: I64, code: [], ...callee }] },
  );

const fibonacci = calling(22, {
  code: [
    ...[OP.localGet, 0, ...i32Const(2), 0x48, OP.if, I64, OP.localGet, 0, OP.i64ExtendI32U],
    ...[OP.else, OP.localGet, 0, ...i32Const(1), OP.i32Sub, OP.call, 1],
    ...[OP.localGet, 0, ...i32Const(2), OP.i32Sub, OP.call, 1, 0x7c, OP.end],
  ],
});

/** A loop of multiplications and stores, as hashing and decoding are. */
const mixing = calling(200_000, {
  locals: [[1, I64]],
  code: [
    ...[OP.i64Const, 1, OP.localSet, 1, OP.loop, EMPTY],
    ...[OP.localGet, 1, OP.i64Const, 31, 0x7e, OP.localGet, 0, OP.i64ExtendI32U, 0x85],
    ...[OP.localTee, 1, OP.i64Const, 7, 0x89, OP.localSet, 1],
    ...[...i32Const(64), OP.localGet, 1, 0x37, 3, 0],
    ...[OP.localGet, 0, ...i32Const(1), OP.i32Sub, OP.localTee, 0, OP.brIf, 0, OP.end],
    ...[OP.localGet, 1],
  ],
});

const floating = calling(200_000, {
  locals: [[1, F64]],
  code: [
    ...[OP.loop, EMPTY, OP.localGet, 1, OP.localGet, 0, 0xb7, 0xa0, 0x9f, OP.localSet, 1],
    ...[OP.localGet, 0, ...i32Const(1), OP.i32Sub, OP.localTee, 0, OP.brIf, 0, OP.end],
    ...[OP.localGet, 1, 0xbd],
  ],
});

/** Each exports one function of a size that gives a number. */
const PROGRAMS: readonly (readonly [name: string, size: number, source: string])[] = [
  [
    "sorting of 20,000 numbers",
    20_000,
    `export function run(size: i32): u64 {
       const values = new StaticArray<u32>(size);
       let seed: u32 = 1;
       for (let i = 0; i < size; i++) {
         seed = seed * 1664525 + 1013904223;
         values[i] = seed;
       }
       sift(values, size);
       return values[0] ^ (<u64>values[size - 1] << 32);
     }
     function swap(values: StaticArray<u32>, a: i32, b: i32): void {
       const held = values[a];
       values[a] = values[b];
       values[b] = held;
     }
     function down(values: StaticArray<u32>, start: i32, end: i32): void {
       let root = start;
       while (2 * root + 1 < end) {
         let child = 2 * root + 1;
         if (child + 1 < end && values[child] < values[child + 1]) child++;
         if (values[root] >= values[child]) return;
         swap(values, root, child);
         root = child;
       }
     }
     function sift(values: StaticArray<u32>, size: i32): void {
       for (let start = size / 2; start >= 0; start--) down(values, start, size);
       for (let end = size - 1; end > 0; end--) {
         swap(values, 0, end);
         down(values, 0, end);
       }
     }`,
  ],
  [
    "hashing of 100,000 words",
    100_000,
    `function mix(value: u64): u64 {
       let x = value ^ (value >> 33);
       x *= 0xff51afd7ed558ccd;
       x ^= x >> 29;
       x *= 0xc4ceb9fe1a85ec53;
       return x ^ rotl<u64>(x, 17);
     }
     export function run(size: i32): u64 {
       let hash: u64 = 0;
       for (let i = 0; i < size; i++) hash = mix(hash ^ i) + rotl<u64>(hash, 5);
       return hash;
     }`,
  ],
  [
    "a map of 5,000 entries",
    5_000,
    `export function run(size: i32): u64 {
       const map = new Map<u32, u64>();
       for (let i = 0; i < size; i++) map.set(i * 7919, i);
       let sum: u64 = 0;
       for (let i = 0; i < size; i++) sum += map.get(i * 7919);
       return sum;
     }`,
  ],
];

const ENTRY = `
  export const __heap_base: i32 = 60000;
  export function validate_block(pointer: usize, length: i32): u64 {
    store<u64>(0, run(SIZE));
    return <u64>8 << 32;
  }`;

async function compiled(size: number, source: string): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      ...["program.ts", "--outFile", "program.wasm", "--runtime", "stub", "--optimizeLevel", "3"],
      ...["--disable", "bulk-memory", "--disable", "nontrapping-f2i", "--exportStart", "_start"],
      ...["--initialMemory", "16"],
    ],
    {
      readFile: (name) =>
        name === "program.ts" ? source + ENTRY.replace("SIZE", String(size)) : null,
      writeFile: (_, contents) => {
        if (contents instanceof Uint8Array) wasm = contents;
      },
      listFiles: () => [],
    },
  );
  assert.ok(error === null && wasm !== undefined, `${stderr}`);
  return wasm;
}

function overhead(name: string, wasm: Uint8Array, metered: boolean): Bench {
  const pvf = expectOk(preparePvf(wasm, DEFAULT_ENGINE_PARAMETERS, { metered }), name);
  const plain = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
  const input = new Uint8Array(8);
  const ours = (): Uint8Array => expectOk(callValidateBlock(pvf, input), name).output;
  const theirs = (): Uint8Array => {
    const { exports } = new WebAssembly.Instance(plain, { env: { abort: () => undefined } });
    const { memory, validate_block: entry } = exports;
    assert.ok(memory instanceof WebAssembly.Memory && typeof entry === "function");
    entry(1024, input.length);
    return new Uint8Array(memory.buffer, 0, 8).slice();
  };
  return {
    name: `instrumented ${name}, ${metered ? "with fuel" : "without fuel"}`,
    peer: PLAIN,
    ours,
    theirs,
    check: () => {
      tuneEngineForGuests();
      assert.deepEqual(ours(), theirs());
    },
  };
}

const programs = await Promise.all(
  PROGRAMS.map(async ([name, size, source]) => [name, await compiled(size, source)] as const),
);

export const benches: readonly Bench[] = [false, true].flatMap((metered) => [
  overhead("recursion of 57,000 calls", fibonacci, metered),
  overhead("200,000 turns of mixing", mixing, metered),
  overhead("200,000 turns of floats", floating, metered),
  ...programs.map(([name, wasm]) => overhead(name, wasm, metered)),
]);

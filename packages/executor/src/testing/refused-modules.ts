/**
 * Codes that pre-checking refuses, one reason each: the first five rows of fault catalogue 11.8. Refused before
 * anything is compiled, in little time and memory.
 */

import { concatBytes, hexToBytes } from "@parahost/base";
import { EMPTY, F32, I32, I64, OP } from "../wasm/opcodes.ts";
import type { WasmRefusalCode } from "../wasm/refusal.ts";
import {
  buildModule,
  type FunctionSketch,
  i32Const,
  type ModuleSketch,
  packedConst,
  validationModule,
} from "./module-builder.ts";

export interface RefusedModule {
  readonly name: string;
  readonly code: Uint8Array;
  readonly refusal: WasmRefusalCode;
}

const NOTHING = packedConst(0, 0);
const HEADER = hexToBytes("0061736d01000000");
const GOOD = validationModule(NOTHING);

const withFunction = (sketch: FunctionSketch, rest: ModuleSketch = {}): Uint8Array =>
  validationModule(NOTHING, { functions: [sketch], ...rest });

/** A number as unsigned LEB128. */
function leb(value: number): number[] {
  const low = value & 127;
  return value < 128 ? [low] : [low | 128, ...leb(Math.floor(value / 128))];
}

/** Sections behind the header, as id and content. */
const sections = (...parts: readonly (readonly [number, readonly number[] | Uint8Array])[]) =>
  concatBytes(
    HEADER,
    ...parts.map(([id, content]) => Uint8Array.from([id, ...leb(content.length), ...content])),
  );

const times = (count: number, bytes: readonly number[]): Uint8Array => {
  const out = new Uint8Array(count * bytes.length);
  for (let at = 0; at < out.length; at += bytes.length) out.set(bytes, at);
  return out;
};

const feature = (name: string, code: readonly number[]): RefusedModule => ({
  name: `uses ${name}`,
  code: withFunction({ code }),
  refusal: "featureNotAllowed",
});

const MILLION = 1_000_000;

export const REFUSED_MODULES: readonly RefusedModule[] = [
  { name: "is empty", code: new Uint8Array(), refusal: "notWasm" },
  { name: "is half a header", code: hexToBytes("0061736d"), refusal: "unexpectedEnd" },
  { name: "is of version 2", code: hexToBytes("0061736d02000000"), refusal: "wrongVersion" },
  { name: "is text", code: new TextEncoder().encode("(module)"), refusal: "notWasm" },
  { name: "is an ELF file", code: hexToBytes("7f454c4602010100"), refusal: "notWasm" },
  { name: "is cut off", code: GOOD.subarray(0, -3), refusal: "unexpectedEnd" },
  { name: "has a section twice", code: sections([1, [0]], [1, [0]]), refusal: "sectionOrder" },
  {
    name: "has a number of six bytes",
    code: sections([1, [0x80, 0x80, 0x80, 0x80, 0x80, 0]]),
    refusal: "lebTooLong",
  },
  {
    name: "has a name that is not UTF-8",
    code: concatBytes(GOOD, hexToBytes("000501ff000000")),
    refusal: "badUtf8",
  },
  {
    name: "has no entry",
    code: buildModule({ memory: [1], heapBase: 0 }),
    refusal: "missingExport",
  },
  {
    name: "has an entry of another type",
    code: buildModule({
      functions: [{ params: [I32], result: I64, code: NOTHING, export: "validate_block" }],
      memory: [1],
      heapBase: 0,
    }),
    refusal: "badExport",
  },
  {
    name: "has no memory",
    code: validationModule(NOTHING, { memory: undefined }),
    refusal: "missingExport",
  },
  {
    name: "imports a memory beside its own",
    code: sections(
      [2, [1, 3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 0, 1]],
      [5, [1, 0, 1]],
    ),
    refusal: "featureNotAllowed",
  },
  {
    name: "imports a host function with another type",
    code: validationModule(NOTHING, {
      imports: [{ name: "ext_hashing_blake2_256_version_1", params: [F32] }],
    }),
    refusal: "badImport",
  },
  {
    name: "imports from another module than env",
    code: validationModule(NOTHING, { imports: [{ module: "relay", name: "relay_write" }] }),
    refusal: "badImport",
  },
  {
    name: "imports a table",
    code: sections([2, [1, 3, 0x65, 0x6e, 0x76, 1, 0x74, 1, 0x70, 0, 0]]),
    refusal: "badImport",
  },
  {
    name: "has a start function",
    code: withFunction({ code: [] }, { start: 1 }),
    refusal: "startSection",
  },
  {
    name: "wants 65,536 pages",
    code: validationModule(NOTHING, { memory: [65_536] }),
    refusal: "memoryTooLarge",
  },
  {
    name: "has a memory whose maximum is below its minimum",
    code: validationModule(NOTHING, { memory: [2, 1] }),
    refusal: "badLimits",
  },
  {
    name: "has a table of ten million",
    code: sections([4, [1, 0x70, 0, ...leb(10 * MILLION)]]),
    refusal: "limitExceeded",
  },
  {
    name: "has a million functions",
    code: sections(
      [1, [1, 0x60, 0, 0]],
      [3, concatBytes(Uint8Array.from(leb(MILLION)), new Uint8Array(MILLION))],
    ),
    refusal: "limitExceeded",
  },
  {
    name: "has a function of 7 MiB",
    code: withFunction({ code: new Uint8Array(7 * 2 ** 20).fill(OP.nop) }),
    refusal: "limitExceeded",
  },
  {
    name: "has 20 MiB of functions",
    code: validationModule(NOTHING, {
      functions: new Array<FunctionSketch>(50).fill({
        code: new Uint8Array(400 * 1024).fill(OP.nop),
      }),
    }),
    refusal: "limitExceeded",
  },
  {
    name: "has 50,000 locals",
    code: withFunction({ locals: [[50_000, I64]], code: [] }),
    refusal: "limitExceeded",
  },
  {
    name: "has four billion locals",
    code: withFunction({ locals: [[2 ** 32 - 1, I64]], code: [] }),
    refusal: "limitExceeded",
  },
  {
    name: "branches to a million targets",
    code: withFunction({
      code: concatBytes(
        Uint8Array.from([...i32Const(0), OP.brTable, ...leb(MILLION)]),
        new Uint8Array(MILLION + 1),
      ),
    }),
    refusal: "limitExceeded",
  },
  {
    name: "nests 100,000 blocks",
    code: withFunction({
      code: concatBytes(times(100_000, [OP.block, EMPTY]), times(100_000, [OP.end])),
    }),
    refusal: "limitExceeded",
  },
  {
    name: "has a million data segments",
    code: sections(
      [5, [1, 0, 1]],
      [
        11,
        concatBytes(Uint8Array.from(leb(MILLION)), times(MILLION, [0, OP.i32Const, 0, OP.end, 0])),
      ],
    ),
    refusal: "limitExceeded",
  },
  {
    name: "has an element segment outside of its table",
    code: sections(
      [1, [1, 0x60, 0, 0]],
      [3, [1, 0]],
      [4, [1, 0x70, 0, 1]],
      [9, [1, 0, OP.i32Const, 1, OP.end, 1, 0]],
      [10, [1, 2, 0, OP.end]],
    ),
    refusal: "segmentOutOfRange",
  },
  {
    name: "branches over many values at the size limit",
    code: withFunction({
      locals: [[8_000, I64]],
      code: times(60_000, [...i32Const(0), OP.brIf, 0]),
    }),
    refusal: "limitExceeded",
  },
  {
    name: "is not valid",
    code: withFunction({ code: [OP.i32Add] }),
    refusal: "typeMismatch",
  },
  feature("threads", [0xfe, 0x03, 0]),
  feature("SIMD", [0xfd, 0x0c]),
  feature("exceptions", [0x06, EMPTY]),
  feature("tail calls", [0x12, 0]),
  feature("garbage collection", [0xfb, 0]),
  feature("reference types", [0xd0, 0x70, OP.drop]),
  feature("saturating conversions", [OP.f32Const, 0, 0, 0, 0, 0xfc, 0, OP.drop]),
  feature("bulk memory", [...i32Const(0), ...i32Const(0), ...i32Const(0), 0xfc, 11, 0]),
  { name: "has 64-bit addresses", code: sections([5, [1, 4, 1]]), refusal: "featureNotAllowed" },
  { name: "has two memories", code: sections([5, [2, 0, 1, 0, 1]]), refusal: "limitExceeded" },
];

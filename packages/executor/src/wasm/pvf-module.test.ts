import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, hexToBytes } from "@parahost/base";
import { DEFAULT_ENGINE_PARAMETERS } from "../engine-parameters.ts";
import { preparePvf } from "../pvf.ts";
import {
  buildModule,
  type FunctionSketch,
  i32Const,
  type ModuleSketch,
  packedConst,
  validationModule,
} from "../testing/module-builder.ts";
import { EMPTY, F32, F64, I32, I64, OP } from "./opcodes.ts";

const RETURN_NOTHING = packedConst(0, 0);
const good = (rest: ModuleSketch = {}, code: readonly number[] = RETURN_NOTHING): Uint8Array =>
  validationModule(code, rest);

const withBulk = { ...DEFAULT_ENGINE_PARAMETERS, bulkMemory: true };

function refusal(wasm: Uint8Array, parameters = DEFAULT_ENGINE_PARAMETERS): string {
  const prepared = preparePvf(wasm, parameters, { metered: true });
  return prepared.ok ? "accepted" : prepared.error.code;
}

/** A module of raw sections behind the magic: id, then content. */
const raw = (...sections: readonly (readonly [number, string])[]): Uint8Array =>
  concatBytes(
    hexToBytes("0061736d01000000"),
    ...sections.map(([id, content]) => {
      const bytes = hexToBytes(content);
      return concatBytes(new Uint8Array([id, bytes.length]), bytes);
    }),
  );

/** A good module with one more function of this code, which nobody calls. */
const withCode = (code: readonly number[], sketch: Partial<FunctionSketch> = {}): Uint8Array =>
  good({ functions: [{ code, ...sketch }] });

test("a minimal parachain is accepted, with its own memory or an imported one", () => {
  assert.equal(refusal(good()), "accepted");
  assert.equal(refusal(good({ memoryIs: "imported" })), "accepted");
});

test("what is no Wasm module is refused", () => {
  assert.equal(refusal(new Uint8Array()), "notWasm");
  assert.equal(refusal(hexToBytes("7f454c460201")), "notWasm");
  assert.equal(refusal(hexToBytes("286d6f64756c6529")), "notWasm");
  assert.equal(refusal(hexToBytes("0061736d")), "unexpectedEnd");
  assert.equal(refusal(hexToBytes("0061736d02000000")), "wrongVersion");
});

test("a module cut anywhere is refused", () => {
  const wasm = good({
    imports: [{ name: "ext_misc_print_num_version_1", params: [I64] }],
    table: [0],
  });
  assert.equal(refusal(wasm), "accepted");
  for (let length = 0; length < wasm.length; length++)
    assert.notEqual(refusal(wasm.subarray(0, length)), "accepted", `cut at ${length}`);
});

test("sections come in order and once", () => {
  assert.equal(refusal(raw([3, "00"], [1, "00"])), "sectionOrder");
  assert.equal(refusal(raw([1, "00"], [1, "00"])), "sectionOrder");
  assert.equal(refusal(raw([13, "00"])), "unknownSection");
  assert.equal(refusal(raw([1, "0000"])), "sectionSize");
  assert.equal(refusal(raw([3, "0100"])), "indexOutOfRange");
  assert.equal(refusal(raw([1, "01600000"], [3, "0100"])), "malformed");
});

test("numbers are LEB128 of the right length", () => {
  assert.equal(refusal(raw([1, "808080808000"])), "lebTooLong");
  assert.equal(refusal(raw([1, "8080808010"])), "lebOutOfRange");
  assert.equal(
    refusal(withCode([OP.i32Const, 0x80, 0x80, 0x80, 0x80, 0x80, 0, OP.drop])),
    "lebTooLong",
  );
  assert.equal(
    refusal(withCode([OP.i32Const, 0x80, 0x80, 0x80, 0x80, 0x70, OP.drop])),
    "lebOutOfRange",
  );
  assert.equal(
    refusal(withCode([OP.i64Const, ...new Array(9).fill(0x80), 0x02, OP.drop])),
    "lebOutOfRange",
  );
  assert.equal(refusal(withCode([OP.i32Const, 0x80, 0x80, 0x80, 0x80, 0x78, OP.drop])), "accepted");
});

test("names are UTF-8, contents of custom sections are not looked at", () => {
  assert.equal(refusal(concatBytes(good(), hexToBytes("000501ff000000"))), "badUtf8");
  assert.equal(refusal(concatBytes(good(), hexToBytes("00070466726565ffff"))), "accepted");
});

test("each feature that is not allowed is named", () => {
  const detail = (wasm: Uint8Array): string => {
    const prepared = preparePvf(wasm, DEFAULT_ENGINE_PARAMETERS, { metered: false });
    return prepared.ok ? "accepted" : `${prepared.error.code}: ${prepared.error.detail}`;
  };
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [withCode([0xfd, 0x0c]), /SIMD/],
    [withCode([0xfe, 0x03, 0x00]), /threads/],
    [withCode([0x12, 0x00]), /tail calls/],
    [withCode([0x06, EMPTY]), /exceptions/],
    [withCode([0xd0, 0x70]), /reference types/],
    [withCode([0xfb, 0x00]), /garbage collection/],
    [withCode([0x43, 0, 0, 0, 0, 0xfc, 0, OP.drop]), /saturating/],
    [withCode([...i32Const(0), ...i32Const(0), ...i32Const(0), 0xfc, 11, 0]), /bulk memory/],
    [withCode([OP.block, 0x00, OP.end]), /multi-value/],
    [withCode([OP.block, 0x7b, OP.end]), /SIMD/],
    [raw([1, "016000027f7f"]), /multi-value/],
    [raw([1, "0160017b00"]), /SIMD/],
    [raw([4, "016f0000"]), /reference types/],
    [raw([5, "01030101"]), /threads/],
    [raw([5, "010400"]), /memory64/],
    [raw([5, "020000"]), /memories|multi-memory/],
    [raw([12, "00"]), /bulk memory/],
  ];
  for (const [wasm, expected] of cases) assert.match(detail(wasm), expected);
});

test("bulk memory is accepted only by parameter", () => {
  const fill = withCode([...i32Const(0), ...i32Const(0), ...i32Const(0), 0xfc, 11, 0]);
  assert.equal(refusal(fill), "featureNotAllowed");
  assert.equal(refusal(fill, withBulk), "accepted");
  const copy = withCode([...i32Const(0), ...i32Const(0), ...i32Const(0), 0xfc, 10, 0, 0]);
  assert.equal(refusal(copy, withBulk), "accepted");
});

test("bodies are type-checked", () => {
  const bad: readonly number[][] = [
    [OP.i32Add],
    [...i32Const(1)],
    [...i32Const(1), OP.i64Const, 1, OP.i32Add, OP.drop],
    [OP.block, I32, OP.end, OP.drop],
    [...i32Const(1), OP.if, I32, ...i32Const(1), OP.end, OP.drop],
    [...i32Const(1), OP.i64Const, 1, ...i32Const(0), OP.select, OP.drop],
    [OP.i64Const, 0, OP.brIf, 0],
  ];
  for (const code of bad) assert.equal(refusal(withCode(code)), "typeMismatch", `${code}`);
  assert.equal(refusal(withCode([OP.else])), "malformed");
  assert.equal(refusal(withCode([OP.end])), "malformed");
  assert.equal(refusal(withCode([OP.br, 1])), "indexOutOfRange");
  assert.equal(refusal(withCode([OP.localGet, 0])), "indexOutOfRange");
  assert.equal(refusal(withCode([OP.call, 9])), "indexOutOfRange");
  assert.equal(refusal(withCode([OP.globalGet, 1, OP.drop])), "indexOutOfRange");
  assert.equal(refusal(withCode([...i32Const(0), OP.globalSet, 0])), "typeMismatch");
  assert.equal(refusal(withCode([...i32Const(0), OP.callIndirect, 0, 0])), "indexOutOfRange");
  assert.equal(refusal(withCode([...i32Const(0), 0x28, 3, 0, OP.drop])), "malformed");
});

test("code that cannot be reached may take operands from nowhere", () => {
  for (const code of [
    [OP.unreachable, OP.i32Add, OP.drop],
    [OP.block, I32, OP.br, 0, OP.end],
    [OP.return, OP.select, OP.drop],
    [OP.loop, EMPTY, OP.br, 0, OP.end, OP.i64Sub, OP.drop],
  ])
    assert.notEqual(refusal(withCode(code)), "malformed", `${code}`);
  assert.equal(refusal(withCode([OP.unreachable, OP.i32Add, OP.drop])), "accepted");
});

test("the contract with the host is checked", () => {
  const entry = { params: [I32, I32], result: I64, code: RETURN_NOTHING, export: "validate_block" };
  assert.equal(refusal(buildModule({ memory: [1], heapBase: 0 })), "missingExport");
  assert.equal(refusal(buildModule({ functions: [entry], memory: [1] })), "missingExport");
  assert.equal(refusal(buildModule({ functions: [entry], heapBase: 0 })), "missingExport");
  assert.equal(refusal(good({ memoryIs: "hidden" })), "missingExport");
  const wrongType = { ...entry, params: [I32] };
  assert.equal(
    refusal(buildModule({ functions: [wrongType], memory: [1], heapBase: 0 })),
    "badExport",
  );
  assert.equal(refusal(good({ functions: [{ code: [] }], start: 1 })), "startSection");
});

test("imports come from env, and known ones have the right type", () => {
  const importing = (name: string, rest: object = {}) => good({ imports: [{ name, ...rest }] });
  assert.equal(refusal(importing("f", { module: "relay" })), "badImport");
  assert.equal(refusal(importing("f", { module: "wasi_snapshot_preview1" })), "badImport");
  assert.equal(refusal(importing("anything_at_all", { params: [F32] })), "accepted");
  assert.equal(refusal(importing("toString")), "accepted");
  assert.equal(
    refusal(importing("ext_allocator_malloc_version_1", { params: [I32] })),
    "badImport",
  );
  assert.equal(
    refusal(importing("ext_allocator_malloc_version_1", { params: [I32], result: I32 })),
    "accepted",
  );
  assert.equal(refusal(raw([2, "0103656e760167037f00"])), "badImport");
  assert.equal(refusal(raw([2, "0103656e76017401700000"])), "badImport");
});

test("sizes above our limits are refused before they cost anything", () => {
  assert.equal(refusal(good({ memory: [65_536] })), "memoryTooLarge");
  assert.equal(refusal(good({ memory: [2081] })), "memoryTooLarge");
  assert.equal(refusal(good({ memory: [2080] })), "accepted");
  assert.equal(refusal(raw([5, "01010201"])), "badLimits");
  assert.equal(refusal(raw([4, "017000c1843d"])), "limitExceeded");
  assert.equal(refusal(raw([3, "c0843d"])), "limitExceeded");
  assert.equal(refusal(raw([1, "ffff03"])), "limitExceeded");
  assert.equal(refusal(raw([1, "ff0f"])), "unexpectedEnd");
  assert.equal(refusal(withCode([], { locals: [[8_193, I32]] })), "limitExceeded");
  assert.equal(refusal(withCode([], { locals: [[0xffff_ffff, I32]] })), "limitExceeded");
  const nested = (depth: number) =>
    withCode([
      ...new Array(depth).fill([OP.block, EMPTY]).flat(),
      ...new Array(depth).fill(OP.end),
    ]);
  assert.equal(refusal(nested(4_095)), "accepted");
  assert.equal(refusal(nested(4_096)), "limitExceeded");
  const body = new Uint8Array(512 * 1024).fill(OP.nop);
  assert.equal(refusal(good({ functions: [{ code: body }] })), "limitExceeded");
  const floats = new Uint8Array(500 * 1024).fill(0x91, 5);
  floats[0] = OP.f32Const;
  floats[floats.length - 1] = OP.drop;
  assert.equal(refusal(good({ functions: [{ code: floats }] })), "accepted");
  const targets = (count: number) => [
    ...[...i32Const(0), OP.brTable, (count & 127) | 128, ((count >> 7) & 127) | 128, count >> 14],
    ...new Array(count + 1).fill(0),
  ];
  assert.equal(refusal(withCode(targets(8_192))), "accepted");
  assert.equal(refusal(withCode(targets(8_193))), "limitExceeded");
});

test("branches over many values are limited, in a function and in all", () => {
  const branching = (branches: number, locals: number): FunctionSketch => ({
    locals: [[locals, I64]],
    code: new Array(branches).fill([...i32Const(0), OP.brIf, 0]).flat(),
  });
  const accepted = (...functions: readonly FunctionSketch[]): void =>
    assert.equal(refusal(good({ functions })), "accepted");
  const refused = (...functions: readonly FunctionSketch[]): void =>
    assert.equal(refusal(good({ functions })), "limitExceeded");
  // One operand beside the locals.
  accepted(branching(1_000, 1_999));
  refused(branching(1_001, 1_999));
  const eight = new Array<FunctionSketch>(8).fill(branching(1_000, 1_999));
  accepted(...eight);
  refused(...eight, branching(10, 0));
  accepted(branching(10_000, 0), branching(10_000, 0));
  refused(branching(10_001, 0));
  refused(branching(10_000, 0), branching(10_000, 0), branching(1, 0));
});

test("segments lie within the table and the memory", () => {
  assert.equal(refusal(good({ data: [[65_536, new Uint8Array(0)]] })), "accepted");
  assert.equal(refusal(good({ data: [[65_535, new Uint8Array(2)]] })), "segmentOutOfRange");
  assert.equal(refusal(good({ data: [[-1, new Uint8Array(1)]] })), "segmentOutOfRange");
  assert.equal(
    refusal(raw([1, "01600000"], [3, "0100"], [4, "01700001"], [9, "010041010b0100"])),
    "segmentOutOfRange",
  );
});

test("floats are accepted in all their instructions", () => {
  const unary = [0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91];
  const code = [
    ...[OP.f32Const, 0, 0, 0, 0, ...unary, 0xbb],
    ...[0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xb6, 0xbc, OP.drop],
  ];
  assert.equal(refusal(withCode(code, { locals: [[1, F64]] })), "accepted");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, hexToBytes } from "@parahost/base";
import { DEFAULT_ENGINE_PARAMETERS } from "./engine-parameters.ts";
import type { PreparationRefusal } from "./executor.ts";
import { explainRefusal } from "./explain-refusal.ts";
import { preparePvf } from "./pvf.ts";
import {
  buildModule,
  i32Const,
  type ModuleSketch,
  packedConst,
  validationModule,
} from "./testing/module-builder.ts";
import { EMPTY, I32, I64, OP } from "./wasm/opcodes.ts";

const NOTHING = packedConst(0, 0);
const ENTRY = { params: [I32, I32], result: I64, code: NOTHING, export: "validate_block" };
const module = (rest: ModuleSketch): Uint8Array => validationModule(NOTHING, rest);
const withCode = (code: readonly number[]): Uint8Array => module({ functions: [{ code }] });

function explained(wasm: Uint8Array): string {
  const prepared = preparePvf(wasm, DEFAULT_ENGINE_PARAMETERS, { metered: false });
  assert.ok(!prepared.ok, "accepted");
  return explainRefusal({ code: "wasm", refusal: prepared.error });
}

const THREE = [...i32Const(0), ...i32Const(0), ...i32Const(0)];

test("each common mistake is answered with what to do", () => {
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [new TextEncoder().encode("(module)"), /no WebAssembly module.*\.wat/],
    [concatBytes(hexToBytes("0061736d0d000100")), /no WebAssembly 1 module/],
    [withCode([...THREE, 0xfc, 11, 0]), /bulk memory\. AssemblyScript: --disable bulk-memory/],
    [withCode([OP.f32Const, 0, 0, 0, 0, 0xfc, 0, OP.drop]), /--disable nontrapping-f2i/],
    [withCode([0xfd, 12]), /SIMD.*simd128/],
    [withCode([OP.block, 1, OP.end]), /multi-value.*target-cpu=mvp/],
    [withCode([0xd0, 0x70, OP.drop]), /reference types.*mno-reference-types/],
    [withCode([0xfe, 3, 0]), /threads.*without threads/],
    [withCode([0x12, 0]), /tail calls/],
    [withCode([0x06, EMPTY]), /exceptions.*unreachable/],
    [module({ functions: [{ code: [] }], start: 1 }), /start function.*--exportStart/],
    [
      buildModule({ functions: [{ ...ENTRY, export: "validateBlock" }], memory: [1], heapBase: 0 }),
      /validate_block; there is validateBlock\. Export it under exactly this name/,
    ],
    [buildModule({ functions: [ENTRY], memory: [1] }), /__heap_base.*--export=__heap_base/],
    [buildModule({ functions: [ENTRY], heapBase: 0 }), /memory\. Define a memory/],
    [
      buildModule({ functions: [{ ...ENTRY, params: [I32] }], memory: [1], heapBase: 0 }),
      /wrong type.*\(i32, i32\) -> i64/,
    ],
    [
      module({ imports: [{ module: "wasi_snapshot_preview1", name: "fd_write" }] }),
      /wasi_snapshot_preview1\.fd_write.*no files, clock, randomness/,
    ],
    [module({ imports: [{ module: "relay", name: "relay_read" }] }), /verify a proof/],
    [module({ imports: [{ module: "index", name: "f" }] }), /offers is in module "env"/],
    [
      module({ imports: [{ name: "ext_allocator_free_version_1", params: [I64] }] }),
      /is i>, imported as L>.*Declare it/,
    ],
    [module({ memory: [4_000] }), /4000 pages.*Lower the initial memory/],
    [
      module({ functions: [{ locals: [[9_000, I32]], code: [] }] }),
      /larger than validators compile.*Split/,
    ],
  ];
  for (const [wasm, expected] of cases) assert.match(explained(wasm), expected);
});

test("so is code that does not even get to be looked at", () => {
  const cases: readonly (readonly [PreparationRefusal, RegExp])[] = [
    [
      { code: "decompression", cause: { code: "decompressionBomb", limit: 99 } },
      /more than 99 bytes.*optimise for size/,
    ],
    [
      { code: "decompression", cause: { code: "decompressionBadPrefix", type: 9 } },
      /does not decompress \(decompressionBadPrefix\)/,
    ],
    [{ code: "outOfMemory", limitBytes: 7 }, /more than 7 bytes of memory/],
  ];
  for (const [reason, expected] of cases) assert.match(explainRefusal(reason), expected);
});

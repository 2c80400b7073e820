/** What instrumentation costs: the same Wasm as it is and as guests run it, in the engine of this Node. */

import assert from "node:assert/strict";
import { expectOk } from "@parahost/base";
import type { Bench } from "../../../test/bench.ts";
import { DEFAULT_ENGINE_PARAMETERS } from "../src/engine-parameters.ts";
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

function overhead(name: string, wasm: Uint8Array, metered: boolean): Bench {
  const pvf = expectOk(preparePvf(wasm, DEFAULT_ENGINE_PARAMETERS, { metered }), name);
  const plain = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
  const input = new Uint8Array(8);
  const ours = (): Uint8Array => expectOk(callValidateBlock(pvf, input), name).output;
  const theirs = (): Uint8Array => {
    const { exports } = new WebAssembly.Instance(plain);
    const { memory, validate_block: entry } = exports;
    assert.ok(memory instanceof WebAssembly.Memory && typeof entry === "function");
    entry(1024, input.length);
    return new Uint8Array(memory.buffer, 0, 8).slice();
  };
  return {
    name: `${name}, ${metered ? "stack, NaNs and fuel" : "stack and NaNs"}`,
    peer: PLAIN,
    ours,
    theirs,
    check: () => assert.deepEqual(ours(), theirs()),
  };
}

export const benches: readonly Bench[] = [false, true].flatMap((metered) => [
  overhead("recursion of 57,000 calls", fibonacci, metered),
  overhead("200,000 turns of integer mixing", mixing, metered),
  overhead("200,000 turns of floating point", floating, metered),
]);

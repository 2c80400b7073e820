/**
 * Validation codes that misbehave, one way each, with the reason for which their candidates are invalid. All
 * pass preparation. Fault catalogue 11.8.
 */

import { hexToBytes } from "@parahost/base";
import type { GuestFault } from "../validate-block.ts";
import { EMPTY, I32, I64, OP } from "../wasm/opcodes.ts";
import { i32Const, packedConst, validationModule } from "./module-builder.ts";

export interface HostileModule {
  readonly name: string;
  readonly code: Uint8Array;
  readonly fault: GuestFault["code"];
}

const ZERO_RESULT = packedConst(0, 0);
const MALLOC = { name: "ext_allocator_malloc_version_1", params: [I32], result: I32 };
const FREE = { name: "ext_allocator_free_version_1", params: [I32] };

/** A correct result: head data ff, no messages, watermark 0. */
const GOOD_RESULT: Uint8Array = hexToBytes("04ff0000000000000000000000");

/** Loops over `body` for ever. */
const forever = (body: readonly number[]): number[] => [
  OP.loop,
  EMPTY,
  ...body,
  OP.br,
  0,
  OP.end,
  OP.unreachable,
];

export const HOSTILE_MODULES: readonly HostileModule[] = [
  { name: "traps at once", code: validationModule([OP.unreachable]), fault: "trap" },
  {
    name: "divides by zero",
    code: validationModule([...i32Const(1), ...i32Const(0), 0x6d, OP.drop, ...ZERO_RESULT]),
    fault: "trap",
  },
  {
    name: "divides the smallest number by minus one",
    code: validationModule([
      ...[...i32Const(-(2 ** 31)), ...i32Const(-1), 0x6d, OP.drop, ...ZERO_RESULT],
    ]),
    fault: "trap",
  },
  {
    name: "turns a NaN into an integer",
    code: validationModule([OP.f32Const, 0, 0, 0xa0, 0x7f, 0xa8, OP.drop, ...ZERO_RESULT]),
    fault: "trap",
  },
  {
    name: "reads half a word beyond its memory",
    code: validationModule([...i32Const(65_534), 0x28, 0, 0, OP.drop, ...ZERO_RESULT]),
    fault: "trap",
  },
  {
    name: "calls what is not in its table",
    code: validationModule(
      [OP.localGet, 0, OP.localGet, 1, ...i32Const(7), OP.callIndirect, 0, 0],
      { table: [0] },
    ),
    fault: "trap",
  },
  { name: "loops for ever", code: validationModule(forever([])), fault: "timeout" },
  {
    name: "calls the host for ever",
    code: validationModule(forever([OP.call, 0, OP.drop]), {
      imports: [{ name: "ext_logging_max_level_version_1", result: I32 }],
    }),
    fault: "timeout",
  },
  {
    name: "calls itself for ever",
    code: validationModule([OP.localGet, 0, OP.localGet, 1, OP.call, 0]),
    fault: "stackOverflow",
  },
  {
    name: "calls itself for ever through the table",
    code: validationModule(
      [OP.localGet, 0, OP.localGet, 1, ...i32Const(0), OP.callIndirect, 0, 0],
      { table: [0] },
    ),
    fault: "stackOverflow",
  },
  {
    name: "calls a function without parameters for ever",
    code: validationModule([OP.call, 1, ...ZERO_RESULT], {
      functions: [{ code: [OP.call, 1] }],
    }),
    fault: "stackOverflow",
  },
  {
    name: "grows its memory until that fails, and then once more",
    code: validationModule([
      ...[OP.loop, EMPTY, ...i32Const(64), OP.memoryGrow, 0],
      ...[...i32Const(-1), 0x47, OP.brIf, 0, OP.end],
      OP.unreachable,
    ]),
    fault: "trap",
  },
  {
    name: "allocates without end",
    code: validationModule(forever([...i32Const(1 << 20), OP.call, 0, OP.drop]), {
      imports: [MALLOC],
    }),
    fault: "outOfMemory",
  },
  {
    name: "allocates small blocks without end",
    code: validationModule(forever([...i32Const(1 << 10), OP.call, 0, OP.drop]), {
      imports: [MALLOC],
    }),
    fault: "outOfMemory",
  },
  {
    name: "asks for more than a block can have",
    code: validationModule([...i32Const(2 ** 25 + 1), OP.call, 0, OP.drop, ...ZERO_RESULT], {
      imports: [MALLOC],
    }),
    fault: "trap",
  },
  {
    name: "frees a block twice",
    code: validationModule(
      [OP.localGet, 0, OP.call, 0, OP.localGet, 0, OP.call, 0, ...ZERO_RESULT],
      {
        imports: [FREE],
      },
    ),
    fault: "trap",
  },
  {
    name: "frees what it never got",
    code: validationModule([...i32Const(12_345), OP.call, 0, ...ZERO_RESULT], { imports: [FREE] }),
    fault: "trap",
  },
  {
    name: "forges an allocator header",
    code: validationModule(
      [
        // The header of the parameters lies eight bytes before them.
        ...[OP.localGet, 0, ...i32Const(8), OP.i32Sub, ...i32Const(99), 0x36, 2, 0],
        ...[OP.localGet, 0, OP.call, 0, ...ZERO_RESULT],
      ],
      { imports: [FREE] },
    ),
    fault: "trap",
  },
  {
    name: "calls a function that nobody offers",
    code: validationModule([OP.call, 0, ...ZERO_RESULT], {
      imports: [{ name: "ext_storage_set_version_1" }],
    }),
    fault: "trap",
  },
  {
    name: "asks for a signature of the node",
    code: validationModule([...i32Const(0), ...i32Const(0), OP.i64Const, 0, OP.call, 0], {
      imports: [
        { name: "ext_crypto_sr25519_sign_version_1", params: [I32, I32, I64], result: I64 },
      ],
    }),
    fault: "trap",
  },
  {
    name: "hashes beyond its memory",
    code: validationModule([...packedConst(65_000, 1000), OP.call, 0, OP.drop, ...ZERO_RESULT], {
      imports: [{ name: "ext_hashing_blake2_256_version_1", params: [I64], result: I32 }],
    }),
    fault: "trap",
  },
  { name: "returns nothing", code: validationModule(ZERO_RESULT), fault: "badReturn" },
  {
    name: "returns nonsense",
    code: validationModule(packedConst(1024, 100), {
      data: [[1024, new Uint8Array(100).fill(0xff)]],
    }),
    fault: "badReturn",
  },
  {
    name: "returns a pointer outside of its memory",
    code: validationModule(packedConst(-1, 1)),
    fault: "badReturn",
  },
  {
    name: "returns four gigabytes",
    code: validationModule(packedConst(0, -1)),
    fault: "badReturn",
  },
  {
    name: "returns a length of two gigabytes",
    code: validationModule(packedConst(0, -(2 ** 31))),
    fault: "badReturn",
  },
  {
    name: "returns its own parameters",
    code: validationModule([
      ...[OP.localGet, 1, OP.i64ExtendI32U, OP.i64Const, 32, 0x86],
      ...[OP.localGet, 0, OP.i64ExtendI32U, 0x84],
    ]),
    fault: "badReturn",
  },
  {
    name: "returns one byte beyond its memory",
    code: validationModule(packedConst(65_535, 2)),
    fault: "badReturn",
  },
  {
    name: "returns a byte too many",
    code: validationModule(packedConst(512, GOOD_RESULT.length + 1), {
      data: [[512, GOOD_RESULT]],
    }),
    fault: "badReturn",
  },
];

/** The smallest module with a valid answer, to see that a host is well after the others. */
export const GOOD_MODULE: Uint8Array = validationModule(packedConst(512, GOOD_RESULT.length), {
  data: [[512, GOOD_RESULT]],
});

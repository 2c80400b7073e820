/** What every `Executor` does, whatever it is made of. Run by each implementation's tests. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { asciiBytes } from "@parahost/base";
import {
  type ExecutorParams,
  type Hash,
  POV_SIZE_MAX_BYTES,
  type ValidationCodeHash,
  type ValidationParams,
  validationCodeHash,
} from "@parahost/primitives";
import { compressBlob } from "../blob.ts";
import type { ExecutionOutcome, ExecutionRequest, Executor } from "../executor.ts";
import { EMPTY, I32, OP } from "../wasm/opcodes.ts";
import { GOOD_MODULE, HOSTILE_MODULES } from "./hostile-modules.ts";
import { i32Const, packedConst, validationModule } from "./module-builder.ts";
import { REFUSED_MODULES } from "./refused-modules.ts";

const PARAMS: ValidationParams = {
  parentHead: new Uint8Array([1, 2, 3]),
  blockData: new Uint8Array(100),
  relayParentNumber: 7,
  relayParentStorageRoot: `0x${"ab".repeat(32)}` as Hash,
};

/** Short, so that guests that never end do so soon. */
const EXECUTOR_PARAMS: ExecutorParams = [
  { type: "pvfExecTimeout", value: { kind: { type: "backing" }, milliseconds: 100 } },
  { type: "pvfExecTimeout", value: { kind: { type: "approval" }, milliseconds: 300 } },
];

export const requestFor = (
  code: Uint8Array,
  rest: Partial<ExecutionRequest> = {},
): ExecutionRequest => ({
  codeHash: validationCodeHash(code),
  code,
  params: PARAMS,
  executorParams: EXECUTOR_PARAMS,
  kind: "backing",
  ...rest,
});

const reasonOf = (outcome: ExecutionOutcome): string =>
  outcome.type === "valid" ? "valid" : `${outcome.type}.${outcome.reason.code}`;

/** Returns the parameters as its result, wherever these are a result by chance: never. */
const ECHO = validationModule([
  ...[OP.localGet, 1, OP.i64ExtendI32U, OP.i64Const, 32, 0x86],
  ...[OP.localGet, 0, OP.i64ExtendI32U, 0x84],
]);

/** Traps where it finds anything that an earlier call has left: in memory, in a global, in the size of the memory. */
const REMEMBERS = validationModule(
  [
    ...[...i32Const(256), 0x28, 2, 0, OP.globalGet, 1, 0x72],
    ...[OP.memorySize, 0, ...i32Const(1), 0x47, 0x72, OP.if, EMPTY, OP.unreachable, OP.end],
    ...[...i32Const(256), ...i32Const(1), 0x36, 2, 0, ...i32Const(1), OP.globalSet, 1],
    ...[...i32Const(3), OP.memoryGrow, 0, OP.drop, ...packedConst(512, 12)],
  ],
  { globals: [I32], data: [[512, new Uint8Array(12)]] },
);

/** Counts down from a million, which takes a moment, and then answers well. */
const SLOW = validationModule(
  [
    ...i32Const(1_000_000),
    ...[OP.localSet, 2, OP.loop, EMPTY, OP.localGet, 2, ...i32Const(1), OP.i32Sub],
    ...[OP.localTee, 2, OP.brIf, 0, OP.end],
    ...packedConst(512, 12),
  ],
  { locals: [[1, I32]], data: [[512, new Uint8Array(12)]] },
);

export function executorSuite(name: string, make: () => Executor): void {
  describe(name, () => {
    let executor: Executor;
    before(() => {
      executor = make();
    });
    after(() => executor.close());

    test("a good candidate is valid, however its code and block data are packed", async () => {
      for (const code of [GOOD_MODULE, compressBlob(GOOD_MODULE)]) {
        for (const blockData of [PARAMS.blockData, compressBlob(new Uint8Array(5000))]) {
          const outcome = await executor.validate(
            requestFor(code, { params: { ...PARAMS, blockData } }),
          );
          assert.equal(outcome.type, "valid", reasonOf(outcome));
          assert.deepEqual(outcome.result.headData, new Uint8Array([0xff]));
          assert.ok(outcome.cpuMs >= 0);
        }
      }
    });

    for (const { name: what, code, fault } of HOSTILE_MODULES)
      test(`a guest that ${what} is invalid: ${fault}`, async () => {
        assert.equal(reasonOf(await executor.validate(requestFor(code))), `invalid.${fault}`);
      });

    test("what pre-checking must refuse it refuses, within a second and 256 MiB", async () => {
      const executorParams: ExecutorParams = [
        { type: "precheckingMaxMemory", value: 256 * 2 ** 20 },
        { type: "pvfPrepTimeout", value: { kind: { type: "precheck" }, milliseconds: 1_000 } },
      ];
      for (const { name: what, code, refusal } of REFUSED_MODULES) {
        const prepared = await executor.prepare({ code, executorParams, kind: "precheck" });
        assert.ok(prepared.type === "refused", `${what}: ${prepared.type}`);
        const { reason } = prepared;
        const found = reason.code === "wasm" ? reason.refusal.code : reason.code;
        assert.equal(found, refusal, what);
      }
    });

    test("nothing of a call is left for the next one", async () => {
      const first = await executor.validate(requestFor(REMEMBERS));
      assert.equal(first.type, "valid", reasonOf(first));
      assert.equal(reasonOf(await executor.validate(requestFor(REMEMBERS))), "valid");
    });

    test("after hostile guests a good one still passes", async () => {
      assert.equal(reasonOf(await executor.validate(requestFor(GOOD_MODULE))), "valid");
    });

    test("the guest gets its parameters decompressed, in a fresh instance each time", async () => {
      const once = await executor.validate(requestFor(ECHO));
      assert.equal(reasonOf(once), "invalid.badReturn");
      assert.deepEqual(await executor.validate(requestFor(ECHO)), once);
    });

    test("the time limit is that of the kind, or the one given", async () => {
      const slow = (rest: Partial<ExecutionRequest>) =>
        executor.validate(requestFor(SLOW, rest)).then(reasonOf);
      assert.equal(await slow({ kind: "approval" }), "valid");
      assert.equal(await slow({ timeoutMs: 200 }), "valid");
    });

    test("the deepest stack that parameters can ask for is there", async () => {
      const deep = HOSTILE_MODULES.filter(({ fault }) => fault === "stackOverflow");
      for (const { code } of deep) {
        const executorParams: ExecutorParams = [{ type: "stackLogicalMax", value: 131_072 }];
        const outcome = await executor.validate(requestFor(code, { executorParams }));
        assert.equal(reasonOf(outcome), "invalid.stackOverflow");
      }
    });

    test("block data above what anybody may send is refused as it is", async () => {
      const blockData = new Uint8Array(POV_SIZE_MAX_BYTES + 1);
      const outcome = await executor.validate(
        requestFor(GOOD_MODULE, { params: { ...PARAMS, blockData } }),
      );
      assert.equal(reasonOf(outcome), "invalid.paramsTooLarge");
    });

    test("block data that does not decompress is invalid", async () => {
      const blockData = new Uint8Array([0x52, 0xbc, 0x53, 0x76, 0x46, 0xdb, 0x8e, 0x05, 1, 2, 3]);
      const outcome = await executor.validate(
        requestFor(GOOD_MODULE, { params: { ...PARAMS, blockData } }),
      );
      assert.equal(reasonOf(outcome), "invalid.povDecompression");
    });

    test("code that does not prepare is our fault: it should never have been accepted", async () => {
      const cases: readonly (readonly [Uint8Array, Partial<ExecutionRequest>, string])[] = [
        [asciiBytes("not Wasm"), {}, "internal.preparation"],
        [GOOD_MODULE, { codeLimitBytes: 10, executorParams: [] }, "internal.preparation"],
        [
          ECHO,
          { codeHash: `0x${"00".repeat(32)}` as ValidationCodeHash },
          "internal.codeHashMismatch",
        ],
        [
          GOOD_MODULE,
          { executorParams: [{ type: "maxMemoryPages", value: 0 }] },
          "internal.badExecutorParams",
        ],
      ];
      for (const [code, rest, expected] of cases) {
        const fresh = rest.codeLimitBytes === undefined ? code : compressBlob(code);
        assert.equal(reasonOf(await executor.validate(requestFor(fresh, rest))), expected);
      }
    });

    test("preparation accepts good code and names what is wrong with other", async () => {
      const prepare = (code: Uint8Array) => executor.prepare({ code, executorParams: [] });
      assert.equal((await prepare(GOOD_MODULE)).type, "prepared");
      const refused = await prepare(asciiBytes("not Wasm"));
      assert.deepEqual(refused, {
        type: "refused",
        reason: {
          code: "wasm",
          refusal: { code: "notWasm", offset: 0, detail: "a module starts with 00 61 73 6d" },
        },
      });
      const bomb = await executor.prepare({
        code: compressBlob(new Uint8Array(5000)),
        executorParams: [],
        codeLimitBytes: 4999,
      });
      assert.deepEqual(bomb, {
        type: "refused",
        reason: { code: "decompression", cause: { code: "decompressionBomb", limit: 4999 } },
      });
      const bare = await executor.prepare({
        code: new Uint8Array(50 * 2 ** 20),
        executorParams: [],
        codeLimitBytes: 49 * 2 ** 20,
      });
      assert.equal(bare.type, "refused");
    });

    test("a job that was taken back does not run", async () => {
      const outcome = await executor.validate(
        requestFor(GOOD_MODULE, { signal: AbortSignal.abort() }),
      );
      assert.equal(reasonOf(outcome), "internal.cancelled");
    });

    test("many jobs at once all end", async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          executor.validate(requestFor(index % 2 === 0 ? GOOD_MODULE : ECHO)),
        ),
      );
      assert.equal(outcomes.filter(({ type }) => type === "valid").length, 10);
      assert.equal(outcomes.filter(({ type }) => type === "invalid").length, 10);
    });

    test("a closed executor refuses everything", async () => {
      const other = make();
      await other.close();
      assert.equal(reasonOf(await other.validate(requestFor(GOOD_MODULE))), "internal.closed");
      const prepared = await other.prepare({ code: GOOD_MODULE, executorParams: [] });
      assert.deepEqual(prepared, { type: "failed", reason: { code: "closed" } });
    });
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, expectOk, type Result } from "@parahost/base";
import { DEFAULT_ENGINE_PARAMETERS } from "../engine-parameters.ts";
import { preparePvf } from "../pvf.ts";
import {
  buildModule,
  i32Const,
  type ModuleSketch,
  packedConst,
  validationModule,
} from "../testing/module-builder.ts";
import { callValidateBlock, type GuestFault } from "../validate-block.ts";
import { EMPTY, I32, OP } from "../wasm/opcodes.ts";
import { WasmWriter } from "../wasm/writer.ts";
import { functionNames, sourceMapUrl } from "./custom-section.ts";
import { explainFault, faultLine } from "./explain-fault.ts";
import { SourceMap } from "./source-map.ts";

function expectErr<E>(result: Result<unknown, E>, what: string): E {
  assert.ok(!result.ok, what);
  return result.error;
}

const SHALLOW = { ...DEFAULT_ENGINE_PARAMETERS, stackLimit: 1024 };

function faultOf(wasm: Uint8Array, metered: boolean): GuestFault {
  const pvf = expectOk(preparePvf(wasm, SHALLOW, { metered }), "guest");
  return expectErr(callValidateBlock(pvf, new Uint8Array(4)), "guest that faults");
}

/** A custom section of that name. */
function custom(name: string, content: (out: WasmWriter) => void): Uint8Array {
  const out = new WasmWriter();
  out.section(0, () => {
    out.name(name);
    content(out);
  });
  return out.finish();
}

const namesOf = (...names: readonly string[]): Uint8Array =>
  custom("name", (out) => {
    out.section(1, () => {
      out.u32(names.length);
      names.forEach((name, index) => {
        out.u32(index);
        out.name(name);
      });
    });
  });

/** Source map with entries of (byte offset, source, line, column), lines and columns from 0. */
function sourceMap(
  sources: readonly string[],
  entries: readonly (readonly [number, number, number, number])[],
): SourceMap {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const vlq = (value: number): string => {
    let rest = value < 0 ? (-value << 1) | 1 : value << 1;
    let out = "";
    do {
      const digit = rest & 31;
      rest >>>= 5;
      out += digits[rest > 0 ? digit | 32 : digit];
    } while (rest > 0);
    return out;
  };
  const mappings = entries
    .map((entry, index) => entry.map((field, at) => vlq(field - (entries[index - 1]?.[at] ?? 0))))
    .map((fields) => fields.join(""))
    .join(",");
  return expectOk(SourceMap.parse(JSON.stringify({ version: 3, sources, mappings })), "map");
}

const DIVIDE = 0x6d;
/** The entry calls 1, which divides by zero behind a loop, some floats and a call, all of which are instrumented. */
const DIVIDES = validationModule([OP.call, 1, ...packedConst(0, 0)], {
  functions: [
    {
      code: [
        ...[OP.loop, EMPTY, ...i32Const(0), OP.brIf, 0, OP.end],
        ...[OP.f64Const, 0, 0, 0, 0, 0, 0, 0, 0, 0x9f, 0x9f, OP.drop],
        ...[OP.call, 2, ...i32Const(7), ...i32Const(0), DIVIDE, OP.drop],
      ],
    },
    { code: [OP.nop, OP.return] },
  ],
});

test("a trap is found where it stands in the author's module, metered or not", () => {
  const divide = DIVIDES.lastIndexOf(DIVIDE);
  const call = DIVIDES.indexOf(OP.call, DIVIDES.length - 80);
  for (const metered of [false, true]) {
    const fault = faultOf(DIVIDES, metered);
    assert.ok(fault.code === "trap");
    assert.deepEqual(
      fault.backtrace.map(({ functionIndex }) => functionIndex),
      [1, 0],
    );
    assert.equal(fault.backtrace[0]?.offset, divide);
    assert.equal(DIVIDES[fault.backtrace[1]?.offset ?? 0], OP.call);
    assert.ok((fault.backtrace[1]?.offset ?? 0) >= call);
  }
});

test("with a source map and names it is file, line, function and message", () => {
  const wasm = concatBytes(DIVIDES, namesOf("validate_block", "share", "nothing"));
  const divide = DIVIDES.lastIndexOf(DIVIDE);
  const map = sourceMap(
    ["assembly/token.ts", "~lib/math.ts"],
    [
      [8, 0, 10, 2],
      [divide - 1, 0, 41, 8],
      [divide, 1, 3, 0],
      [divide + 1, 0, 50, 0],
    ],
  );
  const explained = explainFault(faultOf(wasm, true), wasm, map);
  assert.equal(explained.frames[0]?.functionName, "share");
  assert.deepEqual(explained.frames[0]?.location, { file: "~lib/math.ts", line: 4, column: 1 });
  // The library is where it fails; the mistake is in the nearest call of the author's own.
  assert.match(
    faultLine(explained),
    /^assembly\/token\.ts:\d+:\d+ \(validate_block\): divide by zero$/,
  );
  const own = sourceMap(["assembly/token.ts"], [[divide, 0, 41, 8]]);
  assert.equal(
    faultLine(explainFault(faultOf(wasm, false), wasm, own)),
    "assembly/token.ts:42:9 (share): divide by zero",
  );
});

test("without either it is the function and the byte", () => {
  const line = faultLine(explainFault(faultOf(DIVIDES, false), DIVIDES));
  assert.equal(line, `function 1, byte ${DIVIDES.lastIndexOf(DIVIDE)}: divide by zero`);
});

/** A string as the AssemblyScript runtime keeps it: length in bytes, then UTF-16. */
const managed = (text: string): Uint8Array => {
  const out = new Uint8Array(4 + 2 * text.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, 2 * text.length, true);
  for (let at = 0; at < text.length; at++) view.setUint16(4 + 2 * at, text.charCodeAt(at), true);
  return out;
};

const aborting = (args: readonly number[], rest: ModuleSketch = {}): Uint8Array =>
  validationModule([...args.flatMap((arg) => i32Const(arg)), OP.call, 0, ...packedConst(0, 0)], {
    imports: [{ name: "abort", params: [I32, I32, I32, I32] }],
    data: [
      [512, managed("not enough funds")],
      [640, managed("assembly/token.ts")],
    ],
    ...rest,
  });

test("abort tells its message and place, and is a trap whatever it is given", () => {
  const wasm = aborting([516, 644, 12, 5]);
  const fault = faultOf(wasm, false);
  assert.ok(fault.code === "trap");
  assert.equal(fault.cause, "aborted");
  assert.equal(faultLine(explainFault(fault, wasm)), "assembly/token.ts:12:5: not enough funds");
  for (const args of [
    [0, 0, 0, 0],
    [3, 65_536, 1, 1],
    [-1, -4, -1, -1],
    [65_534, 65_537, 0, 0],
  ]) {
    const other = faultOf(aborting(args), false);
    assert.ok(other.code === "trap" && other.cause === "aborted", `${args}`);
    assert.equal(other.location, undefined);
  }
});

test("every other fault has its words", () => {
  const recursion = validationModule([OP.localGet, 0, OP.localGet, 1, OP.call, 0]);
  const fault = faultOf(recursion, false);
  assert.equal(fault.code, "stackOverflow");
  assert.match(faultLine(explainFault(fault, recursion)), /^function 0, byte \d+: .*recursion/);
  const line = (reason: Parameters<typeof explainFault>[0]) =>
    faultLine(explainFault(reason, recursion));
  assert.match(line({ code: "timeout" }), /loop without end/);
  assert.match(line({ code: "badReturn", message: "3 bytes left" }), /3 bytes left/);
  assert.match(line({ code: "paramsTooLarge", bytes: 9 }), /^9 bytes/);
  assert.match(line({ code: "outOfMemory", message: "9 pages", backtrace: [] }), /9 pages/);
});

test("sections and maps that cannot be read are passed over or refused, never trusted", () => {
  const module = buildModule({});
  assert.equal(functionNames(module).size, 0);
  assert.equal(
    functionNames(
      concatBytes(
        module,
        custom("name", (out) => out.u8(1)),
      ),
    ).size,
    0,
  );
  assert.equal(functionNames(new Uint8Array([1, 2, 3])).size, 0);
  const url = custom("sourceMappingURL", (out) => out.name("./out.wasm.map"));
  assert.equal(sourceMapUrl(concatBytes(module, url)), "./out.wasm.map");
  assert.equal(sourceMapUrl(module), undefined);
  for (const text of [
    "",
    "null",
    '{"version":2}',
    '{"version":3,"sources":[1],"mappings":""}',
    '{"version":3,"sources":[]}',
    '{"version":3,"sources":["a"],"mappings":"AAAA;AAAA"}',
    '{"version":3,"sources":["a"],"mappings":"AA"}',
    '{"version":3,"sources":["a"],"mappings":"AAA!"}',
    '{"version":3,"sources":["a"],"mappings":"gggggggggA"}',
  ])
    assert.equal(expectErr(SourceMap.parse(text), text).code, "badSourceMap", text);
  const map = sourceMap(["a"], [[10, 7, 0, 0]]);
  assert.equal(map.locate(5), undefined);
  assert.equal(map.locate(10), undefined, "a source that the map does not name");
});

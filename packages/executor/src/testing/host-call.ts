/** Calls one host function from within a real Wasm instance, so that pointers and lengths are packed by a guest. */

import { concatBytes, expectOk, type Result } from "@parahost/base";
import { DEFAULT_ENGINE_PARAMETERS } from "../engine-parameters.ts";
import { hostFunction, preparePvf } from "../pvf.ts";
import { callValidateBlock, type GuestFault } from "../validate-block.ts";
import { I32, I64, OP } from "../wasm/opcodes.ts";
import { i32Const, packedConst, validationModule } from "./module-builder.ts";

/** An argument: a number as it is, or bytes that the guest passes by pointer, or packed with their length. */
export type HostArgument =
  | { readonly number: number }
  | { readonly pointer: Uint8Array }
  | { readonly packed: Uint8Array }
  /** A pointer and length as they are, good or not. */
  | { readonly range: readonly [pointer: number, length: number] };

/** What the guest returns: the host's i32, so many bytes behind it, or what the host's packed i64 names. */
export type HostReturn = "number" | "packed" | "nothing" | { readonly bytes: number };

const SCRATCH = 8;
const I64_SHL = 0x86;
const I64_OR = 0x84;
const I32_STORE = 0x36;

/** The bytes that the host function gave to the guest; a number as four bytes. */
export function callFromGuest(
  name: string,
  args: readonly HostArgument[],
  returns: HostReturn,
): Result<Uint8Array, GuestFault> {
  const inputs: Uint8Array[] = [];
  let offset = 0;
  const place = (bytes: Uint8Array): number => {
    const at = offset;
    inputs.push(bytes);
    offset += bytes.length;
    return at;
  };
  const pointerTo = (at: number): number[] => [OP.localGet, 0, ...i32Const(at), OP.i32Add];
  const code = args.flatMap((argument): number[] => {
    if ("number" in argument) return i32Const(argument.number);
    if ("pointer" in argument) return pointerTo(place(argument.pointer));
    if ("range" in argument) return packedConst(...argument.range);
    const high = [...i32Const(argument.packed.length), OP.i64ExtendI32U, OP.i64Const, 32, I64_SHL];
    return [...high, ...pointerTo(place(argument.packed)), OP.i64ExtendI32U, I64_OR];
  });
  const module = validationModule([...finish(code, returns)], {
    imports: [{ name, ...importType(name) }],
  });
  const pvf = expectOk(
    preparePvf(module, DEFAULT_ENGINE_PARAMETERS, { metered: false }),
    "guest that calls the host",
  );
  const answer = callValidateBlock(pvf, concatBytes(...inputs));
  return answer.ok ? { ok: true, value: answer.value.output } : answer;
}

function finish(args: readonly number[], returns: HostReturn): number[] {
  const call = [...args, OP.call, 0];
  if (returns === "packed") return call;
  if (returns === "nothing") return [...call, ...packedConst(0, 0)];
  if (returns === "number")
    return [...i32Const(SCRATCH), ...call, I32_STORE, 2, 0, ...packedConst(SCRATCH, 4)];
  return [...packedConst(0, returns.bytes), ...call, OP.i64ExtendI32U, I64_OR];
}

function importType(name: string): { params: number[]; result?: number } {
  const [params = "", result = ""] = (hostFunction(name)?.signature ?? ">").split(">");
  const types = [...params].map((letter) => (letter === "i" ? I32 : I64));
  if (result === "") return { params: types };
  return { params: types, result: result === "i" ? I32 : I64 };
}

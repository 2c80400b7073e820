/** Checked parameters: what is missing or of the wrong form is said by position and name. */
import { type Hex, hexToBytes, isHex } from "@parahost/base";
import { ErrorCode, type Json, RpcError } from "./json-rpc.ts";

/** Reads one positional parameter. */
export interface Param<T> {
  readonly what: string;
  read(value: Json | undefined): T | undefined;
}

export const uint: Param<number> = {
  what: "a whole number of at most 2^32 - 1",
  read: (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32
      ? value
      : undefined,
};

export const text: Param<string> = {
  what: "a string",
  read: (value) => (typeof value === "string" ? value : undefined),
};

export const hash: Param<Hex> = {
  what: "32 bytes as 0x hex",
  read: (value) =>
    typeof value === "string" && isHex(value, 32) ? (value.toLowerCase() as Hex) : undefined,
};

/** Bytes as hex, `lengthMax` of them at most. */
export const hexBytes = (lengthMax: number): Param<Uint8Array> => ({
  what: `at most ${lengthMax} bytes as 0x hex`,
  read: (value) =>
    typeof value === "string" && isHex(value) && value.length <= 2 + 2 * lengthMax
      ? hexToBytes(value)
      : undefined,
});

/** May be left out or `null`. */
export const optional = <T>(param: Param<T>): Param<{ readonly value: T | undefined }> => ({
  what: `${param.what}, or nothing`,
  read: (value) => {
    if (value === undefined || value === null) return { value: undefined };
    const read = param.read(value);
    return read === undefined ? undefined : { value: read };
  },
});

/** The parameter at `position`; throws the error that the client gets. */
export function param<T>(
  params: readonly Json[],
  position: number,
  name: string,
  kind: Param<T>,
): T {
  const value = kind.read(params[position]);
  if (value === undefined)
    throw new RpcError(
      ErrorCode.invalidParams,
      `parameter ${position + 1} (${name}) must be ${kind.what}`,
    );
  return value;
}

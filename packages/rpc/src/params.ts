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

export const boolean: Param<boolean> = {
  what: "true or false",
  read: (value) => (typeof value === "boolean" ? value : undefined),
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

/** Bytes as lower-case hex text: keys of the state. */
export const hexText = (lengthMax: number): Param<Hex> => ({
  what: `at most ${lengthMax} bytes as 0x hex`,
  read: (value) =>
    typeof value === "string" && isHex(value) && value.length <= 2 + 2 * lengthMax
      ? (value.toLowerCase() as Hex)
      : undefined,
});

/** A height: a number, or one as hex. */
export const height: Param<number> = {
  what: "a whole number of at most 2^32 - 1, also as 0x hex",
  read: (value) =>
    uint.read(
      typeof value === "string" && /^0x[0-9a-f]{1,8}$/i.test(value) ? Number(value) : value,
    ),
};

/** A list of at most `lengthMax` items. */
export const list = <T>(item: Param<T>, lengthMax: number): Param<readonly T[]> => ({
  what: `a list of at most ${lengthMax} items, each ${item.what}`,
  read: (value) => {
    if (!Array.isArray(value) || value.length > lengthMax) return undefined;
    const items: T[] = [];
    for (const each of value as readonly Json[]) {
      const read = item.read(each);
      if (read === undefined) return undefined;
      items.push(read);
    }
    return items;
  },
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

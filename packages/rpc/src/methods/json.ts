/** Values of ours as JSON: bytes as hex, big numbers as decimal text, absent fields left out. */
import { bytesToHex } from "@parahost/base";
import type { Json } from "../json-rpc.ts";

export function toJson(value: unknown): Json {
  if (value === null || value === undefined) return null;
  switch (typeof value) {
    case "bigint":
      return value.toString();
    case "string":
    case "number":
    case "boolean":
      return value;
    case "object": {
      if (value instanceof Uint8Array) return bytesToHex(value);
      if (Array.isArray(value)) return value.map(toJson);
      const entries = value instanceof Map ? [...value] : Object.entries(value);
      return Object.fromEntries(
        entries.flatMap(([key, inner]) =>
          inner === undefined ? [] : [[String(key), toJson(inner)]],
        ),
      );
    }
    default:
      throw new TypeError(`no JSON for a ${typeof value}`);
  }
}

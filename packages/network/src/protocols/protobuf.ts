/**
 * The little of protocol buffers that the sync protocols use: numbers and byte fields. Unknown fields
 * are skipped and empty ones may be missing, as peers expect. Reference: consensus 7.6.
 */
import { err, ok, type Result } from "@parahost/base";

export type ProtobufValue = number | Uint8Array;
export interface ProtobufField {
  readonly field: number;
  readonly value: ProtobufValue;
}

export interface ProtobufError {
  readonly code: "badProtobuf";
  readonly offset: number;
  readonly message: string;
}

export function encodeProtobuf(fields: readonly ProtobufField[]): Uint8Array {
  const parts: (readonly number[] | Uint8Array)[] = [];
  for (const { field, value } of fields)
    if (typeof value === "number") parts.push(varint(field * 8), varint(value));
    else parts.push(varint(field * 8 + 2), varint(value.length), value);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * The fields of a message in their order, of which there may be `fieldsMax`; skipped ones count too.
 * Byte fields are views of the input.
 */
export function decodeProtobuf(
  bytes: Uint8Array,
  fieldsMax: number,
): Result<readonly ProtobufField[], ProtobufError> {
  const fields: ProtobufField[] = [];
  let offset = 0;
  const bad = (message: string) => err({ code: "badProtobuf", offset, message });
  /** A number of at most 53 bits, or `undefined`. */
  const number = (): number | undefined => {
    let value = 0;
    for (let shift = 0; shift < 8; shift++) {
      const byte = bytes[offset];
      if (byte === undefined) return undefined;
      offset += 1;
      value += (byte & 0x7f) * 2 ** (7 * shift);
      if (byte < 0x80) return Number.isSafeInteger(value) ? value : undefined;
    }
    return undefined;
  };
  for (let count = 0; offset < bytes.length; count++) {
    if (count >= fieldsMax) return bad(`more than ${fieldsMax} fields`);
    const tag = number();
    if (tag === undefined) return bad("bad field tag");
    const field = Math.floor(tag / 8);
    if (field === 0) return bad("no field has the number 0");
    switch (tag % 8) {
      case 0: {
        const value = number();
        if (value === undefined) return bad(`bad number in field ${field}`);
        fields.push({ field, value });
        break;
      }
      case 2: {
        const length = number();
        if (length === undefined || length > bytes.length - offset)
          return bad(`field ${field} is longer than the input`);
        fields.push({ field, value: bytes.subarray(offset, offset + length) });
        offset += length;
        break;
      }
      case 1:
      case 5: {
        const length = tag % 8 === 1 ? 8 : 4;
        if (length > bytes.length - offset) return bad(`field ${field} is cut`);
        offset += length;
        break;
      }
      default:
        return bad(`unknown wire type ${tag % 8}`);
    }
  }
  return ok(fields);
}

/** Seven bits a byte, lowest first. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}

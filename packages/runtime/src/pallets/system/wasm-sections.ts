/** A WebAssembly module as its sections: no more of the format than it takes to exchange some of them. */
import { asciiBytes, concatBytes, equalBytes } from "@parahost/base";

const HEADER = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
export const CUSTOM_SECTION = 0;

export interface Section {
  readonly id: number;
  readonly body: Uint8Array;
}

const isModule = (bytes: Uint8Array): boolean =>
  equalBytes(bytes.subarray(0, HEADER.length), HEADER);

/** In their order; `undefined` for what is no module, or cut. */
export function sectionsOf(module: Uint8Array): Section[] | undefined {
  if (!isModule(module)) return undefined;
  const sections: Section[] = [];
  for (let at = HEADER.length; at < module.length; ) {
    const id = module[at] as number;
    const size = readLeb(module, at + 1);
    if (size === undefined || size.next + size.value > module.length) return undefined;
    at = size.next + size.value;
    sections.push({ id, body: module.subarray(size.next, at) });
  }
  return sections;
}

export const moduleOf = (sections: readonly Section[]): Uint8Array =>
  concatBytes(
    HEADER,
    ...sections.flatMap(({ id, body }) => [Uint8Array.of(id), leb(body.length), body]),
  );

export const customSection = (name: string, content: Uint8Array): Section => ({
  id: CUSTOM_SECTION,
  body: concatBytes(leb(name.length), asciiBytes(name), content),
});

/** What the custom section of this name says. */
export function customContent(sections: readonly Section[], name: string): Uint8Array | undefined {
  const beginning = customSection(name, new Uint8Array(0)).body;
  const found = sections.find(
    ({ id, body }) =>
      id === CUSTOM_SECTION && equalBytes(body.subarray(0, beginning.length), beginning),
  );
  return found?.body.subarray(beginning.length);
}

/** An unsigned number and the offset behind it; `undefined` when it does not end. */
export function readLeb(
  bytes: Uint8Array,
  from: number,
): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, next: from + i + 1 };
  }
  return undefined;
}

export function leb(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}

/** A positive number whose sign bit must stay clear. */
export function signedLeb(value: number): Uint8Array {
  const bytes = leb(value);
  const last = bytes.at(-1) as number;
  if (last < 0x40) return bytes;
  bytes[bytes.length - 1] = last | 0x80;
  return concatBytes(bytes, Uint8Array.of(0));
}

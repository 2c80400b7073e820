/**
 * The version as Polkadot's tools find it in a module without running it: in custom sections `runtime_version`
 * (without the APIs) and `runtime_apis` (identifiers and versions, one after the other).
 */
import { concatBytes, u32Bytes } from "@parahost/base";
import { encode, tryDecode } from "@parahost/scale";
import { RuntimeVersion } from "../../version.ts";
import { CUSTOM_SECTION, customContent, customSection, type Section } from "./wasm-sections.ts";

const VERSION = "runtime_version";
const APIS = "runtime_apis";
const API_ID_BYTES = 8;
const API_BYTES = API_ID_BYTES + 4;

/** The module's sections with this version in place of the one that they state. */
export function withEmbeddedVersion(
  sections: readonly Section[],
  version: RuntimeVersion,
): Section[] {
  const apis = version.apis.flatMap(([id, number]) => [id, u32Bytes(number)]);
  return [
    customSection(VERSION, encode(RuntimeVersion, { ...version, apis: [] })),
    customSection(APIS, concatBytes(...apis)),
    ...sections.filter(
      (section) => section.id !== CUSTOM_SECTION || !isOneOf(section, [VERSION, APIS]),
    ),
  ];
}

const isOneOf = (section: Section, names: readonly string[]): boolean =>
  names.some((name) => customContent([section], name) !== undefined);

/** `undefined` when the sections are missing or illegible. */
export function embeddedVersion(sections: readonly Section[]): RuntimeVersion | undefined {
  const content = customContent(sections, VERSION);
  const apis = customContent(sections, APIS);
  const version = content && tryDecode(RuntimeVersion, content);
  if (version?.ok !== true || apis === undefined || apis.length % API_BYTES !== 0) return undefined;
  return {
    ...version.value,
    apis: Array.from({ length: apis.length / API_BYTES }, (_, i) => apiAt(apis, i * API_BYTES)),
  };
}

const apiAt = (apis: Uint8Array, at: number): RuntimeVersion["apis"][number] => [
  apis.subarray(at, at + API_ID_BYTES),
  new DataView(apis.buffer, apis.byteOffset + at + API_ID_BYTES, 4).getUint32(0, true),
];

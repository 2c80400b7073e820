/**
 * Source maps of WebAssembly modules (source map revision 3, as AssemblyScript, Emscripten and others write them: one
 * generated line, whose columns are byte offsets in the module).
 */

import { err, ok, type Result } from "@parahost/base";
import type { SourceLocation } from "../host/guest-trap.ts";

export interface BadSourceMap {
  readonly code: "badSourceMap";
  readonly detail: string;
}

const bad = (detail: string): Result<never, BadSourceMap> => err({ code: "badSourceMap", detail });

/** Fields of one entry: byte offset, source, line, column. */
const FIELDS = 4;
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const CONTINUES = 0x20;
const DIGIT_BITS = 5;

export class SourceMap {
  readonly #sources: readonly string[];
  /** `FIELDS` numbers for each entry, in the order of the offsets. */
  readonly #entries: Int32Array;

  private constructor(sources: readonly string[], entries: Int32Array) {
    this.#sources = sources;
    this.#entries = entries;
  }

  static parse(text: string): Result<SourceMap, BadSourceMap> {
    let map: unknown;
    try {
      map = JSON.parse(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return bad(`no JSON: ${error.message}`);
    }
    if (typeof map !== "object" || map === null) return bad("no object");
    const { version, sources, mappings } = map as Readonly<Record<string, unknown>>;
    if (version !== 3) return bad(`version ${String(version)}, known is 3`);
    if (!Array.isArray(sources) || !sources.every((source) => typeof source === "string"))
      return bad("sources is no list of names");
    if (typeof mappings !== "string") return bad("mappings is no text");
    const entries = decodeMappings(mappings);
    return entries.ok ? ok(new SourceMap(sources, entries.value)) : entries;
  }

  /** Source of the byte at `offset`: that of the nearest entry at or before it. */
  locate(offset: number): SourceLocation | undefined {
    let low = 0;
    let high = this.#entries.length / FIELDS;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle * FIELDS] as number) <= offset) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    const [, source = 0, line = 0, column = 0] = this.#entries.subarray((low - 1) * FIELDS);
    const file = this.#sources[source];
    // A map counts from 0, people from 1.
    return file === undefined ? undefined : { file, line: line + 1, column: column + 1 };
  }
}

function decodeMappings(mappings: string): Result<Int32Array, BadSourceMap> {
  if (mappings.includes(";")) return bad("more than one generated line: not of a Wasm module");
  const segments = mappings.length === 0 ? [] : mappings.split(",");
  const entries = new Int32Array(segments.length * FIELDS);
  const state = [0, 0, 0, 0];
  let length = 0;
  for (const segment of segments) {
    const deltas = decodeSegment(segment);
    if (deltas === undefined) return bad(`segment "${segment.slice(0, 20)}"`);
    for (let field = 0; field < FIELDS; field++)
      state[field] = (state[field] as number) + (deltas[field] ?? 0);
    if ((deltas[0] ?? 0) < 0) return bad("offsets that go back");
    // An entry without a source ends the one before; compilers of Wasm do not write such.
    if (deltas.length < FIELDS) continue;
    entries.set(state, length);
    length += FIELDS;
  }
  return ok(entries.slice(0, length));
}

/** One, four or five signed numbers in base 64, five bits a digit, least significant first. */
function decodeSegment(segment: string): readonly number[] | undefined {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const letter of segment) {
    const digit = BASE64.indexOf(letter);
    if (digit < 0 || shift > 30) return undefined;
    value |= (digit & (CONTINUES - 1)) << shift;
    if ((digit & CONTINUES) !== 0) {
      shift += DIGIT_BITS;
      continue;
    }
    numbers.push((value & 1) === 1 ? -(value >>> 1) : value >>> 1);
    value = 0;
    shift = 0;
  }
  const isWhole = shift === 0 && (numbers.length === 1 || numbers.length >= FIELDS);
  return isWhole ? numbers : undefined;
}

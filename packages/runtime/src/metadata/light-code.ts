/**
 * `:code` for light clients: a small WebAssembly module that answers what they call, made of a template
 * (`light-runtime` of `kernels`) and of answers and storage keys that are this runtime's. The runtime itself is
 * this program. Reference: json-rpc-and-metadata.md 11.2, 11.3.
 */
import { assert, concatBytes, type Hex, hexToBytes, u32Bytes, u64Bytes } from "@parahost/base";
import { asHash } from "@parahost/primitives";
import type { State } from "../framework/index.ts";
import { storage as babe } from "../pallets/babe/storage.ts";
import { storage as grandpa } from "../pallets/grandpa.ts";
import { storage as accounts } from "../pallets/system/accounts.ts";
import { EXTRINSIC_BASE_WEIGHT } from "../pallets/system/limits.ts";
import { lengthToFee, weightToFee } from "../pallets/transaction-payment.ts";
import { callRuntimeApi } from "./runtime-calls.ts";

/** Where the template looks for its table, and where what it reads must end. */
const TABLE = 0x1_0000;
const DATA_END = 0xc_0000;
const ENTRY_BYTES = 8;
const DATA_SECTION = 11;
const WASM_HEADER_BYTES = 8;

/** The functions read nothing of a block but its state. */
const NO_BLOCK = asHash(`0x${"00".repeat(32)}`);

/** In the order of `Entry` in the template. `state` is that of genesis. */
function entries(state: State): readonly Uint8Array[] {
  const answer = (name: string, args: Uint8Array = new Uint8Array(0)): Uint8Array => {
    const called = callRuntimeApi(state, NO_BLOCK, name, args);
    assert(called.ok, `${name} answers`);
    return called.value;
  };
  const keys: readonly Hex[] = [
    babe.slotDuration.prefix,
    babe.epochDuration.prefix,
    babe.epochIndex.prefix,
    babe.genesisSlot.prefix,
    babe.authorities.prefix,
    babe.randomness.prefix,
    babe.epochConfig.prefix,
    babe.nextAuthorities.prefix,
    babe.nextRandomness.prefix,
    babe.nextEpochConfig.prefix,
    grandpa.authorities.prefix,
    grandpa.currentSetId.prefix,
    accounts.account.prefix,
  ];
  return [
    answer("Core_version"),
    answer("Metadata_metadata"),
    answer("Metadata_metadata_versions"),
    ...[14, 15, 16].map((version) => answer("Metadata_metadata_at_version", u32Bytes(version))),
    ...keys.map((key) => hexToBytes(key)),
    concatBytes(u64Bytes(weightToFee(EXTRINSIC_BASE_WEIGHT)), u64Bytes(lengthToFee(1))),
  ];
}

/**
 * The module for a chain with this genesis state, whose constants it repeats. Throws `RangeError` when the
 * template is no module.
 */
export function lightCode(template: Uint8Array, state: State): Uint8Array {
  const parts = entries(state);
  let at = TABLE + parts.length * ENTRY_BYTES;
  const table: Uint8Array[] = [];
  for (const { length } of parts) {
    table.push(u32Bytes(at), u32Bytes(length));
    at += length;
  }
  assert(at <= DATA_END, `${at - TABLE} bytes of answers: the template has no room`);
  return withData(template, TABLE, concatBytes(...table, ...parts));
}

/** The module with `bytes` in its memory from `address` on. */
function withData(module: Uint8Array, address: number, bytes: Uint8Array): Uint8Array {
  const segment = concatBytes(
    Uint8Array.of(0, 0x41),
    signedLeb(address),
    Uint8Array.of(0x0b),
    leb(bytes.length),
    bytes,
  );
  let hasData = false;
  const sections = sectionsOf(module).map(({ id, body }) => {
    if (id !== DATA_SECTION) return section(id, body);
    hasData = true;
    const [count, rest] = readLeb(body, 0);
    return section(id, concatBytes(leb(count + 1), body.subarray(rest), segment));
  });
  const added = hasData ? [] : [section(DATA_SECTION, concatBytes(leb(1), segment))];
  return concatBytes(module.subarray(0, WASM_HEADER_BYTES), ...sections, ...added);
}

interface Section {
  readonly id: number;
  readonly body: Uint8Array;
}

function sectionsOf(module: Uint8Array): Section[] {
  const sections: Section[] = [];
  for (let at = WASM_HEADER_BYTES; at < module.length; ) {
    const id = module[at] as number;
    const [length, start] = readLeb(module, at + 1);
    if (start + length > module.length) throw new RangeError("the template is cut");
    sections.push({ id, body: module.subarray(start, start + length) });
    at = start + length;
  }
  return sections;
}

const section = (id: number, body: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(id), leb(body.length), body);

/** A number and the offset behind it. */
function readLeb(bytes: Uint8Array, from: number): [value: number, next: number] {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return [value, from + i + 1];
  }
  throw new RangeError("the template is cut");
}

function leb(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}

/** A positive number whose sign bit must stay clear. */
function signedLeb(value: number): Uint8Array {
  const bytes = leb(value);
  const last = bytes.at(-1) as number;
  if (last < 0x40) return bytes;
  bytes[bytes.length - 1] = last | 0x80;
  return concatBytes(bytes, Uint8Array.of(0));
}

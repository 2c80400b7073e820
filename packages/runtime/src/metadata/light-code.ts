/**
 * `:code` for light clients: a small WebAssembly module that answers what they call, made of a template
 * (`light-runtime` of `kernels`) and of answers and storage keys that are this runtime's. The runtime itself is
 * this program. Reference: json-rpc-and-metadata.md 11.2, 11.3.
 */
import {
  assert,
  concatBytes,
  equalBytes,
  type Hex,
  hexToBytes,
  u32Bytes,
  u64Bytes,
} from "@parahost/base";
import { asHash } from "@parahost/primitives";
import type { State } from "../framework/index.ts";
import { storage as babe } from "../pallets/babe/storage.ts";
import { storage as grandpa } from "../pallets/grandpa.ts";
import { storage as accounts } from "../pallets/system/accounts.ts";
import { bindRenewModule, runtimeVersion } from "../pallets/system/code.ts";
import { withEmbeddedVersion } from "../pallets/system/embedded-version.ts";
import { EXTRINSIC_BASE_WEIGHT } from "../pallets/system/limits.ts";
import {
  CUSTOM_SECTION,
  leb,
  moduleOf,
  readLeb,
  type Section,
  sectionsOf,
  signedLeb,
} from "../pallets/system/wasm-sections.ts";
import { lengthToFee, weightToFee } from "../pallets/transaction-payment.ts";
import { callRuntimeApi } from "./runtime-calls.ts";

/** Where the template looks for its table, and where what it reads must end. */
const TABLE = 0x1_0000;
const DATA_END = 0xc_0000;
const ENTRY_BYTES = 8;
const DATA_SECTION = 11;

/** The functions read nothing of a block but its state. */
const NO_BLOCK = asHash(`0x${"00".repeat(32)}`);

/** In the order of `Entry` in the template, for good: a chain keeps the template that it began with. */
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
 * The module for a chain with this state, whose version and constants it repeats. Throws `RangeError` when
 * `template` is none, or has no room for the answers.
 */
export function lightCode(template: Uint8Array, state: State): Uint8Array {
  const parts = partsOf(template);
  const module = parts && filledIn(parts, state);
  if (module === undefined) throw new RangeError("no template for light clients");
  return module;
}

/** A module of `lightCode` with the answers for another state; `undefined` for other code. */
function renewed(code: Uint8Array, state: State): Uint8Array | undefined {
  const parts = partsOf(code);
  return parts?.segments.some(isTable) ? filledIn(parts, state) : undefined;
}

bindRenewModule(renewed);

interface ModuleParts {
  /** All but that of data. */
  readonly sections: readonly Section[];
  /** The data. */
  readonly segments: readonly Uint8Array[];
}

function partsOf(module: Uint8Array): ModuleParts | undefined {
  const all = sectionsOf(module);
  const data = all?.find(({ id }) => id === DATA_SECTION);
  const segments = data === undefined ? [] : segmentsOf(data.body);
  if (all === undefined || segments === undefined) return undefined;
  return { sections: all.filter((section) => section !== data), segments };
}

/** The module with the table of this state. */
function filledIn({ sections, segments }: ModuleParts, state: State): Uint8Array | undefined {
  const parts = entries(state);
  let at = TABLE + parts.length * ENTRY_BYTES;
  const table: Uint8Array[] = [];
  for (const { length } of parts) {
    table.push(u32Bytes(at), u32Bytes(length));
    at += length;
  }
  if (at > DATA_END) return undefined;
  const bytes = concatBytes(...table, ...parts);
  const others = segments.filter((segment) => !isTable(segment));
  const body = concatBytes(
    leb(others.length + 1),
    ...others,
    SEGMENT_AT_TABLE,
    leb(bytes.length),
    bytes,
  );
  // Of what a compiler writes only custom sections come after the data.
  const end = sections.findLastIndex(({ id }) => id !== CUSTOM_SECTION) + 1;
  const whole = sections.toSpliced(end, 0, { id: DATA_SECTION, body });
  return moduleOf(withEmbeddedVersion(whole, runtimeVersion(state)));
}

/** A data segment's beginning: of the only memory, at a constant address. */
const SEGMENT_BEGIN = Uint8Array.of(0, 0x41);
const SEGMENT_AT_TABLE = concatBytes(SEGMENT_BEGIN, signedLeb(TABLE), Uint8Array.of(0x0b));

const beginsWith = (bytes: Uint8Array, beginning: Uint8Array): boolean =>
  equalBytes(bytes.subarray(0, beginning.length), beginning);

const isTable = (segment: Uint8Array): boolean => beginsWith(segment, SEGMENT_AT_TABLE);

/** `undefined` where some of the data is not at a constant address of the only memory. */
function segmentsOf(body: Uint8Array): Uint8Array[] | undefined {
  const count = readLeb(body, 0);
  if (count === undefined) return undefined;
  const segments: Uint8Array[] = [];
  for (let at = count.next; segments.length < count.value; ) {
    const address = readLeb(body, at + SEGMENT_BEGIN.length);
    const length = address && readLeb(body, address.next + 1);
    if (length === undefined || !beginsWith(body.subarray(at), SEGMENT_BEGIN)) return undefined;
    const end = length.next + length.value;
    segments.push(body.subarray(at, end));
    at = end;
  }
  return segments;
}

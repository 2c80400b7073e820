/**
 * The envelope of extrinsics: opaque to everything but the runtime, which knows the calls inside.
 * Reference: consensus 1.3, 1.4.
 *
 * Body bytes here are without the length prefix; the transaction's hash and the extrinsics root are
 * over the bytes with it.
 */
import { assert, err, ok, type Result } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import {
  bytes,
  type Codec,
  DecodeError,
  encode,
  fixedBytes,
  fixedHex,
  generic,
  type TypeDescription,
  unit,
  type ValueOf,
  variant,
} from "@parahost/scale";
import { OpaqueExtrinsic } from "./block.ts";
import { AccountId, type Hash } from "./ids.ts";

/** Version and kind of an extrinsic, from its first byte. */
export type ExtrinsicPreamble =
  | { readonly type: "bare"; readonly version: 4 | 5 }
  | { readonly type: "signed"; readonly version: 4 }
  | { readonly type: "general"; readonly version: 5 };

export const BARE_V4 = 0x04;
export const SIGNED_V4 = 0x84;
export const BARE_V5 = 0x05;
export const GENERAL_V5 = 0x45;

export type ExtrinsicPreambleError =
  | { readonly code: "emptyExtrinsic" }
  | { readonly code: "unknownExtrinsicFormat"; readonly firstByte: number };

/** What kind of extrinsic the bytes (without length prefix) are; the rest begins at byte 1. */
export function extrinsicPreamble(
  extrinsic: OpaqueExtrinsic,
): Result<ExtrinsicPreamble, ExtrinsicPreambleError> {
  const firstByte = extrinsic[0];
  switch (firstByte) {
    case undefined:
      return err({ code: "emptyExtrinsic" });
    case BARE_V4:
      return ok({ type: "bare", version: 4 });
    case SIGNED_V4:
      return ok({ type: "signed", version: 4 });
    case BARE_V5:
      return ok({ type: "bare", version: 5 });
    case GENERAL_V5:
      return ok({ type: "general", version: 5 });
    default:
      return err({ code: "unknownExtrinsicFormat", firstByte });
  }
}

/** The bytes with their length prefix: a leaf of the extrinsics trie. */
export function encodeExtrinsic(extrinsic: OpaqueExtrinsic): Uint8Array {
  return encode(OpaqueExtrinsic, extrinsic);
}

export function transactionHash(extrinsic: OpaqueExtrinsic): Hash {
  return blake2b256Hex(encodeExtrinsic(extrinsic)) as Hash;
}

/** An account's number on chains that number accounts; on this one, as on Polkadot, it says nothing. */
const compactNothing: Codec<undefined> = { ...unit, type: { kind: "compact", of: unit.type } };

/** The account an extrinsic speaks of. Our runtime knows `id` only. */
export const MultiAddress = generic(
  { AccountId, AccountIndex: unit },
  variant(
    {
      id: [0, AccountId],
      index: [1, compactNothing],
      raw: [2, bytes(1024)],
      address32: [3, fixedHex(32)],
      address20: [4, fixedHex(20)],
    },
    ["sp_runtime", "multiaddress", "MultiAddress"],
  ),
);
export type MultiAddress = ValueOf<typeof MultiAddress>;

export const MultiSignature = variant(
  { ed25519: [0, fixedBytes(64)], sr25519: [1, fixedBytes(64)], ecdsa: [2, fixedBytes(65)] },
  ["sp_runtime", "MultiSignature"],
);
export type MultiSignature = ValueOf<typeof MultiSignature>;

/** How long a signed transaction may be included. */
export type Era =
  | { readonly type: "immortal" }
  | {
      readonly type: "mortal";
      /** Blocks; a power of two from 4 to 65,536. */
      readonly period: number;
      /** Block number of birth modulo `period`, a multiple of `period` / 4096. */
      readonly phase: number;
    };

const u8Type: TypeDescription = { kind: "primitive", primitive: "u8" };

/** One byte for immortal, otherwise two: the low four bits are the period, the rest the phase. */
export const Era: Codec<Era> = {
  sizeMin: 1,
  type: {
    kind: "variant",
    path: ["sp_runtime", "generic", "era", "Era"],
    variants: [
      { name: "Immortal", index: 0, fields: [] },
      ...Array.from({ length: 255 }, (_, i) => ({
        name: `Mortal${i + 1}`,
        index: i + 1,
        fields: [{ type: u8Type }],
      })),
    ],
  },
  write: (writer, era) => {
    if (era.type === "immortal") {
      writer.u8(0);
      return;
    }
    const exponent = Math.log2(era.period);
    const quantum = phaseQuantum(era.period);
    assert(
      Number.isInteger(exponent) && exponent >= 2 && exponent <= 16,
      `${era.period} blocks are not a period`,
    );
    assert(
      era.phase >= 0 && era.phase < era.period && era.phase % quantum === 0,
      `phase ${era.phase} of period ${era.period}`,
    );
    writer.u16((exponent - 1) | ((era.phase / quantum) << 4));
  },
  read: (reader) => {
    const start = reader.offset;
    const first = reader.u8();
    if (first === 0) return { type: "immortal" };
    const encoded = first | (reader.u8() << 8);
    const period = 2 << (encoded & 15);
    const phase = (encoded >> 4) * phaseQuantum(period);
    if (period < 4 || phase >= period)
      throw new DecodeError("badValue", start, `phase ${phase} of period ${period}`);
    return { type: "mortal", period, phase };
  },
};

function phaseQuantum(period: number): number {
  return Math.max(period >> 12, 1);
}

/** The mortal era of `period` blocks (made a power of two) that contains block `current`. */
export function mortalEra(period: number, current: number): Era {
  let rounded = 4;
  while (rounded < period && rounded < 65_536) rounded *= 2;
  const quantum = phaseQuantum(rounded);
  return {
    type: "mortal",
    period: rounded,
    phase: Math.floor((current % rounded) / quantum) * quantum,
  };
}

/** The block whose hash a transaction of this era signs; 0 = genesis for immortal ones. */
export function eraBirth(era: Era, current: number): number {
  if (era.type === "immortal") return 0;
  return (
    Math.floor((Math.max(current, era.phase) - era.phase) / era.period) * era.period + era.phase
  );
}

/** The first block that may no longer include a transaction of this era; `undefined` = never. */
export function eraDeath(era: Era, current: number): number | undefined {
  return era.type === "immortal" ? undefined : eraBirth(era, current) + era.period;
}

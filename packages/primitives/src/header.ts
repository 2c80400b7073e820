/** The relay chain's block header, its hash and its seal. Reference: consensus 1.1, 1.2. */
import { bytesToHex } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { compactU32, encode, struct, type ValueOf } from "@parahost/scale";
import { Digest, type DigestItem, type EngineId, parachainLogs } from "./digest.ts";
import { type BlockNumber, Hash } from "./ids.ts";
import { memoByObject } from "./memo.ts";

export const Header = struct(
  {
    /** Zero for genesis. */
    parentHash: Hash,
    /** Compact here and nowhere else. */
    number: compactU32,
    /** Root of the state after this block. */
    stateRoot: Hash,
    extrinsicsRoot: Hash,
    digest: Digest,
  },
  ["sp_runtime", "generic", "header", "Header"],
);
export type Header = ValueOf<typeof Header>;

/** The block's hash, computed once per header object. */
export const headerHash: (header: Header) => Hash = memoByObject(
  (header) => blake2b256Hex(encode(Header, header)) as Hash,
);

/** A header without its last item, and that item when it is a seal. */
export interface StrippedHeader {
  /** What the author signed: its hash is the message of the seal. */
  readonly header: Header;
  readonly seal: { readonly engine: EngineId; readonly data: Uint8Array };
}

/** Takes the seal off; `undefined` unless the last item is one. */
export function stripSeal(header: Header): StrippedHeader | undefined {
  const last = header.digest.at(-1);
  if (last === undefined || last.type !== "seal") return undefined;
  return { header: { ...header, digest: header.digest.slice(0, -1) }, seal: last.value };
}

/** Puts the seal on a header that has none. */
export function withSeal(header: Header, engine: EngineId, data: Uint8Array): Header {
  const seal: DigestItem = { type: "seal", value: { engine, data } };
  return { ...header, digest: [...header.digest, seal] };
}

/**
 * The first block of this branch that the header abandons, or `undefined`. A revert that does not
 * point below the header carrying it is ignored; of several the lowest counts.
 */
export function revertTarget(header: Header): BlockNumber | undefined {
  let lowest: BlockNumber | undefined;
  for (const log of parachainLogs(header.digest))
    if (log.type === "revert" && log.value < header.number)
      lowest = lowest === undefined ? log.value : Math.min(lowest, log.value);
  return lowest;
}

/** True when both encode to the same bytes. */
export function equalHeaders(a: Header, b: Header): boolean {
  return a === b || bytesToHex(encode(Header, a)) === bytesToHex(encode(Header, b));
}

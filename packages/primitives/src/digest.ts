/**
 * What a header carries beside its roots: engine-specific items.
 *
 * Order within a header: pre-runtime items of the author, items deposited by the runtime, the seal.
 * Reference: consensus 1.2.
 */
import { assert, bytesToHex } from "@parahost/base";
import {
  bytes,
  type Codec,
  encode,
  positional,
  struct,
  tryDecode,
  type ValueOf,
  variant,
  vec,
} from "@parahost/scale";
import { PARACHAIN_ENGINE_ID } from "./constants.ts";
import {
  BlockNumber,
  CandidateHash,
  Hash,
  ParaId,
  SessionIndex,
  ValidationCodeHash,
} from "./ids.ts";

/** Four bytes, one character each, such as `BABE`. */
export const EngineId: Codec<string> = {
  sizeMin: 4,
  type: { kind: "array", of: { kind: "primitive", primitive: "u8" }, length: 4 },
  write: (writer, value) => {
    assert(value.length === 4, `an engine id has four characters: ${value}`);
    for (let i = 0; i < 4; i++) writer.u8(value.charCodeAt(i));
  },
  read: (reader) => String.fromCharCode(reader.u8(), reader.u8(), reader.u8(), reader.u8()),
};
export type EngineId = ValueOf<typeof EngineId>;

/** Data of one engine. */
export const EngineData = positional(struct({ engine: EngineId, data: bytes() }));
export type EngineData = ValueOf<typeof EngineData>;

export const DigestItem = variant(
  {
    other: [0, bytes()],
    /** From the runtime to the engine. */
    consensus: [4, EngineData],
    /** The author's signature of the header without it; always last. */
    seal: [5, EngineData],
    /** From the author to the runtime, placed before execution. */
    preRuntime: [6, EngineData],
    /** `:code` or `:heappages` changed. */
    runtimeEnvironmentUpdated: 8,
  },
  ["sp_runtime", "generic", "digest", "DigestItem"],
);
export type DigestItem = ValueOf<typeof DigestItem>;

const items = vec(DigestItem);

export const Digest: Codec<readonly DigestItem[]> = {
  ...items,
  type: {
    kind: "composite",
    path: ["sp_runtime", "generic", "digest", "Digest"],
    fields: [{ name: "logs", type: items.type }],
  },
};
export type Digest = ValueOf<typeof Digest>;

/** The data of the one item of this kind and engine; `undefined` when there is none or several. */
export function soleEngineData(
  digest: Digest,
  type: "consensus" | "seal" | "preRuntime",
  engine: EngineId,
): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  for (const item of digest) {
    if (item.type !== type || item.value.engine !== engine) continue;
    if (found !== undefined) return undefined;
    found = item.value.data;
  }
  return found;
}

/** The data of all items of this kind and engine, in order. */
export function engineData(
  digest: Digest,
  type: "consensus" | "seal" | "preRuntime",
  engine: EngineId,
): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const item of digest)
    if (item.type === type && item.value.engine === engine) found.push(item.value.data);
  return found;
}

/** What the relay chain's runtime tells nodes about parachains, engine `POL1`. */
export const ParachainLog = variant({
  /** The para's code changed in this block. */
  paraUpgradeCode: [1, positional(struct({ para: ParaId, codeHash: ValidationCodeHash }))],
  /** The para's code will change at `expectedAt`. */
  paraScheduleUpgradeCode: [
    2,
    positional(struct({ para: ParaId, codeHash: ValidationCodeHash, expectedAt: BlockNumber })),
  ],
  /** Governance: treat every block up to this one as approved. */
  forceApprove: [3, BlockNumber],
  /** This block of this branch and all built on it are abandoned. */
  revert: [4, BlockNumber],
  /** Ours, beside every revert: which dispute caused it (the guide's signal). */
  paraDispute: [
    5,
    struct({
      candidate: CandidateHash,
      session: SessionIndex,
      /** Number of the block that included the candidate. */
      includedIn: BlockNumber,
      /** The last block before it. */
      lastValid: Hash,
    }),
  ],
});
export type ParachainLog = ValueOf<typeof ParachainLog>;

/** A digest item for the header. */
export function parachainLogItem(log: ParachainLog): DigestItem {
  return {
    type: "consensus",
    value: { engine: PARACHAIN_ENGINE_ID, data: encode(ParachainLog, log) },
  };
}

/** The parachain logs of a digest; undecodable ones are skipped, as the protocol says. */
export function parachainLogs(digest: Digest): ParachainLog[] {
  const logs: ParachainLog[] = [];
  for (const data of engineData(digest, "consensus", PARACHAIN_ENGINE_ID)) {
    const decoded = tryDecode(ParachainLog, data);
    if (decoded.ok) logs.push(decoded.value);
  }
  return logs;
}

/** For logs: `preRuntime BABE 0x01…`. */
export function describeDigestItem(item: DigestItem): string {
  if (item.type === "runtimeEnvironmentUpdated") return item.type;
  if (item.type === "other") return `other ${bytesToHex(item.value)}`;
  return `${item.type} ${item.value.engine} ${bytesToHex(item.value.data)}`;
}

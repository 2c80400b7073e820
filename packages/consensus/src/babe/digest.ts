/** What BABE reads in a header: the author's claim, the seal, announcements. Reference: consensus 3.3, 3.6. */
import { err, ok, type Result } from "@parahost/base";
import {
  BABE_ENGINE_ID,
  BabeConsensusLog,
  type BabeEpochConfiguration,
  BabePreDigest,
  type DigestItem,
  engineData,
  type Header,
  headerHash,
  type NextEpochDescriptor,
  type Slot,
  stripSeal,
} from "@parahost/primitives";
import { type DecodeFailure, encode, tryDecode } from "@parahost/scale";

export type PreDigestError =
  | { readonly code: "preDigestMissing" }
  | { readonly code: "preDigestRepeated"; readonly count: number }
  | { readonly code: "preDigestMalformed"; readonly failure: DecodeFailure };

/** The author's claim of the slot: exactly one in every header but genesis. */
export function preDigestOf(header: Header): Result<BabePreDigest, PreDigestError> {
  const [data, ...more] = engineData(header.digest, "preRuntime", BABE_ENGINE_ID);
  if (data === undefined) return err({ code: "preDigestMissing" });
  if (more.length > 0) return err({ code: "preDigestRepeated", count: 1 + more.length });
  const decoded = tryDecode(BabePreDigest, data);
  if (!decoded.ok) return err({ code: "preDigestMalformed", failure: decoded.error });
  return decoded;
}

/** The claim as the digest item that opens a new header. */
export function preDigestItem(claim: BabePreDigest): DigestItem {
  return {
    type: "preRuntime",
    value: { engine: BABE_ENGINE_ID, data: encode(BabePreDigest, claim) },
  };
}

/** The slot a header claims; `undefined` for genesis and for headers without a readable claim. */
export function slotOf(header: Header): Slot | undefined {
  const claim = preDigestOf(header);
  return claim.ok ? claim.value.value.slot : undefined;
}

/** Adds to the weight of a chain: a primary block 1, any other 0. */
export function weightOf(claim: BabePreDigest): number {
  return claim.type === "primary" ? 1 : 0;
}

export type SealError =
  | { readonly code: "sealMissing" }
  /** The last item is a seal, but not BABE's. */
  | { readonly code: "sealForeign"; readonly engine: string }
  | { readonly code: "sealRepeated"; readonly count: number }
  | { readonly code: "sealMalformed"; readonly length: number };

export interface Unsealed {
  /** The header that the author signed. */
  readonly header: Header;
  /** Its hash: the message of the seal. */
  readonly preHash: ReturnType<typeof headerHash>;
  /** 64 bytes. */
  readonly seal: Uint8Array;
}

/** Takes the seal off: the last item, the only seal, and BABE's. */
export function unseal(header: Header): Result<Unsealed, SealError> {
  const count = header.digest.filter((item) => item.type === "seal").length;
  if (count > 1) return err({ code: "sealRepeated", count });
  const stripped = stripSeal(header);
  if (stripped === undefined) return err({ code: "sealMissing" });
  const { engine, data } = stripped.seal;
  if (engine !== BABE_ENGINE_ID) return err({ code: "sealForeign", engine });
  if (data.length !== 64) return err({ code: "sealMalformed", length: data.length });
  return ok({ header: stripped.header, preHash: headerHash(stripped.header), seal: data });
}

/** What a header tells about the epoch after its own. */
export interface Announcement {
  readonly epoch: NextEpochDescriptor;
  /** Takes effect with that epoch; otherwise the configuration stays. */
  readonly config: BabeEpochConfiguration | undefined;
}

export type AnnouncementError =
  | { readonly code: "consensusLogMalformed"; readonly failure: DecodeFailure }
  | { readonly code: "nextEpochRepeated" }
  | { readonly code: "nextConfigRepeated" }
  | { readonly code: "nextConfigWithoutEpoch" };

/** The announcement of a header, if it carries one. */
export function announcementOf(
  header: Header,
): Result<Announcement | undefined, AnnouncementError> {
  let epoch: NextEpochDescriptor | undefined;
  let config: BabeEpochConfiguration | undefined;
  for (const data of engineData(header.digest, "consensus", BABE_ENGINE_ID)) {
    const log = tryDecode(BabeConsensusLog, data);
    if (!log.ok) return err({ code: "consensusLogMalformed", failure: log.error });
    switch (log.value.type) {
      case "nextEpochData":
        if (epoch !== undefined) return err({ code: "nextEpochRepeated" });
        epoch = log.value.value;
        break;
      case "nextConfigData":
        if (config !== undefined) return err({ code: "nextConfigRepeated" });
        config = log.value.value.value;
        break;
      case "onDisabled":
        break;
    }
  }
  if (epoch !== undefined) return ok({ epoch, config });
  return config === undefined ? ok(undefined) : err({ code: "nextConfigWithoutEpoch" });
}

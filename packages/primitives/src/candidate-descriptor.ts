/**
 * The unchanging part of a candidate's receipt: 292 bytes, in two layouts over the same offsets.
 *
 * Version 1 names a collator and carries its signature; version 2 puts the core and the session there.
 * Which one it is shows in the bytes: something in the areas that version 2 reserves makes it version
 * 1, otherwise the version byte decides. Reference: runtime 1.2.
 */
import { assert, concatBytes, hexToBytes, u32Bytes } from "@parahost/base";
import { type Codec, DecodeError, fixedBytes, struct, u8, u16 } from "@parahost/scale";
import {
  CollatorId,
  CollatorSignature,
  type CoreIndex,
  Hash,
  ParaId,
  SessionIndex,
  ValidationCodeHash,
} from "./ids.ts";

/** With the collator that made the candidate. */
export interface CandidateDescriptorV1 {
  readonly version: 1;
  readonly paraId: ParaId;
  readonly relayParent: Hash;
  readonly collator: CollatorId;
  readonly persistedValidationDataHash: Hash;
  readonly povHash: Hash;
  readonly erasureRoot: Hash;
  /** By the collator over `collatorSignaturePayload`. */
  readonly signature: CollatorSignature;
  readonly paraHead: Hash;
  readonly validationCodeHash: ValidationCodeHash;
}

/** With the core it was made for and the session of its relay parent. */
export interface CandidateDescriptorV2 {
  readonly version: 2;
  readonly paraId: ParaId;
  readonly relayParent: Hash;
  /** At most 65,535. */
  readonly coreIndex: CoreIndex;
  readonly sessionIndex: SessionIndex;
  readonly persistedValidationDataHash: Hash;
  readonly povHash: Hash;
  readonly erasureRoot: Hash;
  readonly paraHead: Hash;
  readonly validationCodeHash: ValidationCodeHash;
}

export type CandidateDescriptor = CandidateDescriptorV1 | CandidateDescriptorV2;

const SIZE_BYTES = 292;
const VERSION_AT = 36;
const RESERVED_1_AT = 43;
const RESERVED_1_END = 68;
const RESERVED_2_AT = 164;
const RESERVED_2_END = 228;

const V1 = struct({
  paraId: ParaId,
  relayParent: Hash,
  collator: CollatorId,
  persistedValidationDataHash: Hash,
  povHash: Hash,
  erasureRoot: Hash,
  signature: CollatorSignature,
  paraHead: Hash,
  validationCodeHash: ValidationCodeHash,
});

/** The layout that metadata shows, as Polkadot's does. */
const V2 = struct(
  {
    paraId: ParaId,
    relayParent: Hash,
    version: u8,
    coreIndex: u16,
    sessionIndex: SessionIndex,
    reserved1: fixedBytes(25),
    persistedValidationDataHash: Hash,
    povHash: Hash,
    erasureRoot: Hash,
    reserved2: fixedBytes(64),
    paraHead: Hash,
    validationCodeHash: ValidationCodeHash,
  },
  ["polkadot_primitives", "v9", "CandidateDescriptorV2"],
);

const ZEROS = new Uint8Array(64);

function anySet(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return true;
  return false;
}

export const CandidateDescriptor: Codec<CandidateDescriptor> = {
  sizeMin: SIZE_BYTES,
  type: V2.type,
  write: (writer, value) => {
    const start = writer.length;
    if (value.version === 1) {
      V1.write(writer, value);
      const written = writer.target;
      assert(
        anySet(written, start + RESERVED_1_AT, start + RESERVED_1_END) ||
          anySet(written, start + RESERVED_2_AT, start + RESERVED_2_END),
        "a version 1 descriptor without collator and signature would be read as version 2",
      );
      return;
    }
    V2.write(writer, {
      ...value,
      version: 0,
      reserved1: ZEROS.subarray(0, 25),
      reserved2: ZEROS,
    });
  },
  read: (reader) => {
    const start = reader.offset;
    reader.take(SIZE_BYTES);
    reader.offset = start;
    const isV1 =
      anySet(reader.bytes, start + RESERVED_1_AT, start + RESERVED_1_END) ||
      anySet(reader.bytes, start + RESERVED_2_AT, start + RESERVED_2_END);
    if (isV1) return { version: 1, ...V1.read(reader) };
    const version = reader.bytes[start + VERSION_AT];
    if (version !== 0)
      throw new DecodeError(
        "badVariant",
        start + VERSION_AT,
        `descriptor version ${version} is unknown`,
      );
    const fields = V2.read(reader);
    return {
      version: 2,
      paraId: fields.paraId,
      relayParent: fields.relayParent,
      coreIndex: fields.coreIndex as CoreIndex,
      sessionIndex: fields.sessionIndex,
      persistedValidationDataHash: fields.persistedValidationDataHash,
      povHash: fields.povHash,
      erasureRoot: fields.erasureRoot,
      paraHead: fields.paraHead,
      validationCodeHash: fields.validationCodeHash,
    };
  },
};

/** The core a version 2 descriptor names. */
export function descriptorCoreIndex(descriptor: CandidateDescriptor): CoreIndex | undefined {
  return descriptor.version === 2 ? descriptor.coreIndex : undefined;
}

/** The session a version 2 descriptor names. */
export function descriptorSessionIndex(descriptor: CandidateDescriptor): SessionIndex | undefined {
  return descriptor.version === 2 ? descriptor.sessionIndex : undefined;
}

/** What the collator of a version 1 descriptor signs: 132 bytes. */
export function collatorSignaturePayload(
  fields: Pick<
    CandidateDescriptorV1,
    "relayParent" | "paraId" | "persistedValidationDataHash" | "povHash" | "validationCodeHash"
  >,
): Uint8Array {
  return concatBytes(
    hexToBytes(fields.relayParent),
    u32Bytes(fields.paraId),
    hexToBytes(fields.persistedValidationDataHash),
    hexToBytes(fields.povHash),
    hexToBytes(fields.validationCodeHash),
  );
}

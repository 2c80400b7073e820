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
const RESERVED_1 = new Uint8Array(RESERVED_1_END - RESERVED_1_AT);
const RESERVED_2 = new Uint8Array(RESERVED_2_END - RESERVED_2_AT);
/** What the version byte of the second layout holds. */
const VERSION_2 = 0;

/** What metadata shows, as Polkadot's does. */
const layout = struct(
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

/** Something in the areas that version 2 leaves zero. */
function reservedIsUsed(bytes: Uint8Array, start: number): boolean {
  return (
    anySet(bytes, start + RESERVED_2_AT, start + RESERVED_2_END) ||
    anySet(bytes, start + RESERVED_1_AT, start + RESERVED_1_END)
  );
}

function anySet(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return true;
  return false;
}

export const CandidateDescriptor: Codec<CandidateDescriptor> = {
  sizeMin: SIZE_BYTES,
  type: layout.type,
  write: (writer, value) => {
    const start = writer.length;
    ParaId.write(writer, value.paraId);
    Hash.write(writer, value.relayParent);
    if (value.version === 1) CollatorId.write(writer, value.collator);
    else {
      writer.u8(VERSION_2);
      u16.write(writer, value.coreIndex);
      SessionIndex.write(writer, value.sessionIndex);
      writer.raw(RESERVED_1);
    }
    Hash.write(writer, value.persistedValidationDataHash);
    Hash.write(writer, value.povHash);
    Hash.write(writer, value.erasureRoot);
    if (value.version === 1) CollatorSignature.write(writer, value.signature);
    else writer.raw(RESERVED_2);
    Hash.write(writer, value.paraHead);
    ValidationCodeHash.write(writer, value.validationCodeHash);
    assert(
      value.version === 2 || reservedIsUsed(writer.target, start),
      "a version 1 descriptor without collator and signature would be read as version 2",
    );
  },
  read: (reader) => {
    const start = reader.offset;
    if (reader.remaining < SIZE_BYTES) reader.take(SIZE_BYTES);
    if (reservedIsUsed(reader.bytes, start))
      return {
        version: 1,
        paraId: ParaId.read(reader),
        relayParent: Hash.read(reader),
        collator: CollatorId.read(reader),
        persistedValidationDataHash: Hash.read(reader),
        povHash: Hash.read(reader),
        erasureRoot: Hash.read(reader),
        signature: CollatorSignature.read(reader),
        paraHead: Hash.read(reader),
        validationCodeHash: ValidationCodeHash.read(reader),
      };
    const version = reader.bytes[start + VERSION_AT];
    if (version !== VERSION_2)
      throw new DecodeError("badVariant", start + VERSION_AT, `descriptor version ${version}`);
    const fields = layout.read(reader);
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

/**
 * Extrinsics as our runtime knows them: bare ones (inherents, and unsigned transactions that prove
 * themselves) and signed ones. What a signer adds and signs follows Polkadot's order of extensions:
 * CheckNonZeroSender, CheckSpecVersion, CheckTxVersion, CheckGenesis, CheckMortality, CheckNonce,
 * CheckWeight, ChargeTransactionPayment, CheckMetadataHash.
 *
 * Reference: json-rpc-and-metadata.md 9, consensus-and-sync.md 1.4.
 */
import { concatBytes, err, ok, type Result } from "@parahost/base";
import { blake2b256 } from "@parahost/crypto";
import {
  BARE_V4,
  BARE_V5,
  Era,
  Hash,
  MultiAddress,
  MultiSignature,
  type OpaqueExtrinsic,
  SIGNED_V4,
} from "@parahost/primitives";
import {
  compactU32,
  compactU128,
  DecodeError,
  type DecodeFailure,
  encode,
  fixedBytes,
  option,
  Reader,
  struct,
  u32,
  type ValueOf,
  variant,
} from "@parahost/scale";
import { type AnyRuntimeCall, RuntimeCall } from "../framework/index.ts";

/** Whether the signer also signed a hash of the metadata; this runtime publishes none. */
export const MetadataHashMode = variant({ disabled: 0, enabled: 1 }, [
  "frame_metadata_hash_extension",
  "Mode",
]);

/** What the extensions put into the transaction. */
export const SignedExtra = struct({
  era: Era,
  nonce: compactU32,
  tip: compactU128,
  metadataHash: MetadataHashMode,
});
export type SignedExtra = ValueOf<typeof SignedExtra>;

/** What the extensions have signed without putting it into the transaction. */
export const SignedImplicit = struct({
  specVersion: u32,
  transactionVersion: u32,
  genesisHash: Hash,
  /** Of the block at which the era begins; genesis for immortal transactions. */
  birthHash: Hash,
  metadataHash: option(fixedBytes(32)),
});
export type SignedImplicit = ValueOf<typeof SignedImplicit>;

/** Longer payloads are signed by their hash. */
const PAYLOAD_SIZE_MAX_BYTES = 256;

/** The bytes under the signature of a transaction. */
export function signingPayload(
  encodedCall: Uint8Array,
  encodedExtra: Uint8Array,
  implicit: SignedImplicit,
): Uint8Array {
  const payload = concatBytes(encodedCall, encodedExtra, encode(SignedImplicit, implicit));
  return payload.length > PAYLOAD_SIZE_MAX_BYTES ? blake2b256(payload) : payload;
}

export interface SignedExtrinsic {
  readonly type: "signed";
  readonly address: MultiAddress;
  readonly signature: MultiSignature;
  readonly extra: SignedExtra;
  readonly call: AnyRuntimeCall;
  /** As they stand in the extrinsic: what was signed. */
  readonly encodedExtra: Uint8Array;
  readonly encodedCall: Uint8Array;
}

export interface BareExtrinsic {
  readonly type: "bare";
  readonly call: AnyRuntimeCall;
}

export type Extrinsic = SignedExtrinsic | BareExtrinsic;

export type ExtrinsicDecodeError =
  | { readonly code: "unknownExtrinsicFormat"; readonly firstByte: number | undefined }
  | { readonly code: "undecodableExtrinsic"; readonly failure: DecodeFailure };

/** Takes an extrinsic (without its length prefix) apart; every byte must be accounted for. */
export function decodeExtrinsic(bytes: OpaqueExtrinsic): Result<Extrinsic, ExtrinsicDecodeError> {
  const firstByte = bytes[0];
  try {
    switch (firstByte) {
      case BARE_V4:
      case BARE_V5:
        return ok({ type: "bare", call: readCall(new Reader(bytes.subarray(1))) });
      case SIGNED_V4:
        return ok(readSigned(bytes.subarray(1)));
      default:
        return err({ code: "unknownExtrinsicFormat", firstByte });
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { code, offset, message } = error;
    return err({ code: "undecodableExtrinsic", failure: { code, offset, message } });
  }
}

function readSigned(body: Uint8Array): SignedExtrinsic {
  const reader = new Reader(body);
  const address = MultiAddress.read(reader);
  const signature = MultiSignature.read(reader);
  const extraStart = reader.offset;
  const extra = SignedExtra.read(reader);
  const callStart = reader.offset;
  const call = readCall(reader);
  return {
    type: "signed",
    address,
    signature,
    extra,
    call,
    encodedExtra: body.subarray(extraStart, callStart),
    encodedCall: body.subarray(callStart),
  };
}

/** The call is the last thing in an extrinsic. */
function readCall(reader: Reader): AnyRuntimeCall {
  const call = RuntimeCall.read(reader);
  if (reader.remaining > 0)
    throw new DecodeError("trailingBytes", reader.offset, `${reader.remaining} bytes left over`);
  return call;
}

/** An inherent, or an unsigned transaction. */
export function encodeBare(call: AnyRuntimeCall): OpaqueExtrinsic {
  return concatBytes(new Uint8Array([BARE_V4]), encode(RuntimeCall, call));
}

/**
 * Bytes of an extrinsic in a block, the length before it among them: what limits count and fees charge
 * for, as in Polkadot.
 */
export function encodedLength({ length }: OpaqueExtrinsic): number {
  const prefix = length < 1 << 6 ? 1 : length < 1 << 14 ? 2 : 4;
  return prefix + length;
}

export function encodeSigned(
  address: MultiAddress,
  signature: MultiSignature,
  encodedExtra: Uint8Array,
  encodedCall: Uint8Array,
): OpaqueExtrinsic {
  return concatBytes(
    new Uint8Array([SIGNED_V4]),
    encode(MultiAddress, address),
    encode(MultiSignature, signature),
    encodedExtra,
    encodedCall,
  );
}

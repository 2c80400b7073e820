/**
 * Child keys of sr25519 keys. A hard child can be derived only by who knows the secret; a soft child's
 * public key also from the parent's public key.
 *
 * Source: schnorrkel `derive.rs` (SchnorrRistrettoHDKD).
 */
import { assert, bytesToHex, concatBytes, EMPTY_BYTES, type Hex, hexToBytes } from "@parahost/base";
import { addPoints, encodePoint, multipleOfBase } from "./ristretto.ts";
import { encodeScalar, reduceScalar, scalarFromWideBytes } from "./scalar.ts";
import {
  type Sr25519Pair,
  secretNonceSeed,
  secretScalar,
  sr25519PairFromSecret,
  sr25519PairFromSeed,
  sr25519Point,
} from "./sr25519.ts";
import { Transcript } from "./transcript.ts";

function derivationTranscript(chainCode: Uint8Array): Transcript {
  assert(chainCode.length === 32, `a chain code has 32 bytes, not ${chainCode.length}`);
  const transcript = new Transcript("SchnorrRistrettoHDKD");
  transcript.appendMessage("sign-bytes", EMPTY_BYTES);
  transcript.appendMessage("chain-code", chainCode);
  return transcript;
}

/** The hard child for a 32-byte chain code. */
export const sr25519HardChild = (pair: Sr25519Pair, chainCode: Uint8Array): Sr25519Pair =>
  sr25519PairFromSeed(sr25519HardChildSeed(pair, chainCode));

/** The 32-byte seed of the hard child. */
export function sr25519HardChildSeed(pair: Sr25519Pair, chainCode: Uint8Array): Uint8Array {
  const transcript = derivationTranscript(chainCode);
  transcript.appendMessage("secret-key", encodeScalar(secretScalar(pair.secret)));
  return transcript.challengeBytes("HDKD-hard", 32);
}

/** The soft child for a 32-byte chain code. Its nonce seed is derived, where schnorrkel draws one. */
export function sr25519SoftChild(pair: Sr25519Pair, chainCode: Uint8Array): Sr25519Pair {
  const transcript = derivationTranscript(chainCode);
  transcript.appendMessage("public-key", hexToBytes(pair.publicKey));
  const nonceSeed = secretNonceSeed(pair, transcript);
  const offset = scalarFromWideBytes(transcript.challengeBytes("HDKD-scalar", 64));
  const scalar = reduceScalar(secretScalar(pair.secret) + offset);
  return sr25519PairFromSecret(concatBytes(encodeScalar(scalar << 3n), nonceSeed));
}

/** The public key of the soft child, from the parent's; `undefined` when that is no good key. */
export function sr25519SoftChildPublicKey(publicKey: Hex, chainCode: Uint8Array): Hex | undefined {
  const parent = sr25519Point(publicKey);
  if (parent === undefined) return undefined;
  const transcript = derivationTranscript(chainCode);
  transcript.appendMessage("public-key", hexToBytes(publicKey));
  const offset = scalarFromWideBytes(transcript.challengeBytes("HDKD-scalar", 64));
  return bytesToHex(encodePoint(addPoints(parent, multipleOfBase(offset))));
}

/**
 * The verifiable random function of sr25519 keys, over any Merlin transcript. BABE slot claims and
 * approval assignments are such: a value that only the holder of the key can compute, that is fixed by
 * key and input, and that everybody can check.
 *
 * Byte compatible with schnorrkel as Polkadot uses it: the public key enters the proof's transcript
 * after the commitments ("kusama" order). Passed transcripts are read, never changed.
 *
 * Reference: consensus-and-sync.md 3.4, node-side.md 2.2.
 */
import { asciiBytes, type Hex, hexToBytes } from "@parahost/base";
import { kernel } from "./kernel.ts";
import {
  encodePoints,
  multipleOfBase,
  multiplyBySecret,
  type Point,
  pointFromUniformBytes,
} from "./ristretto.ts";
import { encodeScalar, reduceScalar, scalarFromWideBytes } from "./scalar.ts";
import { type Sr25519Pair, secretNonce, secretScalar } from "./sr25519.ts";
import { Transcript } from "./transcript.ts";

/** What is published: on the wire `preOutput` then `proof`, 96 bytes. */
export interface VrfSignature {
  /** The output point, 32 bytes. */
  readonly preOutput: Uint8Array;
  /** Challenge then response, 32 bytes each. */
  readonly proof: Uint8Array;
}

/** Input and output point, encoded. Random bytes are made from it with `makeBytes`. */
export interface VrfInOut {
  readonly input: Uint8Array;
  readonly output: Uint8Array;
}

/** The point that `transcript` hashes to for this key. */
function inputPoint(publicKey: Hex, transcript: Transcript): Point {
  const hashed = transcript.clone();
  hashed.appendMessage("vrf-nm-pk", hexToBytes(publicKey));
  return pointFromUniformBytes(hashed.challengeBytes("VRFHash", 64));
}

/** The value for this transcript, without a proof: enough to see whether it wins a slot. */
export function vrfInOut(pair: Sr25519Pair, transcript: Transcript): VrfInOut {
  const input = inputPoint(pair.publicKey, transcript);
  const product = multiplyBySecret(input, secretScalar(pair.secret));
  const [encodedInput, output] = encodePoints(input, product);
  return { input: encodedInput, output };
}

/**
 * Value and proof for this transcript. `extra` is bound into the proof without influencing the value;
 * without it the proof is in the empty transcript named `VRF`.
 */
export function vrfSign(
  pair: Sr25519Pair,
  transcript: Transcript,
  extra: Transcript = BARE,
): VrfSignature {
  const key = secretScalar(pair.secret);
  const input = inputPoint(pair.publicKey, transcript);
  const [encodedInput, output] = encodePoints(input, multiplyBySecret(input, key));
  const proving = proofTranscript(extra, encodedInput);
  const nonce = secretNonce(pair, proving);
  const [nonceOfBase, nonceOfInput] = encodePoints(
    multipleOfBase(nonce),
    multiplyBySecret(input, nonce),
  );
  const challenge = proofChallenge(proving, {
    nonceOfBase,
    nonceOfInput,
    publicKey: hexToBytes(pair.publicKey),
    output,
  });
  const proof = new Uint8Array(64);
  proof.set(encodeScalar(challenge));
  proof.set(encodeScalar(reduceScalar(nonce - challenge * key)), 32);
  return { preOutput: output, proof };
}

/** A proof to be checked: that `signature` is the key's for this transcript. */
export interface VrfItem {
  readonly publicKey: Hex;
  readonly transcript: Transcript;
  readonly signature: VrfSignature;
  /** As in `vrfSign`. */
  readonly extra?: Transcript;
}

/** The value that `signature` proves for this key and transcript, or `undefined` if it proves none. */
export const vrfVerify = (
  publicKey: Hex,
  transcript: Transcript,
  signature: VrfSignature,
  extra?: Transcript,
): VrfInOut | undefined =>
  vrfVerifyAll([{ publicKey, transcript, signature, ...(extra && { extra }) }])[0];

/** As `vrfVerify` of each. */
export function vrfVerifyAll(items: readonly VrfItem[]): readonly (VrfInOut | undefined)[] {
  const claims = items.map(({ publicKey, transcript, signature, extra = BARE }) => ({
    publicKey,
    input: transcript.state(),
    proving: extra.state(),
    output: signature.preOutput,
    proof: signature.proof,
  }));
  return kernel.verifyVrfs(claims).map((input, i) => {
    const output = claims[i]?.output;
    return input === undefined || output === undefined ? undefined : { input, output };
  });
}

/** What a proof is in that binds nothing beside the value. */
const BARE = new Transcript("VRF");

/** The transcript of the proof that output/input and key/base have the same logarithm. */
function proofTranscript(extra: Transcript, input: Uint8Array): Transcript {
  const transcript = extra.clone();
  transcript.appendMessage("proto-name", asciiBytes("DLEQProof"));
  transcript.appendMessage("vrf:h", input);
  return transcript;
}

function proofChallenge(
  transcript: Transcript,
  said: {
    readonly nonceOfBase: Uint8Array;
    readonly nonceOfInput: Uint8Array;
    readonly publicKey: Uint8Array;
    readonly output: Uint8Array;
  },
): bigint {
  transcript.appendMessage("vrf:R=g^r", said.nonceOfBase);
  transcript.appendMessage("vrf:h^r", said.nonceOfInput);
  transcript.appendMessage("vrf:pk", said.publicKey);
  transcript.appendMessage("vrf:h^sk", said.output);
  return scalarFromWideBytes(transcript.challengeBytes("prove", 64));
}

/** `length` bytes that are random to everybody without the secret, one stream for each context. */
export function makeBytes(value: VrfInOut, context: string, length: number): Uint8Array {
  const transcript = RESULT.clone();
  transcript.appendMessage("", asciiBytes(context));
  transcript.appendMessage("vrf-in", value.input);
  transcript.appendMessage("vrf-out", value.output);
  return transcript.challengeBytes("", length);
}

const RESULT = new Transcript("VRFResult");

/**
 * The hot type of the relay chain, against scale-ts with codecs of the same shape. Ours gives hashes
 * as `0x` text, theirs as bytes.
 */
import assert from "node:assert/strict";
import { ParachainsInherentData } from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import {
  _void,
  Bytes,
  type Codec,
  compact,
  createCodec,
  createDecoder,
  Enum,
  Option,
  Struct,
  Tuple,
  u32,
  Vector,
} from "scale-ts";
import type { Bench } from "../../../test/bench.ts";
import { inherentSample } from "./inherent-sample.ts";

const PEER = "scale-ts 1.6.1";

const hash = Bytes(32);
const signature = Bytes(64);

/** scale-ts has no bit vectors: a compact number of bits, then the bytes. */
const bits: Codec<{ length: number; bytes: Uint8Array }> = createCodec(
  (value) => {
    const [length, joined] = [compact.enc(value.length), value.bytes];
    const encoded = new Uint8Array(length.length + joined.length);
    encoded.set(length);
    encoded.set(joined, length.length);
    return encoded;
  },
  createDecoder((input) => {
    const length = Number(compact.dec(input));
    return { length, bytes: Bytes(Math.ceil(length / 8)).dec(input) };
  }),
);

const engineData = Struct({ engine: Bytes(4), data: Bytes() });
const theirs = Struct({
  bitfields: Vector(Struct({ payload: bits, validatorIndex: u32, signature })),
  backedCandidates: Vector(
    Struct({
      candidate: Struct({
        descriptor: Struct({
          paraId: u32,
          relayParent: hash,
          collator: hash,
          persistedValidationDataHash: hash,
          povHash: hash,
          erasureRoot: hash,
          signature,
          paraHead: hash,
          validationCodeHash: hash,
        }),
        commitments: Struct({
          upwardMessages: Vector(Bytes()),
          horizontalMessages: Vector(Struct({ recipient: u32, data: Bytes() })),
          newValidationCode: Option(Bytes()),
          headData: Bytes(),
          processedDownwardMessages: u32,
          hrmpWatermark: u32,
        }),
      }),
      validityVotes: Vector(Enum({ implicit: signature, explicit: signature }, [1, 2])),
      validatorIndices: bits,
    }),
  ),
  disputes: Vector(
    Struct({
      candidateHash: hash,
      session: u32,
      statements: Vector(
        Tuple(
          Enum({
            valid: Enum({
              explicit: _void,
              backingSeconded: hash,
              backingValid: hash,
              approvalChecking: _void,
              approvalCheckingMultipleCandidates: Vector(hash),
            }),
            invalid: Enum({ explicit: _void }),
          }),
          u32,
          signature,
        ),
      ),
    }),
  ),
  parentHeader: Struct({
    parentHash: hash,
    number: compact,
    stateRoot: hash,
    extrinsicsRoot: hash,
    digest: Vector(
      Enum(
        {
          other: Bytes(),
          consensus: engineData,
          seal: engineData,
          preRuntime: engineData,
          runtimeEnvironmentUpdated: _void,
        },
        [0, 4, 5, 6, 8],
      ),
    ),
  }),
});

const sample = inherentSample();
const encoded = encode(ParachainsInherentData, sample);
const theirSample = theirs.dec(encoded);
const kib = Math.round(encoded.length / 1000);

function check(): void {
  assert.deepEqual(decode(ParachainsInherentData, encoded), sample);
  assert.deepEqual(theirs.enc(theirSample), encoded);
  assert.equal(theirSample.backedCandidates.length, sample.backedCandidates.length);
}

export const benches: Bench[] = [
  {
    name: `scale: decode a parachains inherent of ${kib} kB`,
    peer: PEER,
    ours: () => void decode(ParachainsInherentData, encoded),
    theirs: () => void theirs.dec(encoded),
    check,
  },
  {
    name: `scale: encode a parachains inherent of ${kib} kB`,
    peer: PEER,
    ours: () => void encode(ParachainsInherentData, sample),
    theirs: () => void theirs.enc(theirSample),
    check,
  },
];

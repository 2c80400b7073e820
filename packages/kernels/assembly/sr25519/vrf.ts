/**
 * Proofs of verifiable randomness, many at once: that the output O is the same multiple of the input I as the
 * key A is of the base point B.
 *
 * A proof (c, s) is true when c is the hash of I, R = s·B + c·A, R' = s·I + c·O, A and O. It comes without R and
 * R', which only its own hash could tell from wrong ones, so proofs cannot be summed up like signatures:
 * R and R' have to be computed, each for itself. What many share is the rest. Keys are kept with tables of
 * multiples; inputs and outputs go through roots two by two; and of R/2 and R'/2, which are as easy to get, the
 * doubles are encoded with one inversion for all. No answer depends on another proof.
 */
import { makeTables, sumOfMultiples, sumWithTables, TABLES } from "./multiply";
import { POINT } from "./point";
import {
  decodePoints, DOUBLES, DOUBLES_BYTES, encodeDoubles, encodePoints, isIdentity, pointFromUniform,
  prepareDoubles,
} from "./ristretto";
import { halveScalar, isCanonicalScalar, reduceWide } from "./scalar";
import { append, appendText, challenge, TRANSCRIPT } from "./transcript";

/** Proofs of one batch: enough that the inversion is nothing beside the rest. */
export const VRF_BATCH_MAX: i32 = 64;
/** Keys that are kept: those of two sessions of 1,000 validators. */
export const VRF_KEYS_MAX: i32 = 2048;

/** A key: its 32 bytes, and its tables. */
const KEY: usize = 32 + TABLES;

/** A claim: what the host writes, then what is made of it. */
const OUTPUT: usize = 0;
const CHALLENGE: usize = 32;
const RESPONSE: usize = 64;
/** The transcript that the input is drawn from, and the one that the proof is in. */
const DRAWING: usize = 96;
const PROVING: usize = DRAWING + TRANSCRIPT;
const CLAIM_KEY: usize = PROVING + TRANSCRIPT;
const VERDICT: usize = CLAIM_KEY + 4;
const INPUT: usize = CLAIM_KEY + 16;
const INPUT_POINT: usize = INPUT + 32;
const OUTPUT_POINT: usize = INPUT_POINT + POINT;
const COMMITMENTS: usize = OUTPUT_POINT + POINT;
const CLAIM: usize = COMMITMENTS + DOUBLES;

const KEYS = (__heap_base + 15) & ~15;
const CLAIMS: usize = KEYS + VRF_KEYS_MAX * KEY;
/** Addresses of the commitments of a batch. */
const LIST: usize = CLAIMS + VRF_BATCH_MAX * CLAIM;
/** The first address that is not in use here. */
export const VRF_END: usize = (LIST + 4 * VRF_BATCH_MAX + 15) & ~15;
memory.grow(((VRF_END + 0xffff) >>> 16) - memory.size());

// Keys

/** The 32 bytes of a key's encoding, to be written before `decodeVrfKeys`. */
export function vrfKey(index: i32): usize {
  return KEYS + index * KEY;
}

const FIRST = memory.data(160, 16);
const SECOND = memory.data(160, 16);

/** Decodes two keys, which may be the same. Bit 0 and 1 of the answer: whether they are keys. */
export function decodeVrfKeys(first: i32, second: i32): i32 {
  let valid = decodePoints(FIRST, SECOND, vrfKey(first), vrfKey(second));
  if (isIdentity(FIRST)) valid &= 2;
  if (isIdentity(SECOND)) valid &= 1;
  if ((valid & 1) != 0) makeTables(vrfKey(first) + 32, FIRST);
  if ((valid & 2) != 0 && first != second) makeTables(vrfKey(second) + 32, SECOND);
  return valid;
}

// Claims

/**
 * Makes claim `index` one of the key, and returns where its output, challenge and response (32 bytes each), the
 * input's transcript and the proof's are to be written.
 */
export function vrfClaim(index: i32, key: i32): usize {
  const claim = CLAIMS + index * CLAIM;
  store<u32>(claim, vrfKey(key), CLAIM_KEY);
  return claim;
}

/** Whether a decided claim is true. */
export function vrfVerdict(index: i32): bool {
  return load<u8>(CLAIMS + index * CLAIM, VERDICT) != 0;
}

/** Where the encoded input of a true claim is. */
export function vrfInput(index: i32): usize {
  return CLAIMS + index * CLAIM + INPUT;
}

/** Decides claims 0 to `count` - 1. */
export function decideVrfs(count: i32): void {
  for (let i = 0; i < count; i += 2) {
    const first = CLAIMS + i * CLAIM;
    readPoints(first, i + 1 < count ? first + CLAIM : first);
  }
  let plausible = 0;
  for (let i = 0; i < count; i++) {
    const claim = CLAIMS + i * CLAIM;
    if (load<u8>(claim, VERDICT) == 0) continue;
    commit(claim);
    store<u32>(LIST + 4 * plausible, claim + COMMITMENTS);
    plausible += 1;
  }
  encodeDoubles(LIST, plausible);
  for (let i = 0; i < count; i++) {
    const claim = CLAIMS + i * CLAIM;
    if (load<u8>(claim, VERDICT) != 0) store<u8>(claim, isHashed(claim) as u8, VERDICT);
  }
}

const WIDE = memory.data(64, 16);

/** Draws the inputs and decodes the outputs of two claims, which may be the same. */
function readPoints(first: usize, second: usize): void {
  drawInput(first);
  if (second != first) drawInput(second);
  encodePoints(first + INPUT, second + INPUT, first + INPUT_POINT, second + INPUT_POINT);
  const valid = decodePoints(
    first + OUTPUT_POINT, second + OUTPUT_POINT, first + OUTPUT, second + OUTPUT,
  );
  store<u8>(first, (isPlausible(first) && (valid & 1) != 0) as u8, VERDICT);
  if (second != first) store<u8>(second, (isPlausible(second) && (valid & 2) != 0) as u8, VERDICT);
}

function drawInput(claim: usize): void {
  append(claim + DRAWING, "vrf-nm-pk", load<u32>(claim, CLAIM_KEY), 32);
  challenge(claim + DRAWING, "VRFHash", WIDE, 64);
  pointFromUniform(claim + INPUT_POINT, WIDE);
}

function isPlausible(claim: usize): bool {
  return (
    isCanonicalScalar(claim + CHALLENGE) &&
    isCanonicalScalar(claim + RESPONSE) &&
    !isIdentity(claim + OUTPUT_POINT)
  );
}

const HALF_C = memory.data(32, 16);
const HALF_S = memory.data(32, 16);

/** Half of R and R'. */
function commit(claim: usize): void {
  halveScalar(HALF_C, claim + CHALLENGE);
  halveScalar(HALF_S, claim + RESPONSE);
  sumWithTables(FIRST, HALF_S, HALF_C, load<u32>(claim, CLAIM_KEY) + 32);
  sumOfMultiples(SECOND, HALF_S, claim + INPUT_POINT, HALF_C, claim + OUTPUT_POINT);
  prepareDoubles(claim + COMMITMENTS, FIRST, SECOND);
}

const EXPECTED = memory.data(32, 16);

/** Whether the challenge is the hash that it has to be. */
function isHashed(claim: usize): bool {
  const t = claim + PROVING;
  const commitments = claim + COMMITMENTS + DOUBLES_BYTES;
  appendText(t, "proto-name", "DLEQProof");
  append(t, "vrf:h", claim + INPUT, 32);
  append(t, "vrf:R=g^r", commitments, 32);
  append(t, "vrf:h^r", commitments + 32, 32);
  append(t, "vrf:pk", load<u32>(claim, CLAIM_KEY), 32);
  append(t, "vrf:h^sk", claim + OUTPUT, 32);
  challenge(t, "prove", WIDE, 64);
  reduceWide(EXPECTED, WIDE);
  return (
    load<u64>(EXPECTED) == load<u64>(claim, CHALLENGE) &&
    load<u64>(EXPECTED, 8) == load<u64>(claim, CHALLENGE + 8) &&
    load<u64>(EXPECTED, 16) == load<u64>(claim, CHALLENGE + 16) &&
    load<u64>(EXPECTED, 24) == load<u64>(claim, CHALLENGE + 24)
  );
}

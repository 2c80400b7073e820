/**
 * sr25519 signatures, checked one by one or many at once.
 *
 * A signature (R, s) of a message by the key A is true when s·B = R + c·A, where c is a hash of the
 * message, A and R. Of many, the sum of z·(s·B - R - c·A) is zero when all are true, and if one is false
 * then only for one in 2^128 coefficients z. It is one sum of multiples of points, at a third of the price.
 *
 * The coefficients come out of a hash of the whole batch: every key, R, s and c, and thereby every message.
 * Random ones would make answers depend on luck, and consensus on answers. Whoever chooses signatures so
 * that false ones cancel has to choose s last, and every change of s changes all coefficients: each try
 * costs a hash of the batch and succeeds with probability 2^-128, as with a Fiat-Shamir challenge. So the
 * answer of a batch is that of its claims checked one by one.
 */
import { TERM, TERM_ADDEND, TERM_POINT, TERM_SCALAR, sumOfTerms } from "./sum-of-multiples";
import { sumWithBase } from "./multiply";
import { BASE, POINT, toAddend } from "./point";
import { decodePoints, encodePoints, equalPoints, isIdentity } from "./ristretto";
import { isCanonicalScalar, multiplyAdd, negateScalar, reduceWide } from "./scalar";
import {
  absorb, append, appendText, begin, beginChallenge, beginMessage, challenge, squeeze, TRANSCRIPT,
} from "./transcript";
import { VRF_END } from "./vrf";

/** Claims of one batch. */
export const BATCH_MAX: i32 = 2048;
/** Keys that are kept decoded; more than a batch has, so that none is replaced that the batch needs. */
export const KEYS_MAX: i32 = 4096;

/** Below this, one sum costs more than checking one by one. */
const SUM_MIN: i32 = 5;
/** Sums that may fail before the rest is checked one by one: who forges many gets no more work out of us. */
const FAILURES_MAX: i32 = 12;

/**
 * A key is a term: its 32 bytes, its point, and the scalar that a batch sums up for it, followed by the
 * number of the sum that it was last part of.
 */
const KEY: usize = TERM + 16;
const KEY_SUM: usize = TERM;

/**
 * A claim is a term too: R's bytes and point, its coefficient; then s, c, the key's address and the
 * verdict.
 */
const CLAIM: usize = TERM + 80;
const CLAIM_S: usize = TERM;
const CLAIM_C: usize = TERM + 32;
const CLAIM_KEY: usize = TERM + 64;
const CLAIM_VERDICT: usize = TERM + 68;

const UNDECIDED: u8 = 2;

const KEYS = VRF_END;
const CLAIMS: usize = KEYS + KEYS_MAX * KEY;
const LONGS: usize = CLAIMS + BATCH_MAX * CLAIM;
const SHORTS: usize = LONGS + 4 * (BATCH_MAX + 1);
/** Where the host writes a claim, signature first and then the message: from here to the end of memory. */
export const INPUT: usize = (SHORTS + 4 * BATCH_MAX + 15) & ~15;
memory.grow(((INPUT + 0xffff) >>> 16) - memory.size() + 1);

/** The 32 bytes of a key's encoding, to be written before `decodeKeys`. */
export function keyAddress(index: i32): usize {
  return KEYS + index * KEY;
}

/** The address of a key's point. */
export function keyPoint(index: i32): usize {
  return keyAddress(index) + TERM_POINT;
}

/**
 * Decodes two keys, which may be the same. Bit 0 and 1 of the answer: whether they are keys, that is
 * points other than the identity.
 */
export function decodeKeys(first: i32, second: i32): i32 {
  const a = keyAddress(first);
  const b = keyAddress(second);
  let valid = decodePoints(a + TERM_POINT, b + TERM_POINT, a, b);
  if (isIdentity(a + TERM_POINT)) valid &= 2;
  if (isIdentity(b + TERM_POINT)) valid &= 1;
  toAddend(a + TERM_ADDEND, a + TERM_POINT);
  toAddend(b + TERM_ADDEND, b + TERM_POINT);
  store<u32>(a, 0, KEY_SUM);
  store<u32>(b, 0, KEY_SUM);
  return valid;
}

/** What every signature's transcript begins with. */
const SIGNING = memory.data(208, 16);
begin(SIGNING, "SigningContext");
appendText(SIGNING, "", "substrate");

const HEARD = memory.data(208, 16);
const WIDE = memory.data(64, 16);

/** The claim as number `index` of the batch; the signature and a message of `length` bytes are at `INPUT`. */
export function setClaim(index: i32, key: i32, length: i32): void {
  const claim = CLAIMS + index * CLAIM;
  const address = keyAddress(key);
  memory.copy(claim, INPUT, 32);
  memory.copy(claim + CLAIM_S, INPUT + 32, 32);
  store<u32>(claim, address, CLAIM_KEY);
  const isMarked = (load<u8>(claim, CLAIM_S + 31) & 0x80) != 0;
  store<u8>(claim, load<u8>(claim, CLAIM_S + 31) & 0x7f, CLAIM_S + 31);
  const isPlausible = isMarked && isCanonicalScalar(claim + CLAIM_S);
  store<u8>(claim, isPlausible ? UNDECIDED : 0, CLAIM_VERDICT);
  if (!isPlausible) return;
  memory.copy(HEARD, SIGNING, TRANSCRIPT);
  append(HEARD, "sign-bytes", INPUT + 64, length);
  appendText(HEARD, "proto-name", "Schnorr-sig");
  append(HEARD, "sign:pk", address, 32);
  append(HEARD, "sign:R", claim, 32);
  challenge(HEARD, "sign:c", WIDE, 64);
  reduceWide(claim + CLAIM_C, WIDE);
}

/** Whether the claim of this number is true, by itself. */
export function isTrue(index: i32): bool {
  const claim = CLAIMS + index * CLAIM;
  if (load<u8>(claim, CLAIM_VERDICT) == 0) return false;
  expectedCommitment(claim);
  encodePoints(WIDE, WIDE, EXPECTED, EXPECTED);
  return (
    load<u64>(WIDE) == load<u64>(claim) &&
    load<u64>(WIDE, 8) == load<u64>(claim, 8) &&
    load<u64>(WIDE, 16) == load<u64>(claim, 16) &&
    load<u64>(WIDE, 24) == load<u64>(claim, 24)
  );
}

const EXPECTED = memory.data(160, 16);
const MINUS_C = memory.data(32, 16);

/** s·B - c·A. */
function expectedCommitment(claim: usize): void {
  negateScalar(MINUS_C, claim + CLAIM_C);
  sumWithBase(EXPECTED, claim + CLAIM_S, MINUS_C, load<u32>(claim, CLAIM_KEY) + TERM_POINT);
}

/** Sums of the present batch that were not zero. */
let failures = 0;

/** Sums of the last batch that were not zero: none if its claims were true. */
export function failedSums(): i32 {
  return failures;
}

/** Decides claims 0 to `count` - 1; `verdict` tells. */
export function decide(count: i32): void {
  for (let i = 0; i < count; i += 2) {
    const first = CLAIMS + i * CLAIM;
    const second = i + 1 < count ? first + CLAIM : first;
    const valid = decodePoints(first + TERM_POINT, second + TERM_POINT, first, second);
    if ((valid & 1) == 0) store<u8>(first, 0, CLAIM_VERDICT);
    if ((valid & 2) == 0) store<u8>(second, 0, CLAIM_VERDICT);
    toAddend(first + TERM_ADDEND, first + TERM_POINT);
    toAddend(second + TERM_ADDEND, second + TERM_POINT);
  }
  failures = 0;
  decideRange(0, count);
}

/** Whether a decided claim is true. */
export function verdict(index: i32): bool {
  return load<u8>(CLAIMS + index * CLAIM, CLAIM_VERDICT) == 1;
}

/** Halves the range until a half is true as a whole, or short. */
function decideRange(start: i32, end: i32): void {
  if (end - start < SUM_MIN || failures >= FAILURES_MAX) {
    for (let i = start; i < end; i++) decideOne(CLAIMS + i * CLAIM);
  } else if (sumIsZero(start, end)) {
    for (let i = start; i < end; i++) {
      const claim = CLAIMS + i * CLAIM;
      if (load<u8>(claim, CLAIM_VERDICT) == UNDECIDED) store<u8>(claim, 1, CLAIM_VERDICT);
    }
  } else {
    failures += 1;
    const middle = (start + end) >> 1;
    decideRange(start, middle);
    decideRange(middle, end);
  }
}

function decideOne(claim: usize): void {
  if (load<u8>(claim, CLAIM_VERDICT) != UNDECIDED) return;
  expectedCommitment(claim);
  store<u8>(claim, equalPoints(EXPECTED, claim + TERM_POINT) as u8, CLAIM_VERDICT);
}

/** Counts sums, so that a key knows whether it is already part of the present one. */
let sums: u32 = 0;

const BASE_TERM = memory.data(400, 16);
memory.copy(BASE_TERM + TERM_POINT, BASE, POINT);
toAddend(BASE_TERM + TERM_ADDEND, BASE);

/** Whether the weighted sum over the undecided claims of a range is zero. */
function sumIsZero(start: i32, end: i32): bool {
  beginCoefficients(start, end);
  sums += 1;
  let longs = 1;
  let shorts = 0;
  const ofBase = BASE_TERM + TERM_SCALAR;
  memory.fill(ofBase, 0, 32);
  store<u32>(LONGS, BASE_TERM);
  for (let i = start; i < end; i++) {
    const claim = CLAIMS + i * CLAIM;
    if (load<u8>(claim, CLAIM_VERDICT) != UNDECIDED) continue;
    const coefficient = claim + TERM_SCALAR;
    squeeze(HEARD, coefficient, 16);
    store<u64>(coefficient, 0, 16);
    store<u64>(coefficient, 0, 24);
    store<u32>(SHORTS + 4 * shorts, claim);
    shorts += 1;

    const key = load<u32>(claim, CLAIM_KEY);
    if (load<u32>(key, KEY_SUM) != sums) {
      store<u32>(key, sums, KEY_SUM);
      memory.fill(key + TERM_SCALAR, 0, 32);
      store<u32>(LONGS + 4 * longs, key);
      longs += 1;
    }
    multiplyAdd(key + TERM_SCALAR, coefficient, claim + CLAIM_C, key + TERM_SCALAR);
    multiplyAdd(ofBase, coefficient, claim + CLAIM_S, ofBase);
  }
  negateScalar(ofBase, ofBase);
  sumOfTerms(EXPECTED, LONGS, longs, SHORTS, shorts);
  return isIdentity(EXPECTED);
}

/** Makes `HEARD` the stream out of which the undecided claims of a range take 16 bytes each. */
function beginCoefficients(start: i32, end: i32): void {
  let count = 0;
  for (let i = start; i < end; i++)
    if (load<u8>(CLAIMS + i * CLAIM, CLAIM_VERDICT) == UNDECIDED) count += 1;
  begin(HEARD, "batch of sr25519 signatures");
  beginMessage(HEARD, "claims", 128 * count);
  for (let i = start; i < end; i++) {
    const claim = CLAIMS + i * CLAIM;
    if (load<u8>(claim, CLAIM_VERDICT) != UNDECIDED) continue;
    absorb(HEARD, load<u32>(claim, CLAIM_KEY), 32);
    absorb(HEARD, claim, 32);
    absorb(HEARD, claim + CLAIM_S, 64);
  }
  beginChallenge(HEARD, "coefficients", 16 * count);
}

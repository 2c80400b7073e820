/** What the host calls: addresses are offsets in memory, points are in the kernel's own form of 160 bytes. */
export { isFused } from "./field";
export { keccakF1600 } from "./keccak";
export { multiplyBaseSecret, multiplySecret, sumOfMultiples, sumWithBase } from "./multiply";
export { addPoints, negatePoint } from "./point";
export { decodePoints, encodePoints, isIdentity, pointFromUniform } from "./ristretto";
export {
  BATCH_MAX, decide, decodeKeys, failedSums, INPUT, isTrue, keyAddress, keyPoint, KEYS_MAX, setClaim, verdict,
} from "./batch";
export {
  decideVrfs, decodeVrfKeys, VRF_BATCH_MAX, VRF_KEYS_MAX, vrfClaim, vrfInput, vrfKey, vrfVerdict,
} from "./vrf";

/** Eight points, and 1024 bytes, for arguments and results. */
export const POINTS = memory.data(8 * 160, 16);
export const BYTES = memory.data(1024, 16);

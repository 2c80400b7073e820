/**
 * The error locator Λ(x) = ∏ (x + e) over all missing points e, at every point at once.
 *
 * In logarithms the product is a sum over e of LOG[x xor e]: a convolution over xor, which two
 * Walsh–Hadamard transforms turn into a pointwise product. All arithmetic is modulo 65,535, where
 * 65,535 itself is a second zero.
 */
import { LOG, ORDER } from "./field.ts";

function fold(value: number): number {
  return (value & ORDER) + (value >>> 16);
}

function walshHadamard(values: Uint32Array): void {
  for (let half = 1; half < values.length; half <<= 1) {
    for (let block = 0; block < values.length; block += 2 * half) {
      for (let i = block; i < block + half; i++) {
        const left = values[i] as number;
        const right = values[i + half] as number;
        values[i] = fold(left + right);
        values[i + half] = fold(left + ORDER - right);
      }
    }
  }
}

/**
 * `log Λ(x)` for the points `0..missing.length-1`, a power of two of them; at a missing point the
 * factor that vanishes is left out, which makes it `log Λ'(x)`.
 *
 * @param missing 1 for every missing point, 0 for the others
 */
export function locatorLogs(missing: Uint8Array): Uint32Array {
  const size = missing.length;
  const sums = Uint32Array.from(missing);
  const logs = new Uint32Array(size);
  for (let x = 1; x < size; x++) logs[x] = LOG[x] as number;
  walshHadamard(sums);
  walshHadamard(logs);
  for (let i = 0; i < size; i++) sums[i] = ((sums[i] as number) * (logs[i] as number)) % ORDER;
  walshHadamard(sums);
  // The transform is its own inverse up to the size 2^m, whose reciprocal is 2^(16-m).
  const reciprocal = 65_536 / size;
  for (let i = 0; i < size; i++) sums[i] = ((sums[i] as number) * reciprocal) % ORDER;
  return sums;
}

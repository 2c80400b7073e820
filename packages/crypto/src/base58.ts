/** Base58 as Bitcoin writes it: big-endian digits, one leading `1` for every leading zero byte. */

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const VALUE_OF_DIGIT: ReadonlyMap<string, number> = new Map(
  Array.from(ALPHABET, (digit, value) => [digit, value]),
);

/** `digits` of base `from`, most significant first, in base `to`; leading zeros stay as many. */
function convert(digits: Iterable<number>, from: number, to: number): number[] {
  const converted: number[] = [];
  let zeros = 0;
  for (const digit of digits) {
    if (digit === 0 && converted.length === 0) zeros += 1;
    let carry = digit;
    for (let i = 0; i < converted.length; i++) {
      carry += (converted[i] as number) * from;
      converted[i] = carry % to;
      carry = Math.floor(carry / to);
    }
    for (; carry > 0; carry = Math.floor(carry / to)) converted.push(carry % to);
  }
  for (; zeros > 0; zeros--) converted.push(0);
  return converted.reverse();
}

export const encodeBase58 = (bytes: Uint8Array): string =>
  convert(bytes, 256, 58)
    .map((digit) => ALPHABET.charAt(digit))
    .join("");

/** `undefined` when a character is not of the alphabet. Takes time quadratic in the length. */
export function decodeBase58(text: string): Uint8Array | undefined {
  const digits: number[] = [];
  for (const character of text) {
    const digit = VALUE_OF_DIGIT.get(character);
    if (digit === undefined) return undefined;
    digits.push(digit);
  }
  return new Uint8Array(convert(digits, 58, 256));
}

/** Values of flags: what is wrong with one is said in one line, and the exit code is 2. */
import { pairFromUri, type Sr25519Pair, sr25519PairFromUri } from "@parahost/crypto";
import { InvalidArgumentError } from "commander";

/** A whole number from `min` to `max`. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    return value;
  };

/** Milliseconds of a slot, of which a chain's genesis takes whole halves of a second. */
export function slotDuration(text: string): number {
  const value = wholeNumber(500, 60_000)(text);
  if (value % 500 !== 0) throw new InvalidArgumentError("It must be a multiple of 500.");
  return value;
}

/** A share from 0 to 1. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < 1))
    throw new InvalidArgumentError("It must be a number from 0 up to, but not, 1.");
  return value;
}

/** An amount of tokens: a whole number of any size. */
export function amount(text: string): bigint {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return BigInt(text);
}

/** Wrong usage whose message does not repeat what was given: it may be a secret with a slip of the pen. */
export class BadSecret extends Error {}

/** The key of an account that is to sign. */
export function secretUri(text: string): Sr25519Pair {
  const pair = sr25519PairFromUri(text);
  if (!pair.ok) throw new BadSecret("what was given is no secret URI such as //Ferdie");
  return pair.value;
}

/** A secret URI of which keys of all schemes can be made. */
export function secretOfKeys(text: string): string {
  const schemes = ["sr25519", "ed25519"] as const;
  if (!schemes.every((scheme) => pairFromUri(scheme, text).ok))
    throw new BadSecret("what was given is no secret URI with hard junctions such as //Alice//2");
  return text;
}

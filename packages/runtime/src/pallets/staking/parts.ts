/** Parts of a whole. */
import type { Percent } from "./storage.ts";

/** All of something, as a `Perbill`. */
export const WHOLE = 1_000_000_000;

/** The nearest whole number to this part of `count`; the lesser of two that are as near. */
export const percentOf = (part: Percent, count: number): number =>
  Math.floor((part * count + 49) / 100);

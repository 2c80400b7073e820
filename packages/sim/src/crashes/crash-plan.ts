/**
 * Where and how a machine crashes next: of all places that write, and of all ways in which a disk may be left
 * behind, those come first that were tried least.
 *
 * Bound: an entry for each place in the code that writes, in each way.
 */
import { type Random, randomBelow } from "@parahost/base";
import {
  CRASH_KINDS,
  type Crash,
  type CrashMoment,
} from "@parahost/storage/testing/crashing-store";

const MOMENTS: readonly CrashMoment[] = ["before", "during", "after"];
/** One of so many writes is crashed at although another place was crashed at less. */
const IMPATIENCE = 64;

export class CrashPlan {
  readonly #random: Random;
  readonly #crashes = new Map<string, Crash[]>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Crashes that were planned at each place that was seen. */
  get places(): ReadonlyMap<string, readonly Crash[]> {
    return this.#crashes;
  }

  /** Crashes that were planned at this place; from now on it is known. */
  at(place: string): readonly Crash[] {
    return this.#at(place);
  }

  /** How the machine crashes as it writes at this place, if it does: places that were crashed at least come first. */
  next(place: string): Crash | undefined {
    const own = this.#at(place);
    const least = Math.min(...[...this.#crashes.values()].map(({ length }) => length));
    // A place that is seldom written to is not waited for for ever.
    if (own.length > least && randomBelow(this.#random, IMPATIENCE) !== 0) return undefined;
    const crash = {
      kind: this.#rarest(CRASH_KINDS, (kind) => own.filter((one) => one.kind === kind).length),
      moment: this.#rarest(MOMENTS, (moment) => own.filter((one) => one.moment === moment).length),
    };
    own.push(crash);
    return crash;
  }

  #at(place: string): Crash[] {
    const known = this.#crashes.get(place) ?? [];
    this.#crashes.set(place, known);
    return known;
  }

  #rarest<T>(all: readonly T[], countOf: (one: T) => number): T {
    const least = Math.min(...all.map(countOf));
    const rarest = all.filter((one) => countOf(one) === least);
    return rarest[randomBelow(this.#random, rarest.length)] as T;
  }
}

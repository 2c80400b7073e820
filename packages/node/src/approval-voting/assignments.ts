/** Who is known to check a candidate, since when, by tranche. Node-side reference, 5.21. */
import type { ValidatorIndex } from "@parahost/primitives";
import type { Tranche } from "../approval-criteria/criteria.ts";
import type { Tick } from "../approval-criteria/ticks.ts";

export interface TrancheAssignment {
  readonly validator: ValidatorIndex;
  /** When we learnt of it. */
  readonly tick: Tick;
}

export interface TrancheEntry {
  readonly tranche: Tranche;
  readonly assignments: readonly TrancheAssignment[];
}

/** At most one assignment for each validator. */
export class Assignments {
  /** Ascending, none empty. */
  readonly #tranches: { readonly tranche: Tranche; readonly assignments: TrancheAssignment[] }[] =
    [];
  readonly #validators = new Set<ValidatorIndex>();

  get tranches(): readonly TrancheEntry[] {
    return this.#tranches;
  }

  get count(): number {
    return this.#validators.size;
  }

  has(validator: ValidatorIndex): boolean {
    return this.#validators.has(validator);
  }

  /** False when the validator is assigned already. */
  add(tranche: Tranche, validator: ValidatorIndex, tick: Tick): boolean {
    if (this.#validators.has(validator)) return false;
    this.#validators.add(validator);
    let place = this.#tranches.findIndex((entry) => entry.tranche >= tranche);
    if (place === -1) place = this.#tranches.length;
    let entry = this.#tranches[place];
    if (entry?.tranche !== tranche) {
      entry = { tranche, assignments: [] };
      this.#tranches.splice(place, 0, entry);
    }
    entry.assignments.push({ validator, tick });
    return true;
  }

  /** Validators of all tranches up to and including this one. */
  upTo(tranche: Tranche): readonly ValidatorIndex[] {
    return this.#tranches
      .filter((entry) => entry.tranche <= tranche)
      .flatMap(({ assignments }) => assignments.map(({ validator }) => validator));
  }
}

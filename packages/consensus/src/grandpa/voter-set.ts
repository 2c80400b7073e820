/** Who votes in an authority set, with what weight, and how much weight decides. Reference: consensus 4.1. */
import type { GrandpaAuthority, GrandpaId } from "@parahost/primitives";
import { supermajority } from "@parahost/primitives";

export interface Voter {
  readonly id: GrandpaId;
  readonly weight: number;
  /** Position in the set; the primary of a round is found by it. */
  readonly index: number;
}

export class VoterSet {
  readonly voters: readonly Voter[];
  readonly totalWeight: number;
  /** Weight that decides: what is left of all when the tolerated faults are taken off. */
  readonly threshold: number;
  readonly #byId: ReadonlyMap<GrandpaId, Voter>;

  private constructor(voters: readonly Voter[], totalWeight: number) {
    this.voters = voters;
    this.totalWeight = totalWeight;
    this.threshold = supermajority(totalWeight);
    this.#byId = new Map(voters.map((voter) => [voter.id, voter]));
  }

  /**
   * The set of these authorities. One listed twice votes once with the weight of both; weight zero is
   * left out. `undefined` when nobody remains or the weights exceed what can be counted exactly.
   */
  static from(authorities: readonly GrandpaAuthority[]): VoterSet | undefined {
    const weights = new Map<GrandpaId, number>();
    let totalWeight = 0;
    for (const { id, weight } of authorities) {
      if (weight === 0) continue;
      weights.set(id, (weights.get(id) ?? 0) + weight);
      totalWeight += weight;
    }
    if (weights.size === 0 || !Number.isSafeInteger(totalWeight)) return undefined;
    const voters = [...weights].map(([id, weight], index) => ({ id, weight, index }));
    return new VoterSet(voters, totalWeight);
  }

  get size(): number {
    return this.voters.length;
  }

  /** Weight of voters that may be faulty without harm. */
  get faultyWeightMax(): number {
    return this.totalWeight - this.threshold;
  }

  voter(id: GrandpaId): Voter | undefined {
    return this.#byId.get(id);
  }

  /** Who proposes in this round. */
  primary(round: number): Voter {
    return this.voters[round % this.voters.length] as Voter;
  }
}

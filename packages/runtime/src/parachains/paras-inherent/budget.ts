/**
 * How much one block's parachain inherent may hold, and what an author leaves out when there is more:
 * chance decides, except that candidates with new code come first, as they are large and would hardly
 * ever fit otherwise. Disputes come before all else.
 *
 * Reference: 4.6 (weight limit; budget by bytes and signature count).
 */
import {
  BackedCandidate,
  ChaChaStream,
  DisputeStatementSet,
  type ParachainsInherentData,
  UncheckedSignedAvailabilityBitfield,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";

export interface Cost {
  readonly bytes: number;
  /** Signatures that every importer has to verify. */
  readonly signatures: number;
}

/**
 * Nine tenths of a block's length: the rest is for the other mandatory extrinsics and urgent calls.
 * Signatures: what a slow importer verifies in half of the two seconds it has, at 100 µs each.
 */
export const INHERENT_BUDGET: Cost = {
  bytes: Math.floor(5 * 1024 * 1024 * 0.9),
  signatures: 10_000,
};

const sum = (costs: readonly Cost[]): Cost => ({
  bytes: costs.reduce((total, { bytes }) => total + bytes, 0),
  signatures: costs.reduce((total, { signatures }) => total + signatures, 0),
});

export const fits = (cost: Cost, budget: Cost): boolean =>
  cost.bytes <= budget.bytes && cost.signatures <= budget.signatures;

export const bitfieldCost = (bitfield: UncheckedSignedAvailabilityBitfield): Cost => ({
  bytes: encode(UncheckedSignedAvailabilityBitfield, bitfield).length,
  signatures: 1,
});

/** The votes, and the collator's signature where a claim asks for it. */
export const candidateCost = (backed: BackedCandidate): Cost => ({
  bytes: encode(BackedCandidate, backed).length,
  signatures: backed.validityVotes.length + 1,
});

export const disputeCost = (set: DisputeStatementSet): Cost => ({
  bytes: encode(DisputeStatementSet, set).length,
  signatures: set.statements.length,
});

export const inherentCost = ({
  bitfields,
  backedCandidates,
  disputes = [],
}: Pick<ParachainsInherentData, "bitfields" | "backedCandidates"> &
  Partial<Pick<ParachainsInherentData, "disputes">>): Cost =>
  sum([
    ...disputes.map(disputeCost),
    ...bitfields.map(bitfieldCost),
    ...backedCandidates.map(candidateCost),
  ]);

/** Room for disputes: takes a set if it fits into what the sets before it have left. */
export class DisputeBudget {
  #used: Cost = { bytes: 0, signatures: 0 };
  readonly #budget: Cost;

  constructor(budget: Cost) {
    this.#budget = budget;
  }

  admit(set: DisputeStatementSet): boolean {
    const next = sum([this.#used, disputeCost(set)]);
    if (!fits(next, this.#budget)) return false;
    this.#used = next;
    return true;
  }

  /** What is left for the rest of the inherent. */
  get left(): Cost {
    return {
      bytes: this.#budget.bytes - this.#used.bytes,
      signatures: this.#budget.signatures - this.#used.signatures,
    };
  }
}

/**
 * Positions of the items that a random walk over them fits into the budget, ascending; the preferred
 * ones are tried first. An item that does not fit is passed over, a smaller one behind it may fit.
 */
export function selectWithin(
  costs: readonly Cost[],
  isPreferred: (position: number) => boolean,
  budget: Cost,
  chance: ChaChaStream,
): number[] {
  const positions = costs.map((_, position) => position);
  const order = [
    ...drawOrder(positions.filter(isPreferred), chance),
    ...drawOrder(
      positions.filter((position) => !isPreferred(position)),
      chance,
    ),
  ];
  const selected: number[] = [];
  let used: Cost = { bytes: 0, signatures: 0 };
  for (const position of order) {
    const next = sum([used, costs[position] as Cost]);
    if (!fits(next, budget)) continue;
    used = next;
    selected.push(position);
  }
  return selected.sort((a, b) => a - b);
}

function drawOrder(positions: readonly number[], chance: ChaChaStream): number[] {
  const order = [...positions];
  for (let i = order.length - 1; i > 0; i--) {
    const j = chance.below(i + 1);
    const item = order[i] as number;
    order[i] = order[j] as number;
    order[j] = item;
  }
  return order;
}

/**
 * The part of the data that fits into the budget: all bitfields, then whole chains of candidates. When
 * not even the bitfields fit, some of them and no candidate. Disputes have been counted before.
 */
export function limitToBudget(
  data: ParachainsInherentData,
  budget: Cost,
  seed: Uint8Array,
): ParachainsInherentData {
  const { bitfields, backedCandidates } = data;
  if (fits(inherentCost({ bitfields, backedCandidates }), budget)) return data;
  const chance = new ChaChaStream(seed);
  const bitfieldCosts = data.bitfields.map(bitfieldCost);
  const ofBitfields = sum(bitfieldCosts);
  if (!fits(ofBitfields, budget)) {
    const kept = selectWithin(bitfieldCosts, () => false, budget, chance);
    return { ...data, bitfields: pick(data.bitfields, kept), backedCandidates: [] };
  }
  const chains = intoChains(data.backedCandidates);
  const left: Cost = {
    bytes: budget.bytes - ofBitfields.bytes,
    signatures: budget.signatures - ofBitfields.signatures,
  };
  const kept = selectWithin(
    chains.map((chain) => sum(chain.map(candidateCost))),
    (position) => (chains[position] ?? []).some(announcesCode),
    left,
    chance,
  );
  return { ...data, backedCandidates: pick(chains, kept).flat() };
}

const announcesCode = ({ candidate }: BackedCandidate): boolean =>
  candidate.commitments.newValidationCode !== undefined;

const pick = <T>(items: readonly T[], positions: readonly number[]): T[] =>
  positions.map((position) => items[position] as T);

/** Candidates of one para that follow each other stand or fall together. */
function intoChains(candidates: readonly BackedCandidate[]): BackedCandidate[][] {
  const chains: BackedCandidate[][] = [];
  for (const backed of candidates) {
    const last = chains.at(-1);
    if (last?.[0]?.candidate.descriptor.paraId === backed.candidate.descriptor.paraId)
      last.push(backed);
    else chains.push([backed]);
  }
  return chains;
}

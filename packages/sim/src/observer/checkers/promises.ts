/**
 * What must move once the network is calm: messages arrive, and at most f validators are away or faulty. Fault
 * catalogue, section 1, liveness.
 */
import type { BlockNumber, ParaId } from "@parahost/primitives";
import { type Problem, problem } from "../violation.ts";

/** L1: per cent of the slots whose author is up. */
const GROWTH_PERCENT = 90;
/** L2: slots of calm after which finality has caught up. */
export const CAUGHT_UP_AFTER_SLOTS = 20;
/** L2: blocks behind, once it has caught up. */
const LAG_MAX = 5;
/** L3: per cent of the blocks that are possible. */
const THROUGHPUT_PERCENT = 90;
/** L3: blocks before a para that was held up moves again, and slack for what is under way at the ends. */
const UNDER_WAY_BLOCKS = 4;
/** L5: blocks after the last dispute. */
const SETTLED_AFTER_BLOCKS = 10;
const SETTLED_LAG_MAX = 4;
/** L7: where finality would need a safety cap. */
const CAP_BLOCKS = 500;

export interface Calm {
  readonly sinceMs: number;
  readonly best: BlockNumber;
}

/** A block as far as throughput is concerned. */
export interface CalmBlock {
  readonly number: BlockNumber;
  readonly couldBack: readonly ParaId[];
  readonly includedParas: readonly ParaId[];
}

interface Throughput {
  possible: number;
  included: number;
}

export class PromiseChecker {
  readonly #slotMs: number;
  readonly #paras = new Map<ParaId, Throughput>();
  #calm: Calm | undefined;
  #problems: Problem[] = [];
  #lagMax = 0;
  #lagAfter = 0;
  #checkedLags = 0;
  #settled: { readonly conclusion: BlockNumber; readonly lag: number } | undefined;

  constructor(slotMs: number) {
    this.#slotMs = slotMs;
  }

  /** From now on the promises hold. */
  begin(calm: Calm): void {
    this.#calm = calm;
  }

  get isCalm(): boolean {
    return this.#calm !== undefined;
  }

  /** A reliable node's best and finalized block, at each new best one. */
  progress(
    node: string,
    best: BlockNumber,
    finalized: BlockNumber,
    nowMs: number,
    lastConclusion: BlockNumber | undefined,
  ): void {
    const lag = best - finalized;
    this.#lagMax = Math.max(this.#lagMax, lag);
    const calm = this.#calm;
    if (calm === undefined) return;
    const slots = (nowMs - calm.sinceMs) / this.#slotMs;
    if (slots > CAUGHT_UP_AFTER_SLOTS) {
      this.#checkedLags += 1;
      this.#lagAfter = Math.max(this.#lagAfter, lag);
      if (lag > LAG_MAX)
        this.#once("L2", `${node} is ${lag} blocks behind, ${Math.floor(slots)} slots into calm`);
    }
    const settledAt = Math.max(lastConclusion ?? 0, calm.best) + SETTLED_AFTER_BLOCKS;
    if (lastConclusion === undefined || best < settledAt) return;
    if (this.#settled?.conclusion === lastConclusion) return;
    this.#settled = { conclusion: lastConclusion, lag };
    if (lag > SETTLED_LAG_MAX && slots > CAUGHT_UP_AFTER_SLOTS)
      this.#once(
        "L5",
        `${node} is ${lag} blocks behind, ${best - lastConclusion} after the last dispute`,
      );
  }

  /** A block of the chain that survives: which paras' groups could back, and what was included. */
  inBlock({ number, couldBack, includedParas }: CalmBlock): void {
    if (this.#calm === undefined || number <= this.#calm.best) return;
    const of = (para: ParaId): Throughput => {
      const known = this.#paras.get(para) ?? { possible: 0, included: 0 };
      this.#paras.set(para, known);
      return known;
    };
    for (const para of couldBack) of(para).possible += 1;
    for (const para of includedParas) of(para).included += 1;
  }

  /** The run ends. `upShare`: validators that are up, 0 to 1. */
  ended(best: BlockNumber, nowMs: number, upShare: number): Problem[] {
    const problems = [...this.#problems];
    if (this.#lagMax >= CAP_BLOCKS)
      problems.push(problem("L7", `finality was ${this.#lagMax} blocks behind`));
    const calm = this.#calm;
    if (calm === undefined) return problems;
    const slots = Math.floor((nowMs - calm.sinceMs) / this.#slotMs);
    const grown = best - calm.best;
    // A slot at each end is under way; who is down had its share of slots, give or take.
    const needed =
      Math.floor((upShare * (slots - 2) * GROWTH_PERCENT) / 100) - (upShare < 1 ? 2 : 0);
    if (grown < needed)
      problems.push(problem("L1", `${grown} blocks in ${slots} slots of calm, ${needed} were due`));
    for (const [para, { possible, included }] of this.#paras) {
      const due = Math.floor(((possible - UNDER_WAY_BLOCKS) * THROUGHPUT_PERCENT) / 100);
      if (included < due)
        problems.push(
          problem(
            "L3",
            `para ${para} has ${included} blocks included in calm, ${due} of ${possible} were due`,
          ),
        );
    }
    return problems;
  }

  /** Figures, by property. */
  seen(best: BlockNumber, nowMs: number): ReadonlyMap<string, string> {
    const calm = this.#calm;
    if (calm === undefined) return new Map([["L7", `at most ${this.#lagMax} blocks behind`]]);
    const slots = Math.floor((nowMs - calm.sinceMs) / this.#slotMs);
    const paras = [...this.#paras].map(
      ([para, { possible, included }]) => `${para} ${included}/${possible}`,
    );
    return new Map([
      ["L1", `${best - calm.best} blocks in ${slots} slots`],
      ["L2", `at most ${this.#lagAfter} behind in ${this.#checkedLags} looks`],
      ["L3", `included of possible: ${paras.join(", ")}`],
      ...(this.#settled === undefined
        ? []
        : [["L5", `${this.#settled.lag} behind after the last dispute`] as const]),
      ["L7", `at most ${this.#lagMax} blocks behind`],
    ]);
  }

  #once(property: "L2" | "L5", text: string): void {
    if (this.#problems.every((known) => known.property !== property))
      this.#problems.push(problem(property, text));
  }
}

/**
 * Mistakes that the lab has to find. Fault catalogue, section 13. Each is a change of one line of a source file,
 * made while the file is loaded: nothing in the code that users run knows of it. A change that does not fit
 * its file any more is an error, so that none of them is lost.
 */
import type { MixName } from "../draw.ts";

export interface PlantedBug {
  readonly id: string;
  readonly mistake: string;
  /** Properties one of which has to turn red. */
  readonly properties: readonly string[];
  /** Path below `packages`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The mix whose seeds are played, `ci` unless given. */
  readonly mix?: MixName;
  /** Strategies of which one meets it: seeds that draw none of them are not played. */
  readonly strategies?: readonly string[];
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    id: "grandpa-threshold",
    mistake: "finality takes one vote too few",
    properties: ["S1"],
    file: "consensus/src/grandpa/voter-set.ts",
    find: "this.threshold = supermajority(totalWeight);",
    replace: "this.threshold = supermajority(totalWeight) - 1;",
  },
  {
    id: "availability-threshold",
    mistake: "availability takes one bitfield too few",
    properties: ["S3"],
    file: "runtime/src/parachains/inclusion/bitfields.ts",
    find: "countOnes(votes) >= supermajority(votes.length);",
    replace: "countOnes(votes) >= supermajority(votes.length) - 1;",
    strategies: ["B01"],
  },
  {
    id: "dispute-threshold",
    mistake: "a dispute is lost by one vote too few",
    properties: ["S7"],
    file: "primitives/src/thresholds.ts",
    find: 'if (votesAgainst >= needed) return "against";',
    replace: 'if (votesAgainst >= needed - 1) return "against";',
    strategies: ["B03"],
  },
  {
    id: "commit-duplicates",
    mistake: "a vote counts as often as a commit repeats it",
    properties: ["S1", "S7"],
    file: "consensus/src/grandpa/justification.ts",
    find: "if (counted.has(id) || !(targets.size === 2 || counts(vote))) continue;",
    replace: "if (!(targets.size === 2 || counts(vote))) continue;",
    strategies: ["B26"],
  },
  {
    id: "backers-approve",
    mistake: "backers may approve what they backed",
    properties: ["S2"],
    file: "node/src/approval-criteria/criteria.ts",
    find: "return session.validatorGroups[group]?.includes(validator) === true;",
    replace: "return false && session.validatorGroups[group]?.includes(validator) === true;",
    mix: "collusion",
  },
  {
    id: "erasure-root",
    mistake: "the erasure root is not computed again after recovery",
    properties: ["S5", "S2"],
    file: "node/src/availability-recovery/rebuild.ts",
    find: "if (data === undefined || !(await hasErasureRoot(coder, data, validatorCount, root)))",
    replace: "if (data === undefined)",
    strategies: ["B21"],
  },
  {
    id: "send-before-writing",
    mistake: "votes on finality are sent before they are written down",
    properties: ["S6"],
    file: "consensus/src/grandpa/round-driver.ts",
    find: "    writeOwnVotes(journal, this.#ownVotes);\n",
    replace: "    void writeOwnVotes, journal;\n",
    mix: "crashes",
  },
  {
    id: "wall-clock",
    mistake: "execution limits count clock time instead of processor time",
    properties: ["S5", "A2"],
    file: "node/src/candidate-validation/subsystem.ts",
    find: "const outcome = await deps.executor.validate(request);",
    replace:
      'const began = deps.clock.now();\n    const measured = await deps.executor.validate(request);\n    const outcome = deps.clock.now() - began > 2_000 && measured.type === "valid" ? ({ type: "invalid", reason: { code: "timeout" } } as never) : measured;',
    strategies: ["T05"],
  },
  {
    id: "worker-error",
    mistake: "an error of a worker counts as an invalid candidate",
    properties: ["S5", "A2"],
    file: "executor/src/verdict.ts",
    find: '  possiblyInvalid: "invalid",\n  internal: "abstain",\n',
    replace: '  possiblyInvalid: "invalid",\n  internal: "invalid",\n',
    strategies: ["K18"],
  },
  {
    id: "dispute-session",
    mistake: "votes on a dispute are imported with the keys of the present session",
    properties: ["A1", "A2", "A4", "S8"],
    file: "runtime/src/parachains/disputes/statement-set.ts",
    find: "  return sessionInfo(state, session);",
    replace: "  return sessionInfo(state, current);",
    mix: "garbage",
  },
  {
    id: "disabled-disputer",
    mistake: "a dispute of a disabled validator holds up finality",
    properties: ["L2", "L5"],
    file: "node/src/dispute-coordinator/dispute-book.ts",
    find: "return this.#mustBeDecided(key, votes) || !this.#isOfDisabledAlone(key, votes);",
    replace: "return true;",
    strategies: ["B09"],
  },
  {
    id: "no-wake-up",
    mistake: "nobody wakes up when a checker is late",
    properties: ["L2"],
    file: "node/src/approval-voting/book.ts",
    find: "this.wakeUps.set(inclusion, ticks.length === 0 ? undefined : Math.min(...ticks));",
    replace: "this.wakeUps.set(inclusion, undefined);",
    strategies: ["B23"],
  },
  {
    id: "finality-not-durable",
    mistake: "what is final is not on disk before others are told",
    properties: ["S1"],
    file: "node/src/service/block-database.ts",
    find: "this.#store.write(changes, { durable: finality !== undefined });",
    replace: "this.#store.write(changes);",
    mix: "crashes",
  },
  {
    id: "unlimited-queue",
    mistake: "one validator may raise as many disputes as it likes",
    properties: ["R2"],
    file: "node/src/dispute-coordinator/spam-slots.ts",
    find: "    if (taken >= SLOTS_PER_VALIDATOR) return false;\n",
    replace: "",
    mix: "spam",
  },
  {
    id: "trusted-length",
    mistake: "a decoder makes room for as much as a length prefix says",
    properties: ["crash"],
    file: "scale/src/reader.ts",
    find: "    const count = this.length();\n    if (count > countMax)",
    replace:
      "    const count = this.length();\n    if (itemSizeMin > 0) new Uint8Array(count * itemSizeMin * 4_096);\n    if (count > countMax)",
    strategies: ["X11"],
  },
  {
    id: "inherent-not-empty",
    mistake: "an author relies on its inherent not being empty",
    properties: ["L1", "crash"],
    file: "node/src/service/proposer.ts",
    find: "      const parachains: ParachainsInherentData = {",
    replace:
      '      if (provided?.bitfields.length === 0) throw new Error("the inherent is empty");\n      const parachains: ParachainsInherentData = {',
  },
  {
    id: "topology-once",
    mistake: "who talks to whom is laid out in the first session only",
    properties: ["L3", "L2"],
    file: "node/src/gossip-support/subsystem.ts",
    find: "if (isNew && !(await layOutGrid(context, deps, leaf, session, own))) return;",
    replace:
      "if (isNew && state.session === undefined && !(await layOutGrid(context, deps, leaf, session, own))) return;",
  },
];

/** What a test sees of a network under attack: who pays for what, and whether the others go on. */
import assert from "node:assert/strict";
import type { Logger } from "@parahost/base";
import { describe } from "@parahost/base";
import type { PeerId, ReputationChange } from "@parahost/network";
import { Observer } from "../observer/observer.ts";
import type { Property } from "../observer/violation.ts";
import { Simulation, type SimulationOptions } from "../simulation.ts";

/** Costs are gathered for half a minute before they are applied. */
const COSTS_WITHIN_MS = 36_000;
/** Relay blocks that must become final for a network to be said to go on, and how many slots it has. */
const MORE_BLOCKS = 2;
const MORE_SLOTS = 20;
const LINES_MAX = 100_000;

export class WatchedNetwork {
  readonly simulation: Simulation;
  readonly observer: Observer;
  /** Log lines of all nodes down to debug: `alice subsystem: message {"field":…}`. */
  readonly lines: string[] = [];
  /** Costs that a test has been shown. */
  readonly #shown = new Set<ReputationChange>();

  constructor(options: SimulationOptions) {
    this.simulation = new Simulation({ ...options, log: (_, node) => this.#logger(node) });
    this.observer = new Observer(this.simulation);
  }

  /** The middle of the next slot: blocks have arrived, and nobody is making one. */
  async midSlot(): Promise<void> {
    const { slotMs, now } = this.simulation;
    await this.simulation.run(slotMs - ((now + slotMs / 2) % slotMs));
  }

  /** What `by`, or anybody, holds against `of`, oldest first. */
  costs(of: PeerId, by?: PeerId): ReputationChange[] {
    return this.simulation.reputation.filter(
      (change) => change.of === of && (by === undefined || change.by === by) && change.delta < 0,
    );
  }

  /** Lets time pass until `of` has paid for something of which the reason matches; each time is shown once. */
  async pays(of: PeerId, reason: RegExp): Promise<ReputationChange> {
    const find = () =>
      this.costs(of).find((change) => reason.test(change.reason) && !this.#shown.has(change));
    await this.simulation.runUntil(() => find() !== undefined, COSTS_WITHIN_MS);
    const paid = find();
    const known = this.costs(of).map((change) => change.reason);
    if (paid !== undefined) this.#shown.add(paid);
    assert.ok(paid !== undefined, `${of} did not pay for ${reason}, but for: ${known.join("; ")}`);
    return paid;
  }

  /** Lets time pass until a node logs a line that matches. */
  async logs(line: RegExp): Promise<void> {
    const isThere = () => this.lines.some((logged) => line.test(logged));
    assert.ok(await this.simulation.runUntil(isThere, COSTS_WITHIN_MS), `nobody logs ${line}`);
  }

  /**
   * The network finalizes more blocks, and more blocks of all paras but those named, the observer finds
   * nothing wrong, and no node has banned another, save collators of the paras named. Ends the simulation.
   * `excused`: properties that cannot hold, as the adversary has used the keys of honest validators.
   */
  async goesOnAndEnds(
    exceptParas: readonly number[] = [],
    excused: readonly Property[] = [],
  ): Promise<void> {
    const { simulation, observer } = this;
    const paras = simulation.collators.filter(({ plan }) => !exceptParas.includes(plan.id));
    const heads = paras.map(({ para }) => para.head("finalized").number ?? 0);
    const reached = Math.max(...simulation.validators.map(({ chain }) => chain.best().number));
    const limit = MORE_SLOTS * simulation.slotMs;
    assert.ok(
      await simulation.runUntilFinalized(reached + MORE_BLOCKS, limit),
      "the relay chain stands still",
    );
    const advanced = () =>
      paras.every(({ para }, i) => (para.head("finalized").number ?? 0) > (heads[i] ?? 0));
    assert.ok(await simulation.runUntil(advanced, limit), "a para stands still");
    await simulation.stop();
    const found = observer.violations.filter(({ property }) => !excused.includes(property));
    assert.deepEqual(found, [], observer.report().join("\n"));
    const honest = new Set<string>(
      [...simulation.validators, ...paras.map(({ node }) => node)].map(({ name }) => name),
    );
    const banned = simulation.reputation.filter(
      ({ by, of, isBanned }) => isBanned && honest.has(by) && honest.has(of),
    );
    assert.deepEqual(banned, [], "an honest node was banned");
  }

  #logger(node: string): Logger {
    return {
      log: (level, target, message, fields) => {
        if (level === "trace" || this.lines.length >= LINES_MAX) return;
        const details = fields === undefined ? "" : ` ${describe(fields)}`;
        this.lines.push(`${node} ${target}: ${message}${details}`);
      },
    };
  }
}

/** Who is faulty in a run, and how: roles become replacements of nodes. */
import { assert, type Clock, type SeededRandom } from "@parahost/base";
import type { NodeColumn } from "@parahost/node/service/node";
import type { ParaId } from "@parahost/primitives";
import type { CrashingStore } from "@parahost/storage/testing/crashing-store";
import { collatorName, type Replacement, twinName } from "../local-network.ts";
import { strategyOf } from "./index.ts";
import { composed, type Strategy } from "./strategy.ts";
import { Conspiracy, type Role, type Stage, Villain } from "./villain.ts";

interface Player {
  readonly villain: Villain;
  readonly strategy: Strategy;
}

export class Cast {
  readonly conspiracy = new Conspiracy();
  readonly #players: readonly Player[];
  readonly #paras: readonly ParaId[];

  constructor(
    roles: readonly Role[],
    paras: readonly ParaId[],
    world: { readonly clock: Clock; readonly random: SeededRandom; readonly slotMs: number },
  ) {
    this.#paras = paras;
    this.#players = roles.map((role) => {
      const { clock, slotMs } = world;
      const random = world.random.fork(`${role.validator} ${role.strategy}`);
      const villain = new Villain(role, this.conspiracy, { clock, slotMs, random });
      return { villain, strategy: strategyOf(role.strategy) };
    });
  }

  /** What differs in the node of this name; `undefined` for an honest one. */
  replacement(name: string): Replacement | undefined {
    const parts = this.#players.flatMap(({ villain, strategy }) => {
      if (villain.name === name) return [strategy.corrupt(villain)];
      const para = this.#paras.find((id) => collatorName(id) === name);
      if (para === undefined || strategy.corruptCollator === undefined) return [];
      return [strategy.corruptCollator(villain, para)];
    });
    return parts.length === 0 ? undefined : composed(parts);
  }

  /** The disk of the node of this name, where it is not a sound one. */
  disk(name: string): CrashingStore<NodeColumn> | undefined {
    const player = this.#players.find(
      ({ villain, strategy }) => villain.name === name && strategy.disk !== undefined,
    );
    return player?.strategy.disk?.(player.villain);
  }

  /** The network has started. */
  start(simulation: Stage): void {
    assert(this.conspiracy.simulation === undefined, "a cast plays once");
    this.conspiracy.simulation = simulation;
    for (const { villain, strategy } of this.#players) strategy.start?.(villain);
  }

  /** Validators of whom a second process runs. */
  get twins(): readonly number[] {
    return this.#players
      .filter(({ strategy }) => strategy.hasTwin === true)
      .map(({ villain }) => villain.role.validator);
  }

  /** Whether nothing is promised by this validator, or by the second process with its keys. */
  isFaulty(name: string): boolean {
    return this.#players.some(
      ({ villain, strategy }) =>
        (villain.name === name || twinName(villain.role.validator) === name) &&
        strategy.keepsPromises !== true,
    );
  }

  /** Whether it may be away or misbehave: liveness does not count on it. */
  isUnreliable(name: string): boolean {
    return this.#players.some(({ villain }) => villain.name === name);
  }

  /** How often each strategy took effect, in the order of the roles; 0 is said too. */
  effects(): ReadonlyMap<string, number> {
    const { effects } = this.conspiracy;
    return new Map(
      this.#players.map(({ strategy: { id } }) => [id, effects.get(id) ?? 0] as const),
    );
  }
}

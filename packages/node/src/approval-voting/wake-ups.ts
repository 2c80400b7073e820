/** When to look again at which candidate of which block: at most one time for each. */
import type { Tick } from "../approval-criteria/ticks.ts";

export class WakeUps<Entry> {
  readonly #ticks = new Map<Entry, Tick>();
  readonly #entries = new Map<Tick, Set<Entry>>();

  get size(): number {
    return this.#ticks.size;
  }

  /** Replaces what was set before; `undefined` clears it. */
  set(entry: Entry, tick: Tick | undefined): void {
    const before = this.#ticks.get(entry);
    if (before === tick) return;
    if (before !== undefined) {
      const others = this.#entries.get(before);
      others?.delete(entry);
      if (others?.size === 0) this.#entries.delete(before);
    }
    if (tick === undefined) {
      this.#ticks.delete(entry);
      return;
    }
    this.#ticks.set(entry, tick);
    const others = this.#entries.get(tick);
    if (others === undefined) this.#entries.set(tick, new Set([entry]));
    else others.add(entry);
  }

  of(entry: Entry): Tick | undefined {
    return this.#ticks.get(entry);
  }

  next(): Tick | undefined {
    return this.#entries.size === 0 ? undefined : Math.min(...this.#entries.keys());
  }

  /** Takes out what is due, earliest first. */
  due(now: Tick): readonly Entry[] {
    const ticks = [...this.#entries.keys()].filter((tick) => tick <= now).sort((a, b) => a - b);
    const entries = ticks.flatMap((tick) => [...(this.#entries.get(tick) ?? [])]);
    for (const entry of entries) this.set(entry, undefined);
    return entries;
  }
}

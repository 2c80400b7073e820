/** A store in memory, for throw-away networks, the simulator and tests. */
import { bytesToHex, type Hex, HostError, hexToBytes } from "@parahost/base";
import type { Change, Entry, KeyValueStore } from "./port.ts";

interface ColumnData {
  readonly values: Map<Hex, Uint8Array>;
  /** Ascending keys, rebuilt when a range is asked for after keys came or went. */
  sorted: Hex[] | undefined;
}

export class MemoryStore<Column extends string> implements KeyValueStore<Column> {
  readonly #columns = new Map<Column, ColumnData>();
  #closed = false;

  constructor(columns: readonly Column[]) {
    for (const column of columns)
      this.#columns.set(column, { values: new Map(), sorted: undefined });
  }

  get(column: Column, key: Uint8Array): Uint8Array | undefined {
    return this.#column(column).values.get(bytesToHex(key));
  }

  has(column: Column, key: Uint8Array): boolean {
    return this.#column(column).values.has(bytesToHex(key));
  }

  *range(column: Column, start: Uint8Array, end?: Uint8Array): Iterable<Entry> {
    const data = this.#column(column);
    data.sorted ??= [...data.values.keys()].sort();
    const from = lowerBound(data.sorted, bytesToHex(start));
    const to = end === undefined ? data.sorted.length : lowerBound(data.sorted, bytesToHex(end));
    const found = data.sorted.slice(from, to).map((key) => [key, data.values.get(key)] as const);
    for (const [key, value] of found)
      if (value !== undefined) yield { key: hexToBytes(key), value };
  }

  write(changes: readonly Change<Column>[]): void {
    for (const change of changes) this.#column(change.column);
    for (const { column, key, value } of changes) {
      const data = this.#column(column);
      const name = bytesToHex(key);
      if (value === undefined) {
        if (data.values.delete(name)) data.sorted = undefined;
      } else {
        if (!data.values.has(name)) data.sorted = undefined;
        data.values.set(name, value.slice());
      }
    }
  }

  close(): void {
    this.#closed = true;
  }

  #column(column: Column): ColumnData {
    if (this.#closed) throw new HostError("storeClosed");
    const data = this.#columns.get(column);
    if (data === undefined) throw new HostError("unknownColumn", { message: column });
    return data;
  }
}

function lowerBound(sorted: readonly Hex[], key: Hex): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as Hex) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
